"""The outside world: two or more plugs for each socket of `idp.ports`."""
