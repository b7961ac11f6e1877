"""What the house says to its operators."""
