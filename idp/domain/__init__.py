"""What is true: no clock, no I/O, no framework."""
