"""My account: what is set, what has happened, and the member's own names and password (flows.md 2.8 to 2.10)."""
