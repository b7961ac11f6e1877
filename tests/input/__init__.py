"""What hostile outsiders send."""
