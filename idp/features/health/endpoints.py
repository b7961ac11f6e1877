"""Health and metrics: live touches nothing, ready names every dependency, metrics speak Prometheus."""

import ipaddress
from typing import Callable

from idp.ports import Unavailable
from idp.services import letters, metrics
from idp.tables import failures, outbox
from idp.web.house import House
from idp.web.machine import Endpoint, MachineRequest, Reply, json_reply

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def _parts(house: House) -> dict[str, Callable[[], None]]:
    return {
        "database": house.deps.database.ping,
        "ephemeral": house.deps.ephemeral.ping,
        "keys": lambda: house.keyring.ring() and None,
    }


def ready(house: House) -> Reply:
    """200 if every dependency of a sign-in answers, else 503; each is named."""
    found = {}
    for name, ping in _parts(house).items():
        try:
            ping()
            found[name] = "ok"
        except Unavailable:
            found[name] = "unavailable"
    good = set(found.values()) == {"ok"}
    headers = (("Cache-Control", "no-store"),) if good else (("Cache-Control", "no-store"), ("Retry-After", "5"))
    return json_reply(200 if good else 503, {"status": "ok" if good else "unavailable", "parts": found}, headers)


def _may_read(address: str, networks: tuple[str, ...]) -> bool:
    if not address:
        return True  # a unix socket: only the proxy beside us can be there
    try:
        asker = ipaddress.ip_address(address)
    except ValueError:
        return False
    asker = getattr(asker, "ipv4_mapped", None) or asker
    return any(asker in ipaddress.ip_network(network) for network in networks)


def _gauges(house: House) -> dict[str, float]:
    """How things stand now; what cannot be asked is left out, and the part that does not answer is 0."""
    deps, now = house.deps, {"idp_database_up": 1.0, "idp_ephemeral_up": 1.0}
    try:
        with deps.database.read() as connection:
            now["idp_outbox_waiting"], now["idp_outbox_oldest_seconds"] = outbox.depth_and_age(connection, deps.now())
            now["idp_accounts_waiting"] = failures.waiting(connection, deps.now())
    except Unavailable:
        now["idp_database_up"] = 0.0
    try:
        now["idp_courier_up"] = float(letters.courier_alive(deps))
        now["idp_mail_up"] = float(not letters.channel_down(deps, "mail"))
        now["idp_sms_up"] = float(not letters.channel_down(deps, "sms"))
    except Unavailable:
        now["idp_ephemeral_up"] = 0.0
    return now


def _metrics(house: House, request: MachineRequest) -> Reply:
    if not _may_read(request.address, house.deps.settings.server.metrics_from):
        return json_reply(403, {"error": "access_denied", "error_description": "not from this address"})
    return Reply(200, metrics.exposition(_gauges(house)), (("Content-Type", PROMETHEUS), ("Cache-Control", "no-store")))


def endpoints(house: House) -> dict[str, Endpoint]:
    """Endpoints by path."""
    return {
        "/health/live": Endpoint(lambda request: json_reply(200, {"status": "ok"}), ("GET",)),
        "/health/ready": Endpoint(lambda request: ready(house), ("GET",)),
        "/metrics": Endpoint(lambda request: _metrics(house, request), ("GET",)),
    }
