"""The first page of the console: its sentences and drawings say what was counted by hand, and nothing that was counted can act."""

import html
import re
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from idp.deps import Deps
from idp.domain.rollup import DAY, HOUR, hour_of
from idp.features.console import chart, dashboard
from idp.services import letters, rollups
from idp.tables import audit, schema
from idp.tables.database import Database
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.courier.house import Clock, house

# a quarter past eleven of a morning in Japan
MORNING = 1_800_000_000 - (1_800_000_000 + 9 * HOUR) % DAY + 11 * HOUR + 900


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return house(database, tmp_path, Clock(MORNING))


def count(deps: Deps, *rows: tuple[str, int, str, int, int]) -> None:
    """Counts as the courier leaves them: (name, hour, label, step, count)."""
    with deps.database.write() as connection:
        connection.execute(delete(schema.rollups))
        connection.execute(insert(schema.rollups), [dict(zip(("name", "hour", "label", "step", "count"), row)) for row in rows])


def test_sign_ins_are_drawn_by_the_hour(deps: Deps) -> None:
    with deps.database.write() as connection:
        for at, result, times in ((2 * HOUR, "ok", 5), (2 * HOUR, "wrong", 2), (3 * HOUR, "locked", 1), (23 * HOUR, "ok", 4), (25 * HOUR, "ok", 9)):
            for _ in range(times):
                audit.record(connection, at=MORNING - at, event="sign_in", result=result)
        audit.record(connection, at=MORNING - HOUR, event="sign_in", result="friction")
    rollups.roll(deps)
    panel = dashboard.sign_ins(deps, "24h")
    assert [(name, row) for name, row in panel.rows if any(row)] == [("12:00", (4, 0, 0, 0)), ("8:00", (0, 0, 1, 0)), ("9:00", (5, 2, 0, 0))]
    assert len(panel.rows) == 24 and panel.rows[-1][0] == "11:00"
    assert len(dashboard.sign_ins(deps, "7d").rows) == 168


@pytest.mark.parametrize(
    ("today", "yesterday", "key", "values"),
    [
        (0, 0, "few", {"n": 500}), (3, 2, "few", {"n": 503}), (11, 10, "same", {"n": 11, "hour": 11}), (30, 0, "new", {"n": 30, "hour": 11}),
        (14, 10, "ratio", {"n": 14, "hour": 11, "ratio": "1.4"}), (5, 20, "ratio", {"n": 5, "hour": 11, "ratio": "0.2"}),
    ],
)  # fmt: skip
def test_the_headline_holds_today_against_yesterday(deps: Deps, today: int, yesterday: int, key: str, values: dict) -> None:
    at = hour_of(MORNING)
    rows = [("event", at, "sign_in:wrong", 0, 500), ("event", at - DAY, "sign_in:wrong", 0, 500), ("event", at - HOUR, "sign_in:ok", 0, 1)]
    rows += [("event", at - HOUR, "sign_in:wrong", 0, today)] if today else []
    rows += [("event", at - HOUR - DAY, "sign_in:wrong", 0, yesterday)] if yesterday else []
    count(deps, *rows)
    title = dashboard.sign_ins(deps, "24h").title
    assert (title.key, title.values) == (f"con.dash.sign_ins.{key}", values), "the hour that runs is left out where both sides are compared"


def test_nothing_counted_is_said(deps: Deps) -> None:
    titles = [dashboard.sign_ins(deps, "24h").title, dashboard.delivery(deps, "24h").title, dashboard.sms(deps).title]
    titles += [dashboard.funnel(deps, "24h", name).title for name in ("registration", "reset")]
    assert all(title.key.endswith(".none") for title in titles)


def test_codes_are_told_by_channel_and_carrier(deps: Deps) -> None:
    at = hour_of(MORNING)
    count(
        deps, ("delivery", at, "sms", 3, 19), ("delivery", at, "sms", 30, 1), ("delivery", at - HOUR, "mail:au.com", 10, 40),
        ("delivery", at, "mail:au.com", 0, 10), ("delivery", at, "mail:others", 1, 50), ("delivery", at - 2 * DAY, "sms", 600, 9),
    )  # fmt: skip
    panel = dashboard.delivery(deps, "24h")
    assert dict(panel.rows) == {
        "con.dash.delivery.sms": (20, 100, 3, 3),
        "con.dash.delivery.mail": (100, 90, 1, 10),
        "au.com": (50, 80, 10, 10),
        "con.dash.delivery.others": (50, 100, 1, 1),
    }
    assert (panel.title.key, panel.title.values) == ("con.dash.delivery.lost", {"where": "au.com", "percent": 80})


