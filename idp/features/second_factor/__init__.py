"""The code beside the password: at sign-in, and again before something delicate."""
