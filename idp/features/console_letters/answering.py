"""What the courier does with a batch that somebody has ordered."""

from idp.deps import Deps
from idp.domain.letter import Letter
from idp.ports import Sent
from idp.services import print_batches
from idp.services.passwords import Hasher
from idp.services.requests import facts_of


def answer(deps: Deps, request: Letter) -> Sent:
    """Make the letters. Raises `Unavailable`: then the courier goes on later."""
    hasher = Hasher(deps.policy.password.hash, deps.vault, slots=1, waiting=8)
    print_batches.make(deps, hasher, facts_of(deps, request)["batch"])
    return Sent("accepted")
