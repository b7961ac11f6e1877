"""What the pages of letters show."""

import re

from idp.deps import Deps
from idp.tables import letter_requests, print_batches
from idp.tables.print_batches import Batch

SHOWN, COUNTED_TO = 20, 1_000


def waiting(deps: Deps) -> dict[str, int]:
    """Letters by kind, each counted up to `COUNTED_TO`. Raises `Unavailable`."""
    with deps.database.read() as connection:
        found = print_batches.counts(connection, deps.now() - deps.policy.letters.valid, COUNTED_TO)
        return {"requested": letter_requests.count(connection, COUNTED_TO), **found}


def batches(deps: Deps) -> list[Batch]:
    """The newest batches. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return print_batches.newest(connection, SHOWN)


def find(deps: Deps, batch_id: str) -> Batch | None:
    """The batch of this id, as typed in an address. Raises `Unavailable`."""
    if not re.fullmatch("[A-Za-z0-9_-]{1,64}", batch_id):
        return None
    with deps.database.read() as connection:
        return print_batches.find(connection, batch_id)
