"""Why a copy of the database cannot be made or brought back."""


class CopyError(Exception):
    """It cannot be done; one plain sentence, without a full stop."""
