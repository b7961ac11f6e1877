"""Texts as staff try them: counted with the longest values, sent to nobody but themselves, never changed from here."""

import re
import tomllib

import pytest
from sqlalchemy import select

from idp import texts
from idp.config import Settings
from idp.features.console_texts import flow
from idp.tables import schema
from tests.console.conftest import Built
from tests.console.people import Inside

SETTINGS = Settings()


@pytest.mark.parametrize(
    ("text", "units", "parts", "strangers", "bound"),
    [
        ("{code}\n\n@{host} #{code}", 28, 1, "", True), ("{code}", 6, 1, "", False), ("{code} @{host} #{code}\n", 25, 1, "", False),
        ("あ" * 65 + "{code}\r\n@{host} #{code}", 91, 2, "", True), ("\u9ad9🙂{code}\n@{host} #{code}", 29, 1, "🙂", True),
    ],
)  # fmt: skip
def test_an_sms_is_counted_as_it_would_be_sent(text: str, units: int, parts: int, strangers: str, bound: bool) -> None:
    found = flow.judge(SETTINGS, "ja", "sms.otp", text)
    assert (found.units, found.parts, found.strangers, found.last_line, found.problems) == (units, parts, strangers, bound, ())


@pytest.mark.parametrize("text", ["", "{code", "no code", "{code} {password}", "{code.__class__}", "{0} {code}"])
def test_a_text_that_cannot_stand_for_ours_is_named(text: str) -> None:
    assert flow.judge(SETTINGS, "ja", "sms.otp", text).problems


@pytest.mark.parametrize("locale", texts.LOCALES)
def test_every_letter_has_a_preview_and_every_sms_fits(locale: str) -> None:
    letters = [key for key in texts.shipped(locale) if flow.template_of(key)]
    assert len(letters) > 40 and all(flow.preview(SETTINGS, locale, key) for key in letters)
    shown = {key: flow.judge(SETTINGS, locale, key, texts.text(locale, key)) for key in letters if key.startswith("sms.") and "link" not in key}
    assert all(one.parts == 1 and one.last_line and not one.strangers and not one.problems for one in shown.values())


@pytest.mark.parametrize("text", ['a "b" \\ c', "zwei\nZeilen", "\u0085\u2028", "あ🙂"])
def test_the_line_to_write_is_toml_that_says_the_same(text: str) -> None:
    assert tomllib.loads(flow.lines("sms.otp", text)) == {"sms.otp": text}


def test_lists_go_on_and_find_by_name_and_wording() -> None:
    seen: list[str] = []
    while True:
        found, after = flow.listed("", False, seen[-1] if seen else "")
        seen += [one.key for one in found]
        if not after:
            break
    assert seen == sorted(texts.shipped("ja"))
    assert [one.key for one in flow.listed("sms.OTP", False, "")[0]] == ["sms.otp"]
    assert "sms.otp" in [one.key for one in flow.listed("誰にも教えないで", False, "")[0]] and flow.listed("", True, "") == ([], "")


def test_the_pages(built: Built, staff: dict[str, Inside]) -> None:
    viewer = staff["viewer"]
    assert "sms.otp" in viewer.get("/console/texts?q=sms.otp").text
    assert viewer.get("/console/texts/nothing.here").status_code == 404
    assert "888888" in viewer.get("/console/texts/mail.otp.body").text and "1通分" in viewer.get("/console/texts/sms.otp").text
    counted = viewer.post("/console/texts/sms.otp", locale="ja", text="<script>{code}</script>")
    assert counted.status_code == 200 and "<script>8" not in counted.text and "&lt;script&gt;888888" in counted.text
    assert viewer.post("/console/texts/mail.otp.body", locale="ja", text="x").status_code == 400
    assert viewer.post("/console/texts/sms.otp", locale="fr", text="x").status_code == 400
    assert texts.text("ja", "sms.otp") == texts.shipped("ja")["sms.otp"], "nothing was changed"


def test_a_trial_goes_to_oneself(built: Built) -> None:
    boss = built.colleague("supervisor")
    name = f"{boss.account.id}-mail"[:60]
    with built.deps.database.write() as connection:
        place = {"id": name, "account_id": boss.account.id, "kind": "email", "address": "boss@example.jp", "address_key": "boss@example.jp", "usual": 1, "created_at": 1}
        connection.execute(schema.destinations.insert(), {**place, "verified_at": 1})
    assert boss.post("/console/texts/mail.notice.pw.body/trial", locale="en", what="elsewhere", reason="r").status_code == 400
    assert boss.post("/console/texts/mail.notice.pw.body/trial", locale="en", what=name, reason="r").status_code == 303
    with built.deps.database.read() as connection:
        row = connection.execute(select(schema.outbox).where(schema.outbox.c.account_id == boss.account.id)).one()
    assert (row.recipient, row.template, row.locale) == ("boss@example.jp", "mail.notice.pw", "en")
    assert boss.get("/console/texts/login.title/trial").status_code == 404 and re.search("無|ありません|確認済み", boss.get("/console/texts/sms.otp/trial").text)
