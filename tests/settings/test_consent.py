"""Consent to how addresses are handled: asked once, and again when the text has changed (portals P-15)."""

from pathlib import Path

from tests import running, services
from tests.running import Browser, Idp, form_of
from tests.settings.member import EDIT, Member, errors, rows, title

AGREED = "SELECT kind, version, address FROM agreements WHERE account_id = :a ORDER BY id"


def installed(folder: Path, stores: tuple[str, str], port: int, link: str) -> Idp:
    """An installation whose operator links to this text."""
    return running.configure(folder, *stores, port, f'[brand]\nprivacy_url = "{link}"\n')


def test_it_is_asked_once_and_again_when_the_text_changes(tmp_path: Path, store_urls: tuple[str, str]) -> None:
    port = services.free_port()
    idp = installed(tmp_path, store_urls, port, "https://www.example.jp/privacy")
    with running.serving(idp):
        member = Member(idp)
        page = member.at(EDIT)
        assert 'href="https://www.example.jp/privacy"' in page.text and 'name="consent"' in page.text
        page = member.send(page, email=member.mail)
        assert "同意にチェック" in errors(page) and form_of(page).fields["email"] == member.mail
        page = member.send(page, consent="yes")
        assert rows(idp, AGREED, a=member.subject) == [], "not before it is saved"
        member.send(member.prove(page, "email", member.mail), action="save")
        first = rows(idp, AGREED, a=member.subject)
        assert [(kind, address) for kind, _, address in first] == [("privacy", "127.0.0.1")]
        page = member.at(EDIT)
        assert 'name="consent"' not in page.text
        page = member.send(page, phone=member.number.replace("+81", "0"), usual="sms")
        member.send(member.prove(member.prove(page, "email", member.mail, 2), "sms", member.number), action="save")
        assert rows(idp, AGREED, a=member.subject) == first
    idp = installed(tmp_path, store_urls, port, "https://www.example.jp/privacy-2")
    with running.serving(idp):
        member.browser = Browser(idp)
        page = member.at(EDIT)
        form = form_of(page)
        page = member.browser.submit(form, **{form.named("one-time-code"): idp.wait_for_code(member.number, 2)})
        assert 'name="consent"' in page.text
        assert "同意にチェック" in errors(member.send(page))
        page = member.send(member.browser.go(EDIT), consent="yes", phone="")
        assert title(page) == "送り先の確認"
        member.send(member.prove(page, "email", member.mail, 3), action="save")
        versions = [version for _, version, _ in rows(idp, AGREED, a=member.subject)]
        assert len(set(versions)) == 2