def test_steps_of_a_new_password(deps: Deps) -> None:
    at = hour_of(MORNING)
    labels = {"recovery_requested:ok:pw": 4, "recovery_requested:mismatch:pw": 6, "recovery_requested:ok:id": 50, "link_opened:reset": 2,
              "link_opened:reset_code": 1, "password_changed:ok:reset": 3, "password_changed:ok": 70}  # fmt: skip
    count(deps, *[("event", at, label, 0, n) for label, n in labels.items()])
    panel = dashboard.funnel(deps, "24h", "reset")
    assert [row for _, row in panel.rows] == [(10,), (4,), (3,), (3,)] and panel.title.values == {"percent": 30, "started": 10, "done": 3}


def test_the_month_of_sms_is_held_against_the_same_days_of_the_last(deps: Deps) -> None:
    at = hour_of(MORNING)
    count(deps, ("sms", at, "gateway", 0, 24), ("sms", at - DAY, "fallback", 0, 6), ("sms", at - 31 * DAY, "gateway", 0, 15), ("sms", at - 70 * DAY, "gateway", 0, 99))
    panel = dashboard.sms(deps)
    assert [row for _, row in panel.rows if any(row)] == [(0, 6), (24, 0)]
    assert (panel.title.key, panel.title.values) == ("con.dash.sms.count_ratio", {"n": "30", "ratio": "2.0"})


@pytest.mark.parametrize(("most", "top"), [(0, 1), (1, 1), (3, 5), (5, 5), (11, 20), (101, 200), (999, 1_000)])
def test_axes_begin_at_zero_and_hold_everything(most: int, top: int) -> None:
    assert chart.ceiling(most) == top
    drawing = chart.upright([[most, 0], [0, 0]], ["a", ""])
    floor = chart.HEIGHT - chart.BOTTOM
    assert all(bar.y >= chart.TOP and bar.y + bar.height == pytest.approx(floor) for bar in drawing.bars)
    assert {mark.text for mark in drawing.marks if mark.line} >= {"0", f"{top:,}"}


def _tables(text: str) -> dict[str, list[list[str]]]:
    found = {}
    for name, body in re.findall(r'<caption id="([a-z-]+)-table">.*?<tbody>(.*?)</tbody>', text, re.S):
        found[name] = [re.findall(r'<td class="number">(.*?)</td>', row) for row in body.split("</tr>") if "<td" in row]
    return found


def _drawn(text: str, name: str) -> list[int]:
    picture = text.split(f'aria-labelledby="{name}-summary"')[1].split("</svg>")[0]
    return [int(value) for value in re.findall(r'data-value="(\d+)"', picture)]


def test_the_page_draws_what_its_tables_say(built: Built, staff: dict[str, Inside]) -> None:
    at = hour_of(built.deps.now())
    count(
        built.deps, ("event", at, "sign_in:ok", 0, 12), ("event", at - HOUR, "sign_in:wrong", 0, 3), ("event", at, "sign_in:<script>", 0, 4),
        ("delivery", at, "sms", 5, 20), ("delivery", at, "mail:<b>", 5, 7), ("event", at, "registration_started:ok", 0, 8), ("sms", at, "<i>", 0, 2),
    )  # fmt: skip
    answer = staff["viewer"].get("/console/")
    tables = _tables(answer.text)
    assert answer.status_code == 200 and "style=" not in answer.text
    assert not re.search("<script>|<b>|<i>", answer.text.split("<main")[1])
    assert sorted(_drawn(answer.text, "sign-ins")) == [3, 12] == sorted(int(n) for row in tables["sign-ins"] for n in row if n != "0")
    assert _drawn(answer.text, "delivery") == [int(n) for row in tables["delivery"] for n in row[2:]]
    assert _drawn(answer.text, "registration") == [8, 0, 0, 0] == [int(n) for (n,) in tables["registration"]]
    assert [n for n in _drawn(answer.text, "sms") if n] == [2]
    assert "登録をはじめた8件のうち、0件（0%）が完了しています" in html.unescape(answer.text)
    count(built.deps, ("event", 0, "sign_in:ok", 0, 1))


def test_a_span_that_there_is_not_is_refused(staff: dict[str, Inside]) -> None:
    assert [staff["viewer"].get(f"/console/?span={span}").status_code for span in ("7d", "1y", "<b>")] == [200, 400, 400]


def test_a_house_without_courier_says_so(built: Built) -> None:
    built.deps.ephemeral.drop(letters.HEARTBEAT)
    parts = dict(dashboard.health(built.deps, True))
    assert parts["database"] and not parts["courier"]
    assert not dict(dashboard.health(built.deps, False))["keys"]
