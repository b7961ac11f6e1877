"""The card to print: what stands on it, and what never does."""

from tests.running import PASSWORD, Browser, Idp
from tests.settings.member import Member

CARD = "/account/card"


def test_it_holds_login_id_address_and_telephone_and_no_password(idp: Idp) -> None:
    member = Member(idp)
    page = member.at(CARD)
    card = page.text[page.text.index('<section class="card">') : page.text.index("</section>")]
    for wanted in (member.name, idp.issuer + "/", "0120-000-000", 'class="room"'):
        assert wanted in card
    assert PASSWORD not in page.text and member.mail not in page.text and "<form" not in page.text
    assert f'href="{CARD}"' in member.at("/account").text


def test_it_leads_to_the_portal_that_the_member_came_from(idp: Idp) -> None:
    client = idp.client(client_name="ポータル", client_uri="https://portal.example/mine")
    page = Member(idp).at(f"{CARD}?client_id={client['client_id']}")
    assert "<dd>https://portal.example/mine</dd>" in page.text


def test_nobody_sees_it_without_signing_in(idp: Idp) -> None:
    assert "current-password" in Browser(idp).go(CARD).text
