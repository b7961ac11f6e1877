"""Making, naming and removing passkeys: once, fresh, told, and refused where it is none (requirements MF-07, MF-10)."""

import json
from typing import Any, Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.tables import passkeys
from tests.journeys.test_codes_under_attack import together, twin
from tests.passkeys.authenticator import AT, BS, EDDSA, ES256, RS256, UP, UV, Authenticator, cose, text
from tests.passkeys.person import ADD, LIST, Holder, give, holder, options_of
from tests.running import Browser, Idp, answer_of, form_of
from tests.settings.member import age, errors, inside, rows, title

REFUSED = "パスキーを追加できませんでした"


def test_a_passkey_is_made_named_told_and_removed(idp: Idp, portal: dict) -> None:
    member = Holder(idp, "--email", "keyholder@mail.example")
    page = member.at(ADD)
    options, key = options_of(page), member.new()
    assert options["rp"] == {"id": "localhost", "name": options["rp"]["name"]} and options["attestation"] == "none"
    assert options["authenticatorSelection"] == {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [ES256, EDDSA, RS256] and len(options["challenge"]) >= 43
    page = give(member.browser, page, key.make(options), name=form_of(page).fields["name"])
    assert "パスキーを追加しました" in page.text and page.url.startswith(idp.issuer + LIST)
    assert options_of(member.at(ADD))["excludeCredentials"] == [{"type": "public-key", "id": text(key.id), "transports": ["internal", "hybrid"]}]
    [(key_id, name)] = member.stored()
    assert name and name in page.text and "まだ使われていません" in page.text
    assert "パスキーの名前を変更しました" in member.send(member.at(f"{LIST}/{key_id}"), name="  母のスマホ 😀 ").text
    assert member.stored() == [(key_id, "母のスマホ 😀")]
    assert member.comes_in(portal, key)
    assert "最後に使用：" in member.at(LIST).text
    assert "パスキーを削除しました" in member.send(member.at(f"{LIST}/{key_id}/remove")).text
    assert member.stored() == [] and not member.comes_in(portal, key)
    told = [mail.get_content() for mail in idp.wait_for_mails("keyholder@mail.example", 2)]
    assert "パスキーを追加しました" in told[0] and "パスキーを削除しました" in told[1] and all("端末：" in one and "年" in one for one in told)
    changes = [json.loads(row["detail"])["what"] for row in idp.audit("second_factor_changed") if row["account_id"] == member.subject]
    assert changes == ["passkey_added", "passkey_removed"]


def test_adding_and_removing_ends_what_else_is_open(idp: Idp, portal: dict) -> None:
    member = Holder(idp)
    other = Browser(idp)
    answer_of(other.sign_in(other.authorize(portal), member.name))
    member.add()
    assert "current-password" in other.authorize(portal).text and title(member.at(LIST)) == "パスキー"
    answer_of(other.sign_in(other.authorize(portal), member.name))
    member.send(member.at(f"{LIST}/{member.stored()[0][0]}/remove"))
    assert "current-password" in other.authorize(portal).text


def test_an_old_session_changes_nothing(idp: Idp) -> None:
    member, _ = holder(idp)
    [(key_id, name)] = member.stored()
    paths = (ADD, f"{LIST}/{key_id}", f"{LIST}/{key_id}/remove")
    csrf = form_of(member.at(ADD)).fields["csrf"]
    age(idp, member.browser, 3_600)
    assert title(member.browser.go(LIST)) == "パスキー", "to look, being signed in is enough"
    for path in paths:
        assert "current-password" in member.browser.go(path).text, path
        sent = {"csrf": csrf, "name": "thief", "credential": "{}"}
        answer = member.browser.post(idp.issuer + path, data=sent, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
        assert answer.headers["Location"].startswith("/login"), path
    assert member.stored() == [(key_id, name)]


def test_nobody_touches_another_members_passkey(idp: Idp) -> None:
    member, _ = holder(idp)
    thief = Holder(idp)
    thief.at(ADD)
    [(key_id, name)] = member.stored()
    csrf = form_of(thief.at(ADD)).fields["csrf"]
    for path in (f"{LIST}/{key_id}", f"{LIST}/{key_id}/remove", f"{LIST}/nobody", f"{LIST}/a.b", f"{LIST}/{'a' * 65}"):
        assert thief.browser.go(path).status_code == 404, path
        answer = thief.browser.post(idp.issuer + path, data={"csrf": csrf, "name": "thief"}, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 404, path
    assert member.stored() == [(key_id, name)]


@pytest.mark.parametrize("name, said", [("a" * 41, "40文字まで"), ("\u202eabc", "使えない文字"), ("a\u200bb", "使えない文字")], ids=["long", "bidi", "invisible"])
def test_what_cannot_be_a_name_is_told(idp: Idp, name: str, said: str) -> None:
    member, _ = holder(idp)
    [(key_id, old)] = member.stored()
    assert said in errors(member.send(member.at(f"{LIST}/{key_id}"), name=name))
    page = member.at(ADD)
    assert said in errors(give(member.browser, page, member.new().make(options_of(page)), name=name))
    assert member.stored() == [(key_id, old)]


Make = Callable[[Authenticator, dict[str, Any]], Any]


def _other_key(key: Any, alg: int, **changes: Any) -> Make:
    return lambda device, options: device.make(options, key=cose(key, alg) | {int(name): value for name, value in changes.items()})


P256, P384, SMALL = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)
THREE = rsa.generate_private_key(3, 2048)
WRONG: dict[str, Make] = {
    "another site's origin": lambda key, options: key.make(options, origin="https://evil.example"),
    "in a frame of another site": lambda key, options: key.make(options, crossOrigin=True),
    "another site's key": lambda key, options: Authenticator(key.origin, "evil.example").make(options),
    "no user verified": lambda key, options: key.make(options, flags=UP | AT),
    "no user present": lambda key, options: key.make(options, flags=UV | AT),
    "no key": lambda key, options: key.make(options, flags=UP | UV),
    "a copy where there can be none": lambda key, options: key.make(options, flags=UP | UV | AT | BS),
    "a challenge of nobody": lambda key, options: key.make({**options, "challenge": text(b"x" * 32)}),
    "the type of a sign-in": lambda key, options: key.make(options, kind="webauthn.get"),
    "algorithm none": _other_key(P256, 0),
    "an algorithm that nobody asked for": _other_key(P384, -35),
    "an algorithm that there is not": _other_key(P256, -99_999),
    "an algorithm that is a text": _other_key(P256, ES256, **{"3": "none"}),
    "a curve that ES256 does not have": _other_key(P384, ES256),
    "a point that is on no curve": _other_key(P256, ES256, **{"-2": b"\x01" * 32}),
    "a key of another kind": _other_key(P256, EDDSA),
    "a small RSA key": _other_key(SMALL, RS256),
    "an exponent of three": _other_key(THREE, RS256),
    "a huge RSA key": lambda key, options: key.make(options, key={1: 3, 3: RS256, -1: b"\xff" * 4_096, -2: b"\x01\x00\x01"}),
    "broken CBOR for a key": lambda key, options: key.make(options, key=b"\xa5\x01"),
    "endless CBOR for a key": lambda key, options: key.make(options, key=b"\x9b" + b"\x7f" * 8),
    "deep CBOR for a key": lambda key, options: key.make(options, key=b"\x81" * 8_000),
    "a list for a key": lambda key, options: key.make(options, key=[1, 2]),
    "an attestation that nobody asked for": lambda key, options: key.make(options, fmt="packed", statement={"alg": -7, "sig": b"x", "x5c": [b"x"]}),
    "an attestation of another kind": lambda key, options: key.make(options, fmt="tpm"),
    "a false word of its own": lambda key, options: key.make(options, fmt="packed", statement={"alg": -7, "sig": b"x"}),
    "two ids": lambda key, options: {**key.make(options), "id": text(b"x" * 32), "rawId": text(b"x" * 32)},
    "a foreign type": lambda key, options: {**key.make(options), "type": "password"},
    "an endless id": lambda key, options: Authenticator(key.origin, id=b"x" * 1_024).make(options),
    "no attestation": lambda key, options: {**key.make(options), "response": {"clientDataJSON": ""}},
    "CBOR that is none": lambda key, options: {**key.make(options), "response": key.make(options)["response"] | {"attestationObject": text(b"\xff")}},
    "no JSON": lambda key, options: "{",
    "nothing": lambda key, options: "",
    "null": lambda key, options: None,
}


@pytest.fixture(scope="module")
def kept(idp: Idp) -> Holder:
    """One member for all the wrong ones."""
    return Holder(idp)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_passkey_for_us_is_refused(kept: Holder, what: str) -> None:
    page = kept.at(ADD)
    answer = give(kept.browser, page, WRONG[what](kept.new(), options_of(page)))
    assert answer.status_code == 200 and REFUSED in errors(answer), what
    assert kept.stored() == []


def test_a_credential_is_registered_once_whoever_has_it(idp: Idp) -> None:
    member, key = holder(idp)
    thief = Holder(idp)
    for one in (thief, member):
        page = one.at(ADD)
        copy = Authenticator(idp.issuer, id=key.id)
        assert REFUSED in errors(give(one.browser, page, copy.make(options_of(page))))
    assert thief.stored() == [] and len(member.stored()) == 1
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=thief.subject) == [(0,)], "and nothing has ended"


def test_of_sixteen_answers_one_is_registered(idp: Idp) -> None:
    member = Holder(idp)
    page = member.at(ADD)
    made = [member.new().make(options_of(page)) for _ in range(16)]
    found = together([lambda one=twin(member.browser), said=said: give(one, page, said) for said in made])
    assert len(member.stored()) == 1 and all(one.status_code < 500 for one in found)
    assert rows(idp, "SELECT epoch FROM accounts WHERE id = :a", a=member.subject) == [(1,)]


def test_no_more_than_so_many(idp: Idp) -> None:
    member, _ = holder(idp)
    with inside(idp) as deps, deps.database.write() as connection:
        most = deps.policy.second_factor.passkeys_most
        assert most == 10
        [one] = passkeys.of_account(connection, member.subject)
        for number in range(most - 2):
            passkeys.add(connection, passkeys.Passkey(**{**vars(one), "id": f"{member.name}{number}", "credential_id": f"{member.name}{number}"}))
    member.add()
    assert "上限です" in member.at(LIST).text
    page = member.at(ADD)
    assert "上限です" in errors(give(member.browser, page, member.new().make(options_of(page))))
    assert len(member.stored()) == most
