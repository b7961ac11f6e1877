"""The language of a member's pages and letters."""
