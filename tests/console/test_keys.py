"""Keys in the console: where they stand, the next ones, and new ones at once by two people."""

import json
import re
from dataclasses import replace

import pytest

from idp.deps import Deps
from idp.domain import keys as rules
from idp.domain.client import ID_TOKEN_ALGS
from idp.domain.keys import StoredKey
from idp.domain.policy import Keys
from idp.features.console_keys import flow
from idp.services import keyring, second_person
from idp.services.stamped import LOOK_EVERY
from tests.console.conftest import Built
from tests.console.people import Inside
from tests.services import race

RULE, DAY = Keys(), 86_400


def key(kid: str, start: int, alg: str = "ES256") -> StoredKey:
    return StoredKey(kid, alg, '{"kid": "%s"}' % kid, "", start - DAY, start)


def test_spans_follow_the_schedule() -> None:
    now = 1_000 * DAY
    found = rules.spans([key("a", now - 91 * DAY), key("b", now - DAY // 2), key("c", now + 5)], RULE, now)
    assert [(one.key.kid, one.state) for one in found] == [("a", "retiring"), ("b", "current"), ("c", "next")]
    assert (found[0].ends, found[0].gone) == (now - DAY // 2, now + DAY // 2)
    assert found[2].ends == now + 5 + RULE.period


@pytest.mark.parametrize(
    ("starts", "word"),
    [([], "none"), ([5], "none"), ([-10], None), ([-90 * DAY - 1], "overdue"), ([-89 * DAY - 60], None), ([-89 * DAY - 3_700], "soon"), ([-89 * DAY - 3_700, 9], None)],
    ids=range(7),
)
def test_warnings_come_before_a_key_is_missing(starts: list[int], word: str | None) -> None:
    now = 1_000 * DAY
    stored = [key(f"k{at}", now + at) for at in starts]
    assert rules.warnings(stored, ["ES256"], RULE, now).get("ES256") == word


def test_the_page_shows_every_key_and_nothing_private(built: Built, staff: dict[str, Inside]) -> None:
    page = staff["viewer"].get("/console/keys").text
    assert page.count("使用中") >= len(ID_TOKEN_ALGS) and "予定どおりです" in page and "<svg" in page
    assert "/console/keys/next" not in page
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.S)
    assert shown
    keys = json.loads(shown[1].replace("&#34;", '"'))["keys"]
    assert {one["alg"] for one in keys} == set(ID_TOKEN_ALGS) and not {"d", "p", "q", "k"} & {name for one in keys for name in one}


def test_a_missing_next_key_is_told(built: Built) -> None:
    late = replace(built.deps, clock=lambda: built.deps.clock() + 100 * DAY)
    assert set(flow.warnings(late).values()) == {"overdue"}


def test_publishing_needs_a_fresh_proof_and_a_reason(built: Built) -> None:
    stale, fresh = built.colleague("administrator", 3_600), built.colleague("administrator")
    assert stale.get("/console/keys/next").headers["Location"].startswith("/console/sign-in?to=%2Fconsole%2Fkeys%2Fnext&fresh=1")
    assert stale.post("/console/keys/next", reason="r").status_code == 303
    assert fresh.post("/console/keys/next", reason="  ").status_code == 400
    answer = fresh.post("/console/keys/next", reason="定期", ticket="T-1")
    assert "次の鍵を公開しました" in fresh.get(answer.headers["Location"]).text
    again = fresh.post("/console/keys/next", reason="定期")
    assert "新しい鍵は作っていません" in fresh.get(again.headers["Location"]).text
    assert len([span for span in flow.spans(built.deps) if span.state == "next"]) == len(ID_TOKEN_ALGS)


def test_new_keys_at_once_take_two_administrators(built: Built) -> None:
    anna, ben = built.colleague("administrator"), built.colleague("administrator")
    before = {span.key.kid for span in flow.spans(built.deps)}
    assert anna.post("/console/keys/now", action="do").status_code == 303
    assert anna.post("/console/keys/now", action="ask", reason="").status_code == 400
    anna.post("/console/keys/now", action="ask", reason="漏れたかもしれない")
    own = anna.get("/console/keys/now").text
    assert "ほかの管理者の確認を待っています" in own and 'value="do"' not in own
    anna.post("/console/keys/now", action="do")
    assert {span.key.kid for span in flow.spans(built.deps)} == before, "nobody agrees with themselves"
    assert "漏れたかもしれない" in ben.get("/console/keys/now").text
    assert "新しい鍵に入れ替えました" in ben.get(ben.post("/console/keys/now", action="do").headers["Location"]).text
    made = {span.key.kid for span in flow.spans(built.deps)} - before
    assert len(made) == len(ID_TOKEN_ALGS)
    ben.post("/console/keys/now", action="do")
    assert {span.key.kid for span in flow.spans(built.deps)} == before | made, "once"
    row = built.idp.audit("keys_rotated")[-1]
    assert row["actor"] == ben.account.id and anna.account.id in str(row["detail"])


def test_a_request_can_be_withdrawn_and_ends_by_itself(built: Built) -> None:
    anna, ben = built.colleague("administrator"), built.colleague("administrator")
    anna.post("/console/keys/now", action="ask", reason="r")
    ben.post("/console/keys/now", action="withdraw")
    assert flow.asked(built.deps) is None and not flow.rotate(built.deps, ben.account, None)


def test_of_sixteen_who_agree_at_once_one_does_it(built: Built) -> None:
    anna, ben = built.colleague("administrator").account, built.colleague("administrator").account
    deps: Deps = built.deps
    second_person.ask(deps, "x", anna, "r", "")
    assert second_person.take(deps, "x", anna) is None
    assert sum(one is not None for one in race(16, lambda: second_person.take(deps, "x", ben))) == 1
    assert keyring.AT_ONCE > LOOK_EVERY + 1, "one second of them may be over already"
