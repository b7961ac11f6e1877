"""The second factor of a member: on or off, and where codes go (flows.md 2.4)."""
