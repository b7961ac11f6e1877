"""SQL, one module per family; every function takes a connection first and returns domain values."""
