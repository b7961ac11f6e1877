"""Which Redis is the master, as its Sentinels say: looked up again and again, since a connection to one that was silent for a while
and has been replaced goes on answering, until its Sentinels have told it so."""

import time

from redis.exceptions import RedisError
from redis.sentinel import Sentinel

LOOK_EVERY = 1.0  # seconds
Address = tuple[str, int]


class Watch:
    """`service`: the name that the Sentinels know the master by."""

    def __init__(self, sentinel: Sentinel, service: str):
        self._sentinel, self._service = sentinel, service
        self._address: Address | None = None
        self._next = self._alone_until = 0.0

    def address(self) -> Address | None:
        """Where the master is; asked anew once a second, and the last known place while no Sentinel knows."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK_EVERY
            try:
                self._address = self._sentinel.discover_master(self._service)
            except RedisError:
                pass  # a master without a Sentinel goes on
        return self._address

    def soon(self) -> None:
        """Something has failed: ask anew at the next use."""
        self._next = 0.0

    def alone(self) -> bool:
        """Whether there was no replica to take over, a moment ago."""
        return time.monotonic() < self._alone_until

    def found_alone(self, master: Address, followed: bool) -> bool:
        """Ask whether this master, which did not hear of a replica, is the master still and has none that could take its place;
        `followed`: whether it says that one follows it."""
        try:
            self._address = self._sentinel.discover_master(self._service)
            known = self._sentinel.sentinels[0].sentinel_slaves(self._service)  # the one that has just answered stands first
        except RedisError:
            return False
        fit = [one for one in known if not (one["is_sdown"] or one["is_odown"] or one["is_disconnected"])]
        if self._address != master or followed and fit:
            return False
        self._alone_until = time.monotonic() + LOOK_EVERY
        return True
