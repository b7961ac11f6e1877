"""The letter from print file to first sign-in: what is printed signs in, must be replaced, and voids the letter before."""

from tests.accounts.printed import letter
from tests.running import PASSWORD, Browser, Idp, answer_of, exchange, form_of, new_name


def test_the_printed_password_signs_in_once_and_must_be_replaced(idp: Idp, portal: dict) -> None:
    name = new_name()
    idp.account(name)
    signed_in = Browser(idp)
    assert "code" in answer_of(signed_in.sign_in(signed_in.authorize(portal), name))
    lost, printed = letter(idp, name), letter(idp, name)
    assert answer_of(signed_in.authorize(portal, prompt="none"))["error"] == "login_required", "the session has ended"
    browser = Browser(idp)
    page = browser.authorize(portal)
    for void in (PASSWORD, lost):
        page = browser.sign_in(page, name, void)
        assert "current-password" in form_of(page).tokens
    form = form_of(browser.sign_in(page, name, printed))
    assert set(form.tokens) >= {"new-password", "username"} and "current-password" not in form.tokens
    same = browser.submit(form, **{form.named("new-password"): printed})
    assert "new-password" in form_of(same).tokens
    done = browser.submit(form, **{form.named("new-password"): PASSWORD + "2"})
    assert exchange(idp, portal, answer_of(done)["code"]).status_code == 200
    other = Browser(idp)
    page = other.sign_in(other.authorize(portal), name, printed)
    assert "current-password" in form_of(page).tokens, "the letter is void"
    assert "code" in answer_of(other.sign_in(page, name, PASSWORD + "2"))
