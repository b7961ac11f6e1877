"""Whether a passkey has copies: that there may be some never changes, that there are is shown (WebAuthn Level 3 section 6.1.3)."""

from tests.passkeys.person import LIST, NO, Holder
from tests.running import Browser, Idp, answer_of
from tests.settings.member import errors, rows

COPIED, ALONE = "ほかの端末でも使えるように、保管されています。", "作った端末だけで使えます。"


def stored(idp: Idp, member: Holder) -> list[tuple]:
    """What is on record of the copies: whether there may be some, and whether there are."""
    return rows(idp, "SELECT eligible, backed_up FROM passkeys WHERE account_id = :a", a=member.subject)


def test_copies_come_and_go_and_the_member_reads_it(idp: Idp, portal: dict) -> None:
    member = Holder(idp)
    key = member.add(member.new(eligible=True))
    assert stored(idp, member) == [(1, 0)] and ALONE in member.at(LIST).text
    for copied in (True, False, True):
        key.backed_up = copied
        assert member.comes_in(portal, key) and stored(idp, member) == [(1, int(copied))]
    page = member.at(LIST).text
    assert COPIED in page and ALONE not in page


def test_one_that_may_suddenly_have_copies_or_none_is_refused_and_goes_on_as_it_was(idp: Idp, portal: dict) -> None:
    for before in (False, True):
        member = Holder(idp)
        key = member.add(member.new(eligible=before))
        key.eligible = not before
        browser = Browser(idp)
        page = member.sign_in(key, browser.authorize(portal), browser)
        assert NO in errors(page) and stored(idp, member) == [(int(before), 0)]
        assert (idp.audit("sign_in")[-1]["result"], idp.audit("sign_in")[-1]["account_id"]) == ("wrong", member.subject)
        key.eligible = before
        assert answer_of(member.sign_in(key, page, browser))["code"]


def test_of_one_that_was_made_before_it_is_noted_at_the_next_use(idp: Idp, portal: dict) -> None:
    member = Holder(idp)
    key = member.add(member.new(eligible=True))
    rows(idp, "UPDATE passkeys SET eligible = NULL WHERE account_id = :a", a=member.subject)
    assert member.comes_in(portal, key) and stored(idp, member) == [(1, 0)]
    key.eligible = False
    assert not member.comes_in(portal, key)
