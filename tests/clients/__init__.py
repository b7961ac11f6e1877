"""Portals that look after themselves, and the names that they know members by."""
