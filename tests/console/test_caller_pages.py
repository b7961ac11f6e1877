"""Pages on which a caller becomes known: who calls for the member gives a name, and the number on a letter is a second proof."""

import re
from dataclasses import asdict

import pytest

from idp.services import desk_identity, drafts, letter_codes
from idp.tables import accounts, desk_callers
from tests.console.conftest import Built
from tests.console.people import Inside, account_of
from tests.console.test_member_pages import errors, follow, rows
from tests.running import new_name

EVIL = '<img src=x onerror=alert(1)>\u202e'
FACTS = {"number": "99887766", "name": "カワバタ スミレ", "born": "1971-02-03"}


@pytest.fixture
def member(built: Built) -> str:
    """The subject of somebody."""
    return built.idp.account(new_name(), "--contractor-id", "5512345")


def known(built: Built, agent: Inside, member: str) -> None:
    """The caller has said what is right about the contract."""
    first = asdict(desk_identity.Caller(1, built.deps.now(), "facts"))
    drafts.put(built.deps, desk_identity.KIND, f"{agent.account.id}:{member}", first, 900)


@pytest.mark.parametrize(("caller", "words"), [("", "お名前を、60文字以内で"), (" \u3000", "お名前を、60文字以内で"), ("太" * 61, "60文字以内で"), ("山田 太郎", "一致しませんでした")], ids=["nothing", "blanks", "too long", "a name"])
def test_who_calls_for_the_member_is_asked_for_a_name(staff: dict[str, Inside], member: str, caller: str, words: str) -> None:
    path = f"/console/members/{member}/check"
    page = follow(staff["desk"], staff["desk"].post(path, **FACTS, relation="family", caller=caller))
    assert words in errors(page) and "太" not in page.text, "it is typed again, like all that was said"
    assert "60文字以内で" not in errors(follow(staff["desk"], staff["desk"].post(path, **FACTS, relation="self", caller="")))


def test_the_name_is_masked_on_the_members_page_and_shown_with_a_reason_on_record(built: Built, staff: dict[str, Inside], member: str) -> None:
    key, desk = new_name(), built.colleague("desk")
    for name in ("山田 太郎丸", EVIL):
        sealed = built.deps.vault.seal(name.encode(), f"desk_callers:{key}")
        with built.deps.database.write() as connection:
            desk_callers.add(connection, desk_callers.Caller(key, member, desk.account.id, built.deps.now(), "family", sealed))
        key = new_name()
    page = desk.get(f"/console/members/{member}")
    assert "ご家族" in page.text and "山田 太＊" in page.text and "太郎丸" not in page.text and "<img" not in page.text and "\u202e" not in page.text
    assert "山田 太＊" in staff["viewer"].get(f"/console/members/{member}").text and "field=caller" not in staff["viewer"].get(f"/console/members/{member}").text
    fields = re.findall(r"reveal\?field=(caller\w+)", page.text)
    assert len(fields) == 2
    for field in fields:
        follow(desk, desk.post(f"/console/members/{member}/reveal", field=field, reason="折り返しのため"))
    page = desk.get(f"/console/members/{member}")
    assert "山田 太郎丸" in page.text and "<img" not in page.text and "\u202e" not in page.text
    assert {row["detail"]["field"] for row in rows(built, "member_revealed", member)} == {"caller"}
    assert "太郎丸" not in staff["desk"].get(f"/console/members/{member}").text, "to this session only"


def test_the_number_on_a_letter_is_read_out_once(built: Built, member: str) -> None:
    desk, path, now = built.colleague("desk"), f"/console/members/{member}/second", built.deps.now()
    known(built, desk, member)
    assert "書面の番号" not in desk.get(path).text, "there is no letter"
    with built.deps.database.write() as connection:
        accounts.change(connection, member, now, password_state="letter", password_at=now)
    assert "書面の番号" in desk.get(path).text
    code = letter_codes.code_of(built.deps, member, now)
    assert "一致しませんでした" in errors(follow(desk, desk.post(path, action="letter", letter="12345")))
    assert "本人確認2がすみました" in follow(desk, desk.post(path, action="letter", letter=code)).text
    found = rows(built, "desk_identity", member)
    assert [(row["result"], row["detail"]["how"], row["detail"]["level"]) for row in found] == [("mismatch", "letter", 2), ("ok", "letter", 2)]
    assert code not in str(found)
    known(built, desk, member)
    assert "一致しませんでした" in errors(follow(desk, desk.post(path, action="letter", letter=code)))
    assert desk_identity.find(built.deps, desk.account, account_of(built.deps, member)).level == 1
