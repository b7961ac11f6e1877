"""The admin API: what the console does, for the operator's own programs, by access tokens with scopes for it."""
