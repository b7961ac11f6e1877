"""Browsers that skip the code: the member sees them and sends them away (flows.md 2.10)."""
