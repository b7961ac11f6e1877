"""Clients in the console: what each may do, what was wrong with its last requests, and changing it."""
