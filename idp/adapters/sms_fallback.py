"""SMS through a second gateway whenever the first one is away."""

import structlog

from idp.ports import Sent, Sms, Unavailable

log = structlog.get_logger("idp.sms")


class FallbackSms:
    """`Sms` by `first`, and in the same attempt by `second` when the first raises `Unavailable`.

    What the first one says of a message is final: a number that it refuses is not tried again elsewhere. One that falls
    silent after it has taken a message may deliver it beside the second; a code that comes twice is better than none.
    """

    def __init__(self, first: Sms, second: Sms):
        self._first, self._second = first, second

    def send(self, to_e164: str, body: str, expires_at: int, idempotency_key: str) -> Sent:
        """See `idp.ports.Sms`. Raises `Unavailable` only when both are away."""
        try:
            return self._first.send(to_e164, body, expires_at, idempotency_key)
        except Unavailable as away:
            log.warning("the first sms gateway is away, the fallback is asked", reason=str(away))
            try:
                return self._second.send(to_e164, body, expires_at, idempotency_key)
            except Unavailable as error:
                raise Unavailable(f"{away}; fallback: {error}") from error

    def ping(self) -> None:
        """See `idp.ports.Sms`: one of the two is enough to send."""
        try:
            self._first.ping()
        except Unavailable:
            self._second.ping()
