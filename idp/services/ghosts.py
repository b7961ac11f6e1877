"""How much work an unknown name costs: as much as that of a member picked for it, so that members whose hash still has its
old cost of Argon2, or costs the digest of where it was imported from, cannot be told by time (requirement LG-03)."""

from idp.deps import Deps
from idp.tables import accounts

SAMPLE = 200
REFRESH_SECONDS = 600.0


class Ghosts:
    """A sample of stored hashes, kept in process. Subjects are random, so the first rows are a fair sample."""

    def __init__(self, deps: Deps):
        self._deps = deps
        self._sample: tuple[str | None, ...] = ()
        self._next_look = 0.0

    def hash_for(self, name: str) -> str | None:
        """The stored hash whose work stands for this name: always the same one while the sample lasts."""
        now = self._deps.clock()
        if now >= self._next_look:
            with self._deps.database.read() as connection:
                self._sample = accounts.sample_hashes(connection, SAMPLE)
            self._next_look = now + REFRESH_SECONDS
        return self._standing(self._deps.vault.keyed_number("ghost", name))

    def _standing(self, place: int) -> str | None:
        # past members without a password, whose own tries cost what somebody else's do; not by the number of the others, or one
        # more of them would pick others for every name
        for step in range(len(self._sample)):
            if found := self._sample[(place + step) % len(self._sample)]:
                return found
        return None
