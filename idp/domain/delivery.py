"""How long a member waits for a message before the next thing is worth trying."""

from dataclasses import dataclass

# look for it and allow our domain; send it again, or another way; call
AFTER = (60, 180, 600)


@dataclass(frozen=True)
class Rung:
    """From when on (Unix seconds), in how many seconds that is, whether it is now, and whether it is the newest of those that are."""

    at: int
    wait: int
    due: bool
    newest: bool


def ladder(sent_at: int, now: int) -> tuple[Rung, ...]:
    """What may be tried in turn for a message that was sent then; times in Unix seconds. They are clock times, so that a page
    that is read slowly stays true."""
    times = [sent_at + wait for wait in AFTER]
    last = max((at for at in times if at <= now), default=None)
    return tuple(Rung(at, max(0, at - now), at <= now, at == last) for at in times)
