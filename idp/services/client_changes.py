"""What stays of a client when the operator puts other metadata in the place of its own."""

from dataclasses import replace
from typing import Any

from idp.deps import Deps
from idp.domain.client import Client
from idp.services.client_registration import check_names, client_from, made


def changed(deps: Deps, row: dict[str, Any], data: dict[str, Any]) -> tuple[Client, dict[str, Any]]:
    """The client of a stored row with these checked metadata in the place of its own; it keeps its secret, as far as there is to
    be one, and a new one is in the answer where it had none. The operator looks after it from now on. Raises `Rejected`."""
    client, answer = made(deps, data, row["id"], known=row["secret_hash"] is not None)
    check_names(client_from(row["metadata"], row["id"]), client)
    kept = ("created_at", *(("secret_hash", "old_secret_hash", "old_secret_until") if client.has_secret and not client.secret_hash else ()))
    return replace(client, **{name: row[name] for name in kept}), answer
