"""Keys of texts that the console's pages about sending, and its dashboard, put together."""

from typing import get_args

from idp import texts
from idp.domain import mail_domain
from idp.domain.account import STAFF
from idp.domain.letter import LISTED, OUTCOMES
from idp.features.console import home
from idp.features.console_courier import sender
from idp.features.console_system import flow as system

SYSTEM = ("libraries", "database", "schema", "ephemeral", "clock", "keys", "contracts", "courier", "queue", "channels", "away")


def computed() -> set[str]:
    """Keys that the console's pages put together."""
    judged = {kind: {one for one in get_args(mail_domain.Verdict)} | {"silent", "unset"} for kind in sender.KINDS}
    domain = {f"con.courier.domain.{kind}.{one}" for kind, all_of in judged.items() for one in all_of} & set(texts.catalog("ja"))
    ways = [*(f"{verb}:{name}" for verb in ("pause", "resume", "release") for name in LISTED), "gateway:first", "gateway:second", "retry", "cancel"]
    return {
        *(f"con.role.{role}" for role in STAFF),
        *(f"con.dash.part.{name}" for name in ("database", "ephemeral", "keys", "courier", "mail", "sms")),
        *(f"con.dash.table.{name}" for name in home.MORE),
        *(f"con.dash.more.{path.rpartition('/')[2]}" for path in home.MORE.values()),
        *(f"con.dash.{name}.{part}" for name in ("registration", "reset") for part in ("done", "none")),
        *(f"con.courier.channel.{name}" for name in LISTED),
        *(f"con.courier.state.{name}" for name in ("works", "down", "paused")),
        *(f"con.courier.{part}.{outcome}" for part in ("outcome", "means") for outcome in OUTCOMES),
        *(f"con.courier.way.{way}" for way in ways),
        *(f"con.courier.done.{name}" for name in ("retry", "cancel", "gone", "pause", "resume", "release", "gateway")),
        *(f"con.courier.domain.{kind}" for kind in sender.KINDS),
        *(f"con.courier.domain.line.{kind}" for kind in sender.KINDS),
        *(one.key for part in SYSTEM for good in (True, False) if (one := system.Finding(part, good)).key != "con.system.away.good"),
        *(f"con.system.part.{part}" for part in SYSTEM if part != "away"),
        *(f"con.system.key.{state}" for state in ("current", "next", "retiring")),
        *(f"con.letters.kind.{kind}" for kind in ("requested", "without", "printed", "expired")),
        *(f"con.letters.state.{state}" for state in ("waiting", "ready", "taken", "void")),
        *(f"con.letters.{what}{part}" for what in ("file", "void") for part in ("", ".lead")),
        *domain,
    }
