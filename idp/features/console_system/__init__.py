"""How the installation is: what `idp check` says, while it runs."""
