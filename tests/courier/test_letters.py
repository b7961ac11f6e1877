"""Letters: the wording, and that no fact can say more than its place in it."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp import texts
from idp.adapters.mail_message import build
from idp.config import Brand
from idp.deps import Deps
from idp.domain.letter import Letter
from idp.services import letters
from idp.tables import outbox, schema
from idp.tables.database import Database
from idp.vault import VaultError
from tests.courier.house import Clock, house

# 2026-11-22 14:35:59 in Japan
AT = 1_795_325_759


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return house(database, tmp_path, Clock(AT))


def write(deps: Deps, **changes: Any) -> None:
    values: dict[str, Any] = {
        "account_id": "account",
        "channel": "mail",
        "to": "taro@example.jp",
        "template": "mail.notice.pw",
        "locale": "ja",
        "facts": {"datetime": AT, "method": "first", "os": "ios", "browser": "safari"},
        "expires_at": AT + 60,
    }
    with deps.database.write() as connection:
        letters.write(connection, deps, **{**values, **changes})


def claimed(deps: Deps) -> Letter:
    with deps.database.write() as connection:
        (letter,) = outbox.claim(connection, "lease", deps.now(), 60, 9)
    return letter


def test_the_notice_of_a_changed_password(deps: Deps) -> None:
    write(deps)
    subject, body = letters.render(deps, claimed(deps))
    assert subject == "【マイページ】パスワードが変更されました"
    said = ["2026年11月22日 14時35分 に、パスワードが変更されました。", "端末：iPhone・iPad・Safari", "方法：初回ログインでの変更"]
    assert body.splitlines()[:3] == said
    assert "マイページ（ひかりネット）\nお客様センター 0120-000-000（9:00-18:00）\n" in body and "http" not in body and "{" not in body


def test_the_same_in_english(deps: Deps) -> None:
    write(deps, locale="en-GB")
    subject, body = letters.render(deps, claimed(deps))
    assert subject == "[マイページ] Your password was changed"
    assert body.startswith("Your password was changed at 22 November 2026 14:35.\nDevice: Safari on iPhone or iPad\nHow: changed at first log in\n")


@pytest.mark.parametrize("locale", texts.LOCALES)
def test_every_letter_of_sign_in(deps: Deps, locale: str) -> None:
    write(deps, locale=locale, template="mail.notice.lock", facts={"time": AT})
    subject, body = letters.render(deps, claimed(deps))
    assert subject and letters.moment(locale, AT) in body
    write(deps, locale=locale, channel="sms", to="+819012345678", template="sms.notice.pw")
    subject, body = letters.render(deps, claimed(deps))
    # one segment: 70 UTF-16 units, a line end counted as two (japan.md, Phones and SMS)
    assert subject == "" and "0120-000-000" in body and len(body.replace("\n", "\r\n").encode("utf-16-be")) <= 140


def subjects() -> dict[str, str]:
    """The subject of every letter to members in Japanese, of an operator with a name of five letters."""
    given = dict.fromkeys(("code", "desk_code"), "123456") | {"brand": "マイ ひか"}
    found = {key: text for key, text in texts.catalog("ja").items() if re.fullmatch(r"mail\..*\.subject", key)}
    return {key: text.format_map(given) for key, text in found.items() if key != "mail.desk.alarm.subject"}  # to the desk itself


def test_subjects_are_short_enough_for_a_telephone() -> None:
    assert len(subjects()) > 25 and {key: text for key, text in subjects().items() if len(text) > 24} == {}


@pytest.mark.parametrize("old", ["iso2022_jp", "shift_jis"])
def test_subjects_pass_gateways_that_write_them_in_an_old_character_set(old: str) -> None:
    for said in subjects().values():
        mail = message_from_bytes(build("no-reply@id.example", "a@b.example", said, "b", "k", AT).as_bytes(), policy=policy.default)
        assert str(mail["Subject"]).encode(old).decode(old) == said


def test_midnight_and_single_digits() -> None:
    assert letters.moment("ja", 1_798_729_500) == "2027年1月1日 0時05分"
    assert letters.moment("en", 1_798_729_500) == "1 January 2027 00:05"


def test_facts_are_sealed_to_their_letter(deps: Deps) -> None:
    write(deps)
    with deps.database.read() as connection:
        stored = connection.execute(select(schema.outbox)).mappings().one()
    assert "first" not in str(stored["facts"]) and str(AT) not in str(stored["facts"])
    # whoever can write to the table cannot turn a letter towards another address, or another text
    for column, value in (("recipient", "eve@example.jp"), ("template", "mail.notice.lock"), ("key", "another"), ("facts", None)):
        with deps.database.write() as connection:
            connection.execute(update(schema.outbox).values(**{column: value}))
            (turned,) = outbox.claim(connection, f"lease-{column}", deps.now(), 60, 9)
            connection.execute(update(schema.outbox).values(**{column: stored[column], "lease_until": 0}))
        with pytest.raises(VaultError):
            letters.render(deps, turned)
    letters.render(deps, claimed(deps))


NASTY = (
    "太郎\r\nBcc: eve@example.jp",
    "太郎\nX-Header: 1\n\nhttps://evil.example",
    "太郎\r\n.\r\nRCPT TO:<eve@example.jp>",
    "太郎\x00\x1b[2J\x85\u2028\u2029",
    "\u202e太郎\u2066\ud800",
    "{brand.__class__} {tel} {0} %s",
)


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_no_value_adds_headers_recipients_or_lines(deps: Deps, name: str) -> None:
    # the brand stands in subject and body, and is cleaned as every fact is
    brand = Brand(name=name, operator=name, tel=name, hours=name)
    deps = replace(deps, settings=replace(deps.settings, brand=brand))
    write(deps)
    subject, body = letters.render(deps, claimed(deps))
    raw = build("no-reply@example.jp", "taro@example.jp", subject, body, "key", AT).as_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    names = "from to subject date message-id auto-submitted content-type content-transfer-encoding mime-version"
    assert [header.lower() for header in mail.keys()] == names.split() and mail["To"] == "taro@example.jp"
    plain = mail.get_body().get_content().splitlines()  # type: ignore[union-attr]
    assert len(plain) == 11 and all(line.isprintable() for line in plain) and plain == body.splitlines()
    if "{" in name:
        assert f"お客様センター {name}（{name}）" in plain


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ""},
        {"to": "taro@example.jp\r\nBcc: eve@example.jp"},
        {"to": "a" * 321},
        {"template": "mail.nothing"},
        {"template": "notice.pw"},
        {"channel": "sms"},
        {"channel": "email"},
        {"facts": {"datetime": AT, "os": "ios", "browser": "safari"}},
        {"facts": {"method": "first", "os": "ios", "browser": "safari"}},
        {"facts": {"datetime": AT, "method": "nothing", "os": "ios", "browser": "safari"}},
        {"facts": {"datetime": "yesterday", "method": "first", "os": "ios", "browser": "safari"}},
        {"facts": {"datetime": AT, "method": "first", "os": "ios", "browser": "safari", "nickname": "x" * 1_025}},
    ],
    ids=range(12),
)
def test_mistakes_are_found_when_the_letter_is_written(deps: Deps, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        write(deps, **wrong)
    with deps.database.read() as connection:
        assert outbox.depth_and_age(connection, AT) == (0, 0)
