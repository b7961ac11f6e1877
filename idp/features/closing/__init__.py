"""A member closes the account (flows.md 2.11)."""
