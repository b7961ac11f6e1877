"""Every SMS goes out as one message or not at all: our templates with the longest values, and what is said of those that do
not fit."""

from dataclasses import replace
from pathlib import Path
from typing import Iterator

import pytest
from sqlalchemy import select

from idp import courier, parts, texts
from idp.adapters.sms_folder import FolderSms
from idp.config import Brand, Settings
from idp.deps import Deps
from idp.domain import sms
from idp.services import letters, sms_proof
from idp.tables import schema
from idp.tables.database import Database
from idp.toml_reader import TomlError
from tests.courier.house import NOW, Clock, house
from tests.courier.test_courier import STOP

# names as long as operators have them: a brand of eight letters, a number of thirteen signs, a host of sixteen
LONG = Settings(issuer="https://id.hikari-net.jp:8443", brand=Brand(name="髙﨑市マイページ", tel="0120-000-0000"))
CODE = {locale: {"sms.notice.pw": "{brand} {code} {tel}\n@{host} #{code}"} for locale in texts.LOCALES}


@pytest.fixture(autouse=True)
def ours_again() -> Iterator[None]:
    """Texts are the whole process's."""
    yield
    texts.replace({})


def test_every_template_fits_with_the_longest_values_in_every_language() -> None:
    assert list(sms_proof.unfit(LONG)) == []
    assert (LONG.host, sms.units(LONG.host), sms.units(LONG.brand.name)) == ("id.hikari-net.jp", 16, 8)


def test_the_proof_knows_the_longest_of_every_fact() -> None:
    templates = [(locale, key) for locale in texts.LOCALES for key in texts.catalog(locale) if key.startswith("sms.")]
    assert templates
    wanted = {name for locale, key in templates for name in letters.placeholders(locale, "sms", key)}
    assert wanted <= {*sms_proof.SOURCES, *sms.LONGEST, *letters.TIMES, *letters.CODES}


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({"name": "ひかりネットのマイページ" * 3}, r"units long and 70 fit into one SMS; change brand.name, brand.tel, or the text"),
        ({"tel": "0120-000-000 または 0120-111-111"}, r"sms.notice.pw \(en\): it is 7\d units long"),
        ({"name": "Café"}, r"Shift_JIS has no é; change brand.name"),
        ({"name": "マイページ〜"}, r"Shift_JIS has no 〜"),
    ],
)
def test_an_operator_whose_names_are_too_long_is_told_at_the_start(brand: dict[str, str], said: str) -> None:
    with pytest.raises(TomlError, match=said):
        parts.open_texts(replace(Settings(), brand=Brand(**brand)))


def test_a_long_host_counts_where_a_code_is_sent() -> None:
    texts.replace(CODE)
    assert list(sms_proof.unfit(LONG)) == []
    found = list(sms_proof.unfit(replace(LONG, issuer="https://member-portal.hikari-cable-network.example.jp")))
    assert {("ja", "sms.notice.pw"), ("en", "sms.notice.pw")} <= {row[:2] for row in found}
    said = {row[1]: row[2] for row in found}["sms.notice.pw"]
    assert said.endswith("change brand.name, brand.tel, the host of issuer, or the text")


def test_a_code_without_its_last_line_is_found() -> None:
    texts.replace({"ja": {"sms.notice.pw": "{brand} {code}"}})
    (said,) = [said for locale, key, said in sms_proof.unfit(LONG) if (locale, key) == ("ja", "sms.notice.pw")]
    assert said.startswith("it does not end with the line @{host} #{code}")


def test_the_host_and_the_mail_domain_stand_in_letters(database: Database, tmp_path: Path) -> None:
    texts.replace({"ja": {"sms.notice.pw": "{brand}\n@{host} #{code}\n", "mail.notice.pw.body": "{datetime} {method} {host} {mail_domain}"}})
    settings = replace(LONG, mail=replace(LONG.mail, sender="no-reply@mail.hikari-net.jp"))
    assert letters.say(settings, "ja", "sms", "sms.notice.pw", {"code": "012345"}) == ("", "髙﨑市マイページ\n@id.hikari-net.jp #012345")
    body = letters.say(settings, "ja", "mail", "mail.notice.pw", {"datetime": NOW, "method": "first"})[1]
    assert body.endswith(" id.hikari-net.jp mail.hikari-net.jp")


@pytest.fixture
def deps(database: Database, tmp_path: Path) -> Deps:
    return replace(house(database, tmp_path, Clock()), settings=LONG)


@pytest.mark.parametrize("code", ["123456", "1" * 60, "12345😀"])
def test_a_text_that_does_not_fit_is_never_sent(deps: Deps, tmp_path: Path, code: str) -> None:
    texts.replace(CODE)
    with deps.database.write() as connection:
        values = {"account_id": None, "to": "+819012345678", "template": "sms.notice.pw", "locale": "ja", "expires_at": NOW + 60}
        letters.write(connection, deps, channel="sms", facts={"code": code}, **values)  # type: ignore[arg-type]
    assert courier.deliver_next(deps, "sms", courier.by_sms(FolderSms(str(tmp_path / "sms"))), STOP)
    with deps.database.read() as connection:
        row = connection.execute(select(schema.outbox)).one()
    sent = list((tmp_path / "sms").glob("*"))
    if code == "123456":
        assert (row.outcome, len(sent)) == ("accepted", 1)
    else:
        assert (row.outcome, sent, row.facts) == ("rejected", [], None) and code not in row.reason
