"""Signing in with an e-mail address in place of the login ID: the member sets it up, changes it and gives it up (flows.md 2.3)."""
