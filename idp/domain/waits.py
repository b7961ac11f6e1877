"""How long an account waits after wrong passwords."""

from idp.domain.policy import Backoff


def wait_after(waits: Backoff, count: int) -> int:
    """Seconds to wait after the `count`-th failure in a row.

    None before `first_after` and between the two steps; from `long_after` on the wait doubles with each failure up to
    `longest` (decisions, waits after failures).
    """
    if count >= waits.long_after:
        return min(waits.longest, waits.long << min(count - waits.long_after, 32))
    return waits.first if count == waits.first_after else 0


def last_step(waits: Backoff) -> int:
    """The count from which the wait grows no more."""
    count = waits.long_after
    while count < waits.long_after + 32 and wait_after(waits, count) < waits.longest:
        count += 1
    return count
