"""What every room of the house is given: built once in `idp.app`, held in closures, never global."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from idp.deps import Deps
from idp.ports import Fetcher, TxtRecords
from idp.services.client_keys import ClientKeys
from idp.services.client_register import ClientRegister
from idp.services.ghosts import Ghosts
from idp.services.keyring import Keyring
from idp.services.passwords import Hasher
from idp.services.subjects import Subjects

if TYPE_CHECKING:
    from idp.web.dispatcher import Dispatcher
    from idp.web.pages import Pages


@dataclass(frozen=True)
class House:
    """Long-lived parts of one worker process."""

    deps: Deps
    hasher: Hasher
    ghosts: Ghosts
    keyring: Keyring
    clients: ClientRegister
    client_keys: ClientKeys
    subjects: Subjects
    fetcher: Fetcher
    pages: "Pages"
    dispatcher: "Dispatcher"
    dns: TxtRecords
