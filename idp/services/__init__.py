"""Verbs that more than one room needs; no HTTP."""
