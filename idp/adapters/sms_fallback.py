"""SMS through a second gateway whenever the first one is away."""

from typing import Callable

import structlog

from idp.ports import Sent, Sms, Unavailable

log = structlog.get_logger("idp.sms")


class FallbackSms:
    """`Sms` by `first`, or by `second` while `swapped()`, and in the same attempt by the other when that one raises `Unavailable`.

    What the first one says of a message is final: a number that it refuses is not tried again elsewhere. One that falls
    silent after it has taken a message may deliver it beside the second; a code that comes twice is better than none.
    """

    def __init__(self, first: Sms, second: Sms, swapped: Callable[[], bool] = lambda: False):
        self._gateways, self._swapped = (first, second), swapped

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        """See `idp.ports.Sms`. Raises `Unavailable` only when both are away."""
        first, second = self._gateways[::-1] if self._swapped() else self._gateways
        try:
            return first.send(to_e164, body, expires_at, idempotency_key)
        except Unavailable as away:
            log.warning("the first sms gateway is away, the fallback is asked", reason=str(away))
            try:
                return second.send(to_e164, body, expires_at, idempotency_key)
            except Unavailable as error:
                raise Unavailable(f"{away}; fallback: {error}") from error

    def ping(self) -> None:
        """See `idp.ports.Sms`: one of the two is enough to send."""
        try:
            self._gateways[0].ping()
        except Unavailable:
            self._gateways[1].ping()
