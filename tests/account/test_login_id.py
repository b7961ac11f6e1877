"""Changing the login ID (flows.md 2.8, requirements AC-01, AZ-25, RG-05) and the nickname (AC-03)."""

from pathlib import Path

import pytest
import requests

from idp.domain.account import Account
from idp.domain.device import Caller
from idp.features.account import flow
from idp.tables import registrations
from idp.tables.database import Database
from idp.tables.registrations import Registration
from tests.accounts.printed import member, read
from tests.courier.house import NOW, Clock, house
from tests.running import Browser, Idp, answer_of, claims_of, exchange, new_name
from tests.settings.member import Member, age, errors, rows, title

PATH = "/account/login-id"


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member, signed in."""
    member = Member(idp)
    member.at("/account")
    return member


def change(member: Member, new: str) -> requests.Response:
    """All the way through the confirmation."""
    page = member.send(member.at(PATH), login_id=new, action="next")
    return member.send(page) if "/confirm" in page.url else page


def test_a_new_id_signs_in_the_subject_stays_and_the_old_one_is_nobodys(idp: Idp, portal: dict, hanako: Member) -> None:
    old, new = hanako.name, new_name().upper()
    page = change(hanako, new)
    assert "ログインIDを変更しました" in page.text and new in page.text
    browser = Browser(idp)
    assert errors(browser.sign_in(browser.authorize(portal), old))
    answer = answer_of(browser.sign_in(browser.authorize(portal, scope="openid profile"), new.lower()))
    tokens = exchange(idp, portal, answer["code"]).json()
    assert claims_of(tokens["id_token"])["sub"] == hanako.subject
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    facts = requests.get(f"{idp.issuer}/userinfo", headers=bearer, timeout=10).json()
    assert facts["preferred_username"] == new
    other = Member(idp)
    assert f"「{old}」は使えません" in errors(change(other, old))
    assert idp.run("account", "add", "--login-id", old, "--password-stdin", stdin="Kawa7Sumire", check=False).returncode == 1


def full_width(text: str) -> str:
    """As it is typed with the Japanese keyboard still on."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


def test_an_id_typed_in_full_width_is_taken_and_shown_in_half_width(idp: Idp, portal: dict, hanako: Member) -> None:
    new = new_name().upper()
    checked = hanako.send(hanako.at(PATH), login_id=full_width(new), action="check")
    assert f"「{new}」は使えます" in checked.text and f'value="{new}"' in checked.text
    page = change(hanako, full_width(new))
    assert new in page.text and full_width(new) not in page.text
    assert rows(idp, "SELECT login_id FROM accounts WHERE id = :a", a=hanako.subject) == [(new,)]
    browser = Browser(idp)
    assert answer_of(browser.sign_in(browser.authorize(portal), full_width(new)))["code"]


def test_once_in_thirty_days(idp: Idp, hanako: Member) -> None:
    change(hanako, first := new_name())
    hanako.name = first
    page = hanako.at(PATH)
    assert "から変更できます" in page.text and 'name="login_id"' not in page.text
    rows(idp, "UPDATE accounts SET login_id_at = login_id_at - 2592000 WHERE id = :a", a=hanako.subject)
    assert "ログインIDを変更しました" in change(hanako, new_name()).text


@pytest.mark.parametrize("typed, said", [("abc", "5〜30文字"), ("a" * 31, "5〜30文字"), ("ta ro-01", "使えない文字"), ("taro@example.jp", "使えない文字"),
                                         ("<b>taro</b>", "使えない文字"), ("", "5〜30文字"), ("ｔａｒｏ＠０１", "使えない文字"), (".taro01", "最初と最後")])  # fmt: skip
def test_what_can_be_no_id_is_refused_in_words(hanako: Member, typed: str, said: str) -> None:
    for action in ("next", "check"):
        page = hanako.send(hanako.at(PATH), login_id=typed, action=action)
        assert said in errors(page) and title(page) == "ログインIDの変更"


