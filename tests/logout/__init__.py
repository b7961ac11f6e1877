"""Sessions that end, and the portals that hear of it."""
