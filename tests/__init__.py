"""Tests mirror the house; what they share is in services.py and conftest.py."""
