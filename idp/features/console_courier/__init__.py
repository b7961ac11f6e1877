"""What is sent: the courier as staff see it."""
