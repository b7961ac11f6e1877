"""How much work an unknown name costs: as much as that of a member picked for it, so that members whose imported hash
still costs its old digest cannot be told by time (requirement LG-03)."""

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
        if not self._sample:
            return None
        return self._sample[int.from_bytes(self._deps.vault.keyed_hash("ghost", name).encode(), "big") % len(self._sample)]
