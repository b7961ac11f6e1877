"""What monitoring asks, and what addresses may."""
