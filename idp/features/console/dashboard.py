"""What the console's first page tells: findings as sentences, each with its numbers, from the counts per hour and from what
waits now. Nothing is scanned."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Mapping, Sequence

from idp.deps import Deps
from idp.domain import rollup
from idp.domain.letter import JST
from idp.domain.rollup import DAY, HOUR
from idp.features.console import chart
from idp.features.console.chart import Drawing
from idp.services import letters
from idp.tables import failures, outbox, rollups

SPANS = {"24h": 1, "7d": 7}
# results of a sign-in by the series that they are drawn in
OUTCOMES = {"ok": 0, "wrong": 1, "locked": 2, "limited": 2, "suspended": 3, "letter_expired": 3}
SIGN_INS = ("con.dash.series.ok", "con.dash.series.wrong", "con.dash.series.stopped", "con.dash.series.other")
NOTICEABLE, ENOUGH = 1.2, 10  # from which factor, and from how many, something is worth a headline
WAITING_MOST = 1_000


@dataclass(frozen=True)
class Said:
    """A sentence by its key and values."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """One finding. `series`: keys of what the numbers are; `rows`: a name (or its key) and the numbers of each line, as the
    table shows them; `names`: what the first column holds; `drawn`: which of the series are drawn."""

    id: str
    title: Said
    names: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Any, ...]], ...]
    drawn: tuple[int, ...] = ()
    drawing: Drawing | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """Keys of the series that are drawn."""
        return tuple(self.series[number] for number in self.drawn)

    def lines(self, names: Sequence[str]) -> "Panel":
        """The panel with a drawing of lines below each other, called so."""
        numbers = [[row[number] or 0 for number in self.drawn] for _, row in self.rows]
        return replace(self, drawing=chart.across(numbers, names)) if numbers else self


def midnight(now: int) -> int:
    """The Unix time at which this day began in Japan."""
    return now - (now + 9 * HOUR) % DAY


def sign_ins(deps: Deps, span: str) -> Panel:
    """Sign-ins per hour by outcome. Raises `Unavailable`."""
    now = deps.now()
    until = rollup.hour_of(now) + HOUR
    since, today = until - SPANS[span] * DAY, midnight(now)
    with deps.database.read() as connection:
        found = rollups.by_hour(connection, rollup.EVENT, "sign_in:", "sign_in;", min(since, today - DAY), until)
    hours: dict[int, list[int]] = {at: [0] * len(SIGN_INS) for at in range(since, until, HOUR)}
    failed: dict[int, int] = {}
    for at, label, count in found:
        series = OUTCOMES.get(label.partition(":")[2])
        if series is not None:
            failed[at] = failed.get(at, 0) + (count if series else 0)
            if at in hours:
                hours[at][series] += count
    names = [_hour_name(at, span) for at in hours]
    drawing = chart.upright(list(hours.values()), [_mark(at, span) for at in hours])
    rows = tuple((name, tuple(column)) for name, column in zip(names, hours.values()))
    return Panel("sign-ins", _sign_in_title(hours, failed, today, until - HOUR), "con.dash.hour", SIGN_INS, rows, (0, 1, 2, 3), drawing)


def _sign_in_title(hours: Mapping[int, Sequence[int]], failed: Mapping[int, int], today: int, full: int) -> Said:
    """Today's full hours against the same ones of yesterday; what is too little to compare is all that there was today."""
    if not any(map(any, hours.values())):
        return Said("con.dash.sign_ins.none")
    now = sum(count for at, count in failed.items() if today <= at < full)
    before = sum(count for at, count in failed.items() if today - DAY <= at < full - DAY)
    if before < ENOUGH and now < ENOUGH:
        return Said("con.dash.sign_ins.few", {"n": sum(count for at, count in failed.items() if at >= today)})
    counted = {"n": now, "hour": (full - today) // HOUR}
    if not before:
        return Said("con.dash.sign_ins.new", counted)
    ratio = now / before
    same = 1 / NOTICEABLE < ratio < NOTICEABLE
    return Said("con.dash.sign_ins.same", counted) if same else Said("con.dash.sign_ins.ratio", {**counted, "ratio": f"{ratio:.1f}"})


def _hour_name(at: int, span: str) -> str:
    local = datetime.fromtimestamp(at, JST)
    return f"{local.hour}:00" if span == "24h" else f"{local.month}/{local.day} {local.hour}:00"


def _mark(at: int, span: str) -> str:
    local = datetime.fromtimestamp(at, JST)
    if span == "24h":
        return f"{local.hour}:00" if local.hour % 3 == 0 else ""
    return f"{local.month}/{local.day}" if local.hour == 12 else ""


def delivery(deps: Deps, span: str) -> Panel:
    """How quickly codes arrive, by channel and by the mail's carrier. Raises `Unavailable`."""
    until = rollup.hour_of(deps.now()) + HOUR
    with deps.database.read() as connection:
        found = rollups.by_label(connection, rollup.DELIVERY, until - SPANS[span] * DAY, until)
    mail: dict[int, int] = {}
    for label, steps in found.items():
        for step, count in steps.items() if label.startswith("mail:") else ():
            mail[step] = mail.get(step, 0) + count
    kinds = [("con.dash.delivery.sms", found.get("sms", {})), ("con.dash.delivery.mail", mail)]
    kinds += [(name, found.get(f"mail:{name}", {})) for name in dict.fromkeys(rollup.CARRIERS.values())]
    kinds.append(("con.dash.delivery.others", found.get(f"mail:{rollup.OTHERS}", {})))
    rows = tuple((name, _quick(steps)) for name, steps in kinds if steps)
    series = ("con.dash.delivery.sent", "con.dash.delivery.share", "con.dash.delivery.half", "con.dash.delivery.most")
    return Panel("delivery", _delivery_title(rows), "con.dash.delivery.where", series, rows, (2, 3))


def _quick(steps: Mapping[int, int]) -> tuple[int, int, int | None, int | None]:
    """How many, how many percent arrived, and within how many seconds half and 95 % of those had."""
    sent = sum(steps.values())
    share = 100 * (sent - steps.get(rollup.LOST, 0)) // sent
    return sent, share, rollup.within(steps, 0.5), rollup.within(steps, 0.95)


def _delivery_title(rows: Sequence[tuple[str, tuple[int, int, int | None, int | None]]]) -> Said:
    if not rows:
        return Said("con.dash.delivery.none")
    # of equals the carrier by name, rather than all mail together
    worst = min((row for row in rows if row[1][0] >= ENOUGH), key=lambda row: (row[1][1], row[0].startswith("con.")), default=None)
    if worst and worst[1][1] < 95:
        return Said("con.dash.delivery.lost", {"where": worst[0], "percent": worst[1][1]})
    slowest = max((row for row in rows if row[1][3] and row[0] != "con.dash.delivery.mail"), key=lambda row: row[1][3] or 0, default=None)
    return Said("con.dash.delivery.quick", {"where": slowest[0], "seconds": slowest[1][3]}) if slowest else Said("con.dash.delivery.lost", {"where": rows[0][0], "percent": 0})


# (step, labels of the events that it sums up)
REGISTRATION = (
    ("con.dash.step.started", ("registration_started:ok",)),
    ("con.dash.step.sent", ("registration_begun:ok",)),
    ("con.dash.step.opened", ("link_opened:registration",)),
    ("con.dash.step.done", ("registration_confirmed:ok",)),
)
RESET_ASKED = ("ok", "mismatch", "no_account", "no_destination", "limited", "unfit", "staff", "suspended", "closing", "closed")
RESET = (
    ("con.dash.step.started", tuple(f"recovery_requested:{result}:pw" for result in RESET_ASKED)),
    ("con.dash.step.sent", ("recovery_requested:ok:pw",)),
    ("con.dash.step.opened", ("link_opened:reset", "link_opened:reset_code")),
    ("con.dash.step.done", ("password_changed:ok:reset",)),
)


def funnel(deps: Deps, span: str, name: str) -> Panel:
    """How many come how far on the way to an account ("registration") or a new password ("reset"). Raises `Unavailable`."""
    until = rollup.hour_of(deps.now()) + HOUR
    with deps.database.read() as connection:
        found = rollups.by_label(connection, rollup.EVENT, until - SPANS[span] * DAY, until)
    steps = REGISTRATION if name == "registration" else RESET
    counts = [sum(sum(found.get(label, {}).values()) for label in labels) for _, labels in steps]
    title = f"con.dash.{name}.done" if counts[0] else f"con.dash.{name}.none"
    values = {"percent": 100 * counts[-1] // counts[0], "started": counts[0], "done": counts[-1]} if counts[0] else {}
    rows = tuple((key, (count,)) for (key, _), count in zip(steps, counts))
    return Panel(name, Said(title, values), "con.dash.step", ("con.dash.people",), rows, (0,))


def sms(deps: Deps) -> Panel:
    """The SMS of this month and what they cost. Raises `Unavailable`."""
    now = deps.now()
    first = int(datetime.fromtimestamp(now, JST).replace(day=1, hour=0, minute=0, second=0).timestamp())
    last = int(datetime.fromtimestamp(first - DAY, JST).replace(day=1, hour=0, minute=0, second=0).timestamp())
    with deps.database.read() as connection:
        found = rollups.by_hour(connection, rollup.SMS, "", "\x7f", last, rollup.hour_of(now) + HOUR)
    prices = {name: gateway.yen for name, (_, gateway) in deps.settings.sms.gateways().items()}
    days = {at: [0, 0] for at in range(first, midnight(now) + DAY, DAY)}
    yen, before = 0, 0
    for at, gateway, count in found:
        if at < first:
            before += count if at - last <= now - first else 0
            continue
        yen += count * prices.get(gateway, 0)
        days[midnight(at)][gateway == "fallback"] += count
    total = sum(map(sum, days.values()))
    title = _sms_title(total, before, yen if any(prices.values()) else None)
    names = [f"{(local := datetime.fromtimestamp(at, JST)).month}/{local.day}" for at in days]
    rows = tuple((name, tuple(counts)) for name, counts in zip(names, days.values()))
    drawing = chart.upright(list(days.values()), [name if n % 5 == 0 else "" for n, name in enumerate(names)])
    return Panel("sms", title, "con.dash.day", ("con.dash.sms.first", "con.dash.sms.second"), rows, (0, 1), drawing)


def _sms_title(total: int, before: int, yen: int | None) -> Said:
    """`yen`: None where the settings name no price."""
    if not total:
        return Said("con.dash.sms.none")
    values: dict[str, Any] = {"n": f"{total:,}", **({} if yen is None else {"yen": f"{yen:,}"})}
    if before < ENOUGH:
        return Said("con.dash.sms.count" if yen is None else "con.dash.sms.total", values)
    return Said("con.dash.sms.count_ratio" if yen is None else "con.dash.sms.ratio", values | {"ratio": f"{total / before:.1f}"})


def waits_now(deps: Deps) -> int:
    """How many accounts and contracts must wait after wrong tries, up to `WAITING_MOST`. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return failures.waiting(connection, deps.now(), WAITING_MOST)


def queue(deps: Deps) -> tuple[int, int]:
    """How many letters wait, and for how many seconds the oldest has been due. Raises `Unavailable`."""
    with deps.database.read() as connection:
        return outbox.depth_and_age(connection, deps.now())


def health(deps: Deps, keys: bool) -> list[tuple[str, bool]]:
    """(part, whether it works) as far as is known without asking anybody outside; `keys`: whether there are signing keys.
    Raises `Unavailable`: then nobody sees this page."""
    deps.database.ping()
    deps.ephemeral.ping()
    channels = [(name, not letters.channel_down(deps, channel)) for name, channel in (("mail", "mail"), ("sms", "sms"))]  # type: ignore[arg-type]
    return [("database", True), ("ephemeral", True), ("keys", keys), ("courier", letters.courier_alive(deps)), *channels]
