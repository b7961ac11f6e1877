"""TXT records by DNS, in bounded time and size: whoever answers may lie, babble or say nothing."""

import re
from typing import Sequence

import dns.exception
import dns.resolver

from idp.ports import Unavailable

SECONDS = 3.0  # for one name, all servers together
MOST, LONGEST = 20, 4_096
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class DnsTxt:
    """`TxtRecords` by the system's resolvers, or by `servers` at `port`."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53, seconds: float = SECONDS):
        self._servers, self._port, self._seconds = list(servers), port, seconds

    def txt(self, name: str) -> tuple[str, ...]:
        """See `idp.ports.TxtRecords`."""
        try:
            resolver = dns.resolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers, resolver.port = self._servers, self._port
            answer = resolver.resolve(name, "TXT", lifetime=self._seconds, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError, ValueError, AttributeError) as error:
            raise Unavailable(f"DNS: {type(error).__name__}") from None
        found = [b"".join(row.strings)[:LONGEST].decode("utf-8", "replace") for row in answer.rrset or ()]
        return tuple(_UNFIT.sub(" ", one) for one in found[:MOST])
