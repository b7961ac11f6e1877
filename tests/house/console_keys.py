"""Keys of the console's rooms that are put together, from what they are put together of."""

from typing import get_args

from idp.domain import keys
from idp.domain.client import AUTH_METHODS
from idp.domain.contract import COLUMNS
from idp.features.console_clients import flow as clients
from idp.features.console_clients import forms as client_forms
from idp.features.console_register import flow as register
from idp.services.contract_watch import Step

STATES = ("receiving", "columns", "check", "checked", "apply", "done", "undo", "undone", "stopped", "dropped")
COUNTS = ("rows", "new", "changed", "unchanged", "ended", "errors", "duplicates", "repaired", "live", "members")


def register_keys() -> set[str]:
    """Of the imports of contracts."""
    return {
        *(f"con.reg.{part}.{state}" for part in ("state", "one") for state in STATES),
        *(f"con.reg.file.{code}" for code in ("excel", "utf16", "empty")),
        *(f"con.reg.column.{column}" for column in (*COLUMNS, "name", "row")),
        *(f"con.reg.fact.{fact}" for fact in ("customer_number", "phone", "birth_date", "isp_mail", "name", "type", "less", "keys")),
        *(f"con.reg.why.{reason}" for reason in register.WHY),
        *(f"con.reg.csv.{name}" for name in ("line", "column", "why")),
        *(f"con.reg.count.{name}{what}" for name in COUNTS for what in ("", ".what")),
        *(f"con.reg.progress.{step}" for step in ("waiting", *get_args(Step))),
        *(f"con.reg.stopped.{why}" for why in ("ending", "file", "broken")),
        *(f"con.reg.apply.another.{whose}" for whose in ("mine", "yours")),
        *(
            f"con.reg.err.{code}"
            for code in ("no_customer_number", "no_type", "no_name", "twice", "stale", "other", "gone", "late", "empty")
        ),
    }


def key_keys() -> set[str]:
    """Of the signing keys."""
    return {
        *(f"con.keys.warn.{kind}" for kind in get_args(keys.Warning)),
        *(f"con.keys.state.{state}" for state in get_args(keys.State) if state != "gone"),
    }


def client_keys() -> set[str]:
    """Of the clients."""
    addresses = ("jwks_uri", "backchannel_logout_uri", "event_delivery_uri", "initiate_login_uri", "client_uri", "policy_uri", "tos_uri")
    switches = ("par", "dpop", "refresh", "machine", "logout", "events", "tells", "itself", "pairwise")
    return {
        *(f"con.cli.kind.{kind}" for kind in get_args(clients.Kind)),
        *(f"con.cli.why.{reason}" for reason in clients.REASONS),
        *(f"con.cli.where.{where}" for where in clients.WHERE),
        *(f"con.cli.{part}.{method}" for part in ("says.auth", "method") for method in AUTH_METHODS),
        *(f"con.cli.says.{name}" for name in switches),
        *(f"con.cli.meta.{name}" for name in ("redirect_uris", "post_logout_redirect_uris", *addresses)),
        *(f"con.cli.keep.{one}" for one in client_forms.KEEP),
        *(f"con.cli.test.{code}" for code in ("there", "keys", "no_keys", "server", "away", "refused", "verdict.good", "verdict.bad")),
    }


def computed() -> set[str]:
    """Of all rooms."""
    return register_keys() | key_keys() | client_keys()
