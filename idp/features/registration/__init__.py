"""Becoming a member: proving a contract, choosing what to sign in with, the letter with the link."""
