"""Whatever comes: bytes into the readers, and steps in any order into whole journeys. Longer by `make fuzz SECONDS=…`."""
