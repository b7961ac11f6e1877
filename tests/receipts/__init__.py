"""What gateways report of messages that they have taken."""
