"""Closing an account, and what is left of it."""
