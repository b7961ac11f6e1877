"""Texts of the operator's own: in pages, mail and SMS, and refused at the start with file and key when they cannot stand."""

import os
import re
from pathlib import Path
from typing import Iterator

import pytest
from click.testing import CliRunner

from idp import cli, config, own_texts, parts, texts
from idp.services import letters
from idp.toml_reader import TomlError
from idp.web import pages
from tests.courier.house import NOW


@pytest.fixture(autouse=True)
def ours_again() -> Iterator[None]:
    """Texts are the whole process's."""
    yield
    texts.replace({})


def installed(folder: Path, **files: str) -> config.Settings:
    """Settings with own texts: `ja="…"` is ja/own.toml."""
    for locale, text in files.items():
        (folder / "texts" / locale).mkdir(parents=True, exist_ok=True)
        (folder / "texts" / locale / "own.toml").write_text(text, encoding="utf-8")
    (folder / "config.toml").write_text('[texts]\nfolder = "texts"\n')
    return config.load(str(folder / "config.toml"))[0]


def test_they_stand_in_pages_and_letters(tmp_path: Path) -> None:
    settings = installed(
        tmp_path,
        ja='"login.title" = "{brand}に入る"\n"mail.notice.pw.subject" = "{operator}から {mail_domain}"\n',
        en='[sms.notice]\npw = "{operator} {host}"\n',
    )
    parts.open_texts(settings)
    assert str(pages.Pages(settings).text("ja", "login.title")) == "マイページに入る"
    facts: dict[str, str | int] = {"datetime": NOW, "method": "first", "os": "ios", "browser": "safari"}
    assert letters.say(settings, "ja", "mail", "mail.notice.pw", facts)[0] == "ひかりネットから idp.localhost"
    assert letters.say(settings, "en", "sms", "sms.notice.pw", facts)[1] == "ひかりネット localhost"
    assert texts.text("en", "login.title") == texts.shipped("en")["login.title"]
    parts.open_texts(config.Settings())
    assert texts.text("ja", "login.title") == texts.shipped("ja")["login.title"]


def test_every_text_of_ours_can_be_ones_own(tmp_path: Path) -> None:
    for locale in texts.LOCALES:
        lines = [f"{re.sub('^', '', key)!r} = '''{text}'''" for key, text in texts.shipped(locale).items()]
        (tmp_path / locale).mkdir()
        (tmp_path / locale / "all.toml").write_text("\n".join(lines))
    own = own_texts.read(str(tmp_path))
    assert own.texts == {locale: texts.shipped(locale) for locale in texts.LOCALES}


# what stands in ja/own.toml → what is said of it
REFUSED = {
    "an unknown key": ('"login.titel" = "a"', r"own.toml, line 1: login.titel: we have no text of this name\.$"),
    "a number": ('\n"login.title" = 7', r"own.toml, line 2: login.title: write a text\.$"),
    "a list": ('"login.title" = ["a"]', r"login.title: write a text"),
    "nothing": ('"login.title" = " "', r"login.title: write a text"),
    "an unknown placeholder": ('"login.title" = "{nickname}"', r"login.title: nothing fills in {nickname}; known here are brand, dial, hours, operator, tel"),
    "one of another kind of text": ('"login.title" = "{host}"', r"nothing fills in {host}"),
    "one without a name": ('"login.title" = "{}"', r"nothing fills in {}"),
    "an attribute": ('"login.title" = "{brand.__class__}"', r"nothing fills in {brand.__class__}"),
    "a conversion": ('"login.title" = "{brand!r}"', r"nothing fills in {brand!r}"),
    "a form": ('"login.title" = "{brand:>99}"', r"nothing fills in {brand:>99}"),
    "a brace": ('"login.title" = "{brand"', r"its braces cannot be read"),
    "a missing placeholder": ('"mail.notice.pw.body" = "{datetime}"', r"mail.notice.pw.body: {method} is missing\.$"),
    "a subject of two lines": ('"mail.notice.pw.subject" = "a\\nb"', r"a subject is one line"),
    "eleven months": ('"letter.months" = "1 2 3 4 5 6 7 8 9 10 11"', r"write twelve names"),
    "the brand in a piece": ('"letter.method.first" = "{brand}"', r"nothing fills in {brand}; known here are none"),
    "markup": ('"common.back" = "<b>a</b>"', r"common.back: it goes into a page as it stands; write it without <"),
    "an SMS that is too long": (f'"sms.notice.pw" = "{"あ" * 71}"', r"own.toml, line 1: sms.notice.pw: it is 71 units long and 70 fit"),
    "an SMS with an emoji": ('\n\n"sms.notice.pw" = "😀"', r"own.toml, line 3: sms.notice.pw: Shift_JIS has no 😀"),
    "no TOML": ('"login.title" = ', r"own.toml: cannot be read"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_stand_is_refused_with_file_and_key(tmp_path: Path, kind: str) -> None:
    text, said = REFUSED[kind]
    settings = installed(tmp_path, ja=text)
    with pytest.raises(TomlError) as refused:
        parts.open_texts(settings)
    assert any(re.search(said, problem) for problem in refused.value.problems), refused.value.problems
    assert texts.catalog("ja") == texts.shipped("ja")
    # and so by every command
    done = CliRunner().invoke(cli.root, ["--config", str(tmp_path / "config.toml"), "migrate"], prog_name="idp")
    assert isinstance(done.exception, TomlError)
    done = CliRunner().invoke(cli.root, ["--config", str(tmp_path / "config.toml"), "check"], prog_name="idp")
    assert done.exit_code == 1 and re.search("FAIL  texts: .*own.toml", done.output)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    settings = installed(tmp_path, ja='"a.b" = "c"\n"login.title" = 7\n', en='"d.e" = "f"\n')
    (tmp_path / "texts/ja/second.toml").write_text('"a.b" = "c"\n')
    with pytest.raises(TomlError) as refused:
        parts.open_texts(settings)
    assert len(refused.value.problems) == 5 and any("this key stands in another file too" in one for one in refused.value.problems)


def test_a_folder_without_texts_is_a_mistake(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    with pytest.raises(TomlError, match=r"texts.folder: .*texts holds neither ja/\*.toml nor en/\*.toml"):
        parts.open_texts(settings)
    (tmp_path / "texts/ja").mkdir(parents=True)
    os.symlink("nowhere", tmp_path / "texts/ja/own.toml")
    with pytest.raises(TomlError, match="own.toml: cannot be read"):
        parts.open_texts(settings)