def test_the_button_says_whether_an_id_is_free_and_changes_nothing(idp: Idp, hanako: Member) -> None:
    free, taken = new_name(), Member(idp).name
    assert f"「{free}」は使えます" in hanako.send(hanako.at(PATH), login_id=free, action="check").text
    assert f"「{taken}」は使えません" in errors(hanako.send(hanako.at(PATH), login_id=taken, action="check"))
    assert "現在と同じ" in errors(hanako.send(hanako.at(PATH), login_id=hanako.name, action="check"))
    for _ in range(18):
        page = hanako.send(hanako.at(PATH), login_id=free, action="check")
    assert "混み合っています" in errors(page)
    assert rows(idp, "SELECT login_id FROM accounts WHERE id = :a", a=hanako.subject) == [(hanako.name,)]


def test_the_id_of_another_spelling_is_the_members_own(idp: Idp, hanako: Member) -> None:
    assert "ログインIDを変更しました" in change(hanako, hanako.name.upper()).text


def test_nothing_is_confirmed_that_was_not_entered(hanako: Member) -> None:
    page = hanako.browser.go(f"{PATH}/confirm")
    assert page.url.endswith(PATH) and title(page) == "ログインIDの変更"
    page = hanako.send(hanako.at(PATH), login_id=(new := new_name()), action="next")
    assert "ログインIDを変更しました" in hanako.send(page).text
    assert hanako.send(page).url.endswith(PATH), "sent twice"
    assert new in hanako.at("/account").text


def test_an_old_session_changes_no_id(idp: Idp, hanako: Member) -> None:
    age(idp, hanako.browser, 400)
    assert "current-password" in hanako.browser.go(PATH).text


@pytest.mark.parametrize("typed, said", [("", "1〜20文字"), ("あ" * 21, "1〜20文字"), ("a\u202eb", "使えない文字"), ("管理者", "使えません")])
def test_a_nickname_that_will_not_do(hanako: Member, typed: str, said: str) -> None:
    assert said in errors(hanako.send(hanako.at("/account/nickname"), nickname=typed))


def test_a_nickname_of_markup_is_only_text(hanako: Member) -> None:
    page = hanako.send(hanako.at("/account/nickname"), nickname="<b>&'\"")
    assert "ニックネームを変更しました" in page.text and "&lt;b&gt;" in page.text and "<b>&" not in page.text


def test_an_id_that_is_an_offices_or_held_by_a_registration_is_taken(database: Database, tmp_path: Path) -> None:
    clock = Clock()
    deps = house(database, tmp_path, clock)
    hanako, agent = member(deps, "hanako01", contract_key="mine"), member(deps, "agent01", role="desk")
    held = Registration("r1", "theirs", "17", "individual", "Taro.01", "taro.01", "taro@example.jp", "太郎", "ja", "x", None, "l1", 1, NOW, NOW, NOW + 2 * 86_400)
    with database.write() as connection:
        registrations.put(connection, held)

    def given(account: Account, typed: str) -> bool:
        """Whether the page says that it is free; a change says the same."""
        state, wrong = flow.login_id_state(deps, account, typed)
        assert not wrong
        done = flow.change_login_id(deps, read(deps, account), typed, Caller("192.0.2.1", ""))
        assert done == (state == "free")
        return done

    for taken in ("support", "Adm1n.support", "taro.01", "TARO.01"):
        assert not given(hanako, taken), taken
    assert given(agent, "support"), "staff may be called by their office"
    clock.now += 86_400  # the registration is over
    assert given(hanako, "taro.01")


def test_an_own_registration_holds_nothing_from_its_contract(database: Database, tmp_path: Path) -> None:
    deps = house(database, tmp_path, Clock())
    hanako = member(deps, "hanako01", contract_key="mine")
    own = Registration("r2", "mine", "17", "individual", "Own.01", "own.01", "h@example.jp", "花子", "ja", "x", None, "l2", 1, NOW, NOW, NOW + 86_400)
    with database.write() as connection:
        registrations.put(connection, own)
    assert flow.login_id_state(deps, hanako, "own.01") == ("free", ())
