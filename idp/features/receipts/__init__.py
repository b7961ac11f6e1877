"""What SMS gateways report of messages they have taken."""
