"""Letters with first passwords: what waits, and batches for the print shop."""
