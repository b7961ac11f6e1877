"""One suite per socket, passed by every plug, with broken plugs to show that it can fail."""
