"""The outbox and the postman."""
