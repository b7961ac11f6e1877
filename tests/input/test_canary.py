"""What a member types as a password, and whatever opens a door, is found in no file, no log and no page (PW-09, SE-01)."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import requests

from tests.registration.applicant import Applicant, new_contracts
from tests.running import Browser, Idp, answer_of, exchange, form_of, new_name

RIGHT, WRONG, LETTER, NEW, REFUSED = (f"Kanarienvogel{n}" for n in range(1, 6))
MARKUP = "<Kanarienvogel>6 & 'co'"


def spellings(secret: str) -> set[bytes]:
    """How it might be written down."""
    raw = secret.encode()
    return {raw, quote(secret).encode(), json.dumps(secret)[1:-1].encode(), base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode()}


def found(folder: Path, secrets: list[str]) -> list[str]:
    """Every file below the folder in which a secret stands."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".part"}
    assert {"idp.db", "ephemeral.db", "server.log"} <= set(files)
    return [f"{name}: {secret}" for name, body in files.items() for secret in secrets if any(way in body for way in spellings(secret))]


def test_a_password_is_nowhere_but_in_the_members_head(idp: Idp) -> None:
    portal, name, letter = idp.client(), new_name(), new_name()
    idp.account(name, password=RIGHT)
    idp.account(letter, "--letter", "--email", "hanako@example.jp", password=LETTER)
    browser, pages = Browser(idp), []
    page = browser.authorize(portal)
    for typed in (WRONG, MARKUP, RIGHT + "x" * 600):
        page = browser.sign_in(page, name, typed)
        pages.append(page)
    pages.append(browser.sign_in(page, name, RIGHT))
    other = Browser(idp)
    page = other.sign_in(other.authorize(portal), letter, LETTER)
    for typed in (REFUSED[:7], MARKUP + "あ" * 200, LETTER, NEW):
        form = form_of(page)
        page = other.submit(form, **{form.named("new-password"): typed})
        pages.append(page)
    assert "code" in answer_of(pages[3]) and "code" in answer_of(page)
    # the form itself, not as we write it
    requests.post(f"{idp.issuer}/login", json={"password": WRONG}, timeout=9)
    requests.get(f"{idp.issuer}/login", params={"password": "Zeisig7Zeisig"}, timeout=9)
    assert found(idp.folder, [RIGHT, WRONG, LETTER, NEW, MARKUP, "Zeisig7Zeisig"]) == []
    assert not [page.url for page in pages if "Kanarienvogel" in page.text + str(page.headers)]


def test_the_password_of_a_registration_is_nowhere_either(idp: Idp) -> None:
    hanako = Applicant(idp, new_contracts(idp, 1)[0])
    pages = [hanako.details(hanako.verify(), new_password=REFUSED, nickname="")]
    pages.append(hanako.details(pages[-1], new_password=MARKUP + "a", action="check"))
    pages.append(hanako.details(pages[-1], new_password=RIGHT))
    pages.append(hanako.send(pages[-1]))
    opened = hanako.open()
    pages += [hanako.finish(opened, password=WRONG), hanako.finish(opened, password=RIGHT)]
    assert len(hanako.accounts) == 1 and found(idp.folder, [REFUSED, MARKUP, RIGHT, WRONG]) == []
    assert not [page.url for page in pages if "Kanarienvogel" in page.text + str(page.headers)]


def test_what_opens_a_door_is_kept_as_a_fingerprint(idp: Idp) -> None:
    portal, name = idp.client(), new_name()
    idp.account(name)
    browser = Browser(idp)
    answer = answer_of(browser.sign_in(browser.authorize(portal), name))
    unused = answer_of(browser.authorize(portal))["code"]
    tokens = exchange(idp, portal, answer["code"]).json()
    exchange(idp, portal, "wrong" + unused)
    exchange(idp, {**portal, "client_secret": "wrong" + portal["client_secret"]}, unused)
    secrets = [answer["code"], unused, tokens["access_token"], tokens["id_token"], portal["client_secret"]]
    assert found(idp.folder, [*secrets, browser.cookies["idp-session"], browser.cookies["idp-browser"]]) == []
