"""Switches of the sending: a channel that is paused, and the second SMS gateway in the place of the first. They are durable, since
losing one would send what somebody has stopped."""

from typing import Callable

from sqlalchemy import Connection

from idp.deps import Deps
from idp.domain.letter import LISTED, Channel
from idp.services import letters
from idp.sms_settings import SECOND
from idp.tables import switches

_FIRST = "sms.first"


def _name(channel: str) -> str:
    return f"paused:{channel}"


def paused(connection: Connection, channel: Channel) -> bool:
    """Whether nothing is to be sent by this channel; couriers ask before each letter."""
    return _name(channel) in switches.read(connection)


def state(deps: Deps) -> tuple[frozenset[str], bool]:
    """Paused channels, and whether the second gateway goes first. Raises `Unavailable`."""
    with deps.database.read() as connection:
        known = switches.read(connection)
    return frozenset(one for one in LISTED if _name(one) in known), known.get(_FIRST) == SECOND


def pause(connection: Connection, deps: Deps, channel: Channel, actor: str) -> None:
    """Stop the channel, in the caller's transaction."""
    switches.put(connection, _name(channel), "1", actor, deps.now())


def resume(connection: Connection, channel: Channel) -> None:
    """Let it go on."""
    switches.drop(connection, _name(channel))


def put_second_first(connection: Connection, deps: Deps, on: bool, actor: str) -> None:
    """Ask the second gateway before the first, or no more."""
    if on:
        switches.put(connection, _FIRST, SECOND, actor, deps.now())
    else:
        switches.drop(connection, _FIRST)


def second_first(deps: Deps) -> Callable[[], bool]:
    """What the SMS plug asks before each message."""
    return lambda: state(deps)[1]


def hold(deps: Deps) -> None:
    """Tell the pages of members which channels are paused, as of channels that are down: each time that a courier says that it
    is at work, since what the pages ask is forgotten by itself. Raises `Unavailable`."""
    for channel in LISTED:
        if channel in state(deps)[0]:
            letters.channel_works(deps, channel, False)
