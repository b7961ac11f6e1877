"""Events from portals and to them."""
