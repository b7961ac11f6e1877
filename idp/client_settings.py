"""Settings of clients that register themselves (`[client_registration]`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ClientRegistration:
    """Whether the registration endpoint is there (RFC 7591, RFC 7592), for who holds an initial access token."""

    enabled: bool = False
