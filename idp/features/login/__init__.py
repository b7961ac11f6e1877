"""Sign in with a login ID or an e-mail address, and sign out."""
