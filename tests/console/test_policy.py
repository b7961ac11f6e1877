"""Trying a policy: what would differ and whom it would touch is told before, and whatever is pasted, nothing is changed."""

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from idp import policy_file, vault
from idp.deps import Deps
from idp.features.console_policy import flow
from idp.tables import schema
from idp.tables.database import Database
from idp.toml_reader import Placed, TomlError
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.courier.house import NOW, Clock, house

STANDARD = policy_file.shipped_text("standard")


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return replace(house(database, tmp_path, Clock()), policy=policy_file.prove(STANDARD, "standard"))


def member(deps: Deps, *kinds: str, **changes: Any) -> None:
    """An account with proven destinations of these kinds."""
    name = vault.random_id()
    values: dict[str, Any] = {
        "id": name, "login_id": name, "login_id_key": name, "nickname": "n", "status": "active", "role": "member", "locale": "ja", "epoch": 0,
        "password_state": "current", "password_at": NOW - 86_400, "profile": "{}", "second_factor": 0, "created_at": 1, "updated_at": 1,
    }  # fmt: skip
    with deps.database.write() as connection:
        connection.execute(insert(schema.accounts), {**values, **changes})
        for kind in kinds:
            place = {"id": vault.random_id(), "account_id": name, "kind": kind, "address": name, "address_key": name, "usual": 0, "created_at": 1}
            connection.execute(insert(schema.destinations), {**place, "verified_at": 5})


def changed(*pairs: tuple[str, str]) -> str:
    text = STANDARD
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after, 1)
    return text


WRONG = {
    "a number": (("min = 5  ", "min = 1  "),), "a unit": (('sms = "10m"', 'sms = "10"'),), "an unknown key": (("[codes]", "[codes]\nnothing = 1"),),
    "a wrong kind": (("[codes]", "[codes]\nresend = true\n[x]"),), "no TOML": (("[codes]", "[codes"),), "an example": (('verdicts = ["login_id.length"]', 'verdicts = ["login_id.characters"]'),),
    "an order": (('absolute = "12h"', 'absolute = "10m"'),),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_the_language_of_the_page(staff: dict[str, Inside], name: str) -> None:
    text = changed(*WRONG[name])
    with pytest.raises(TomlError) as refused:
        policy_file.prove(text, "x")
    page = staff["supervisor"].post("/console/policy/try", text=text)
    shown = html.unescape(page.text)
    assert page.status_code == 400 and re.search(r"<li><bdi>(\d+行目の)?「?.*[ぁ-ん].*</bdi></li>", shown)
    for problem in refused.value.problems:
        assert isinstance(problem, Placed) and problem.problem.code != "other" and str(problem.problem) not in shown


def test_who_would_be_touched_is_counted(deps: Deps) -> None:
    for kinds, changes in (
        (("sms",), {}), (("sms", "email"), {"second_factor": 1}), (("email",), {}), ((), {}), ((), {"password_state": "letter"}),
        (("sms",), {"status": "suspended"}),
    ):  # fmt: skip
        member(deps, *kinds, **changes)
    found = flow.attempt(deps, changed(('mode = "optional"', 'mode = "required"')), "ja")
    assert found.counted and found.counted.exact and found.counted.total == 6
    assert [(one.key, dict(one.values)) for one in found.effects] == [
        ("con.policy.effect.required", {"n": 4}),
        ("con.policy.effect.required_nowhere", {"n": 2}),
    ]
    standing = dict(flow.standing(found.counted))
    assert [standing[f"con.policy.count.{name}"] for name in ("no_factor", "sms_only", "mail_only", "nowhere", "letter")] == [4, 1, 1, 2, 1]


def test_the_sentences_that_differ_stand_side_by_side(deps: Deps) -> None:
    found = flow.attempt(deps, changed(('mode = "optional"', 'mode = "off"')), "en")
    assert len(found.differences) == 1 and all(found.differences[0]) and not found.problems
    assert flow.attempt(deps, STANDARD, "ja").differences == () == flow.attempt(deps, STANDARD, "ja").effects


def test_sign_ins_that_would_end_are_counted(deps: Deps) -> None:
    with deps.database.write() as connection:
        for number, age in enumerate((100, 8 * 3_600, 11 * 3_600, 13 * 3_600)):
            connection.execute(insert(schema.sessions), {"sid": f"s{number}", "account_id": "a", "started_at": NOW - age, "device": "", "address": ""})
    found = flow.attempt(deps, changed(('absolute = "12h"', 'absolute = "6h"')), "ja")
    assert [(one.key, dict(one.values)) for one in found.effects] == [("con.policy.effect.sessions", {"n": 2})]


def test_many_members_are_estimated_from_a_sample() -> None:
    members = tuple(flow.Member("active", number % 4 == 0, "current", 0, frozenset()) for number in range(1_000))
    counted = flow.Counted(50_000, False, members)
    assert counted.of(lambda one: one.second_factor) == 12_500 and flow.Counted(0, True, ()).of(lambda one: True) == 0


def test_a_sample_takes_everybody_where_there_are_few(deps: Deps) -> None:
    for _ in range(9):
        member(deps, "sms")
    assert all(flow.counted(deps).exact and len(flow.counted(deps).members) == 9 for _ in range(5))


BAD = {
    "nothing": "", "no toml": "= = =", "deep": "a = " + "[" * 9_000, "a huge number": "a = " + "9" * 60_000, "one long line": "[" + " " * 60_000,
    "thousands of unknown keys": "\n".join(f"k{n} = 1" for n in range(4_000)), "markup": '"<script>alert(1)</script>" = 1\n', "direction": '"\u202ekey" = 1\n',
    "an example that does not hold": STANDARD.replace("verdicts = []", 'verdicts = ["password.min"]', 1) + '\n[[example]]\nrule = "password"\ninput = "a"\n',
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_pasted_is_answered_with_problems(staff: dict[str, Inside], name: str) -> None:
    answer = staff["viewer"].post("/console/policy/try", text=BAD[name])
    assert answer.status_code == 400 and "このファイルは使えません" in answer.text
    assert "<script>alert" not in answer.text and answer.text.count("policy.toml") <= 250


def test_a_file_that_is_too_long_is_refused(staff: dict[str, Inside]) -> None:
    assert staff["viewer"].post("/console/policy/try", text="#" * 70_000).status_code == 413


def test_the_policy_is_told_in_both_languages_and_a_try_changes_nothing(built: Built, staff: dict[str, Inside]) -> None:
    before = built.deps.policy
    page = staff["viewer"].get("/console/policy")
    assert "パスワード" in page.text and "password" in page.text
    answer = staff["viewer"].post("/console/policy/try", text=changed(('mode = "optional"', 'mode = "required"')))
    assert answer.status_code == 200 and "2要素認証を使っていない" in answer.text and built.deps.policy is before
