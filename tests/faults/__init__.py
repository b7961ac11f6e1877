"""What happens when a store goes away."""
