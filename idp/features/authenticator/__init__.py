"""The authenticator app, and the printed codes that stand in for it."""
