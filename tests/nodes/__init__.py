"""Several nodes of one service, on one PostgreSQL and one Redis."""
