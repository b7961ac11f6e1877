"""The console's own room: signing in to it as to any portal, its first page, and its end."""
