"""Where codes go: entered, proven, saved, and told to old and new (flows.md 2.4, T0 to T4)."""

import pytest

from tests.running import Browser, Idp, answer_of, claims_of, exchange, form_of
from tests.settings.member import EDIT, OFF, STATUS, VERIFY, Member, errors, inside, resent, rows, title


@pytest.fixture
def hanako(idp: Idp) -> Member:
    """A member with no second factor and no destination."""
    return Member(idp)


def test_the_whole_way_on_and_off(idp: Idp, portal: dict, hanako: Member) -> None:
    page = hanako.at(STATUS)
    assert title(page) == "2要素認証の設定" and "現在の設定：無効" in page.text and "登録されていません" in page.text
    page = hanako.enter(email=hanako.mail, phone=hanako.number.replace("+81", "0"))
    assert "ふだん使う送り先を選んでください" in errors(page)
    page = hanako.send(page, usual="sms", consent="yes")
    number = hanako.number.replace("+81", "0")
    assert title(page) == "送り先の確認" and f"メール（{hanako.mail}）" in page.text, "a slip would be seen"
    assert f"SMS（{number[:3]}-{number[3:7]}-{number[7:]}）" in page.text
    page = hanako.prove(page, "email", hanako.mail)
    assert hanako.mail not in page.text and "確認できました" in page.text and "確認SMSを送る" in page.text
    page = hanako.send(page, action="save")
    assert "の確認が終わっていません" in errors(page) and rows(idp, "SELECT 1 FROM destinations WHERE account_id = :a", a=hanako.subject) == []
    page = hanako.send(hanako.prove(page, "sms", hanako.number), action="save")
    assert title(page) == "2要素認証を有効にしました"
    page = hanako.at(STATUS)
    assert "現在の設定：有効" in page.text and "ふだん使う送り先" in page.text and hanako.mail not in page.text
    told = idp.wait_for_mails(hanako.mail, 2)[1]
    assert "変更の内容：2要素認証を有効にしました" in told.get_content()
    elsewhere = Browser(idp)
    page = elsewhere.sign_in(elsewhere.authorize(portal), hanako.name)
    form = form_of(page)
    code = idp.wait_for_code(hanako.number, 2)
    answer = answer_of(elsewhere.submit(form, **{form.named("one-time-code"): code}))
    assert claims_of(exchange(idp, portal, answer["code"]).json()["id_token"])["amr"] == ["pwd", "otp", "sms"]
    page = hanako.send(hanako.at(EDIT), state="off")
    assert title(page) == "2要素認証を無効にする" and 'class="danger"' in page.text
    page = hanako.send(page)
    assert title(page) == "2要素認証を無効にしました" and "現在の設定：無効" in hanako.at(STATUS).text
    again = Browser(idp)
    assert answer_of(again.sign_in(again.authorize(portal), hanako.name))["code"], "no code is asked for"


@pytest.mark.parametrize(
    "values, said",
    [
        ({}, "1つ以上"),
        ({"email": "hanako"}, "メールアドレスの形"),
        ({"email": "ha..nako@docomo.ne.jp"}, "届かないことがある"),
        ({"email": "<b>@x"}, "メールアドレスの形"),
        ({"email": "\u202eはなこ@example.jp\u2066"}, "メールアドレスの形"),
        ({"email": "a" * 900}, "メールアドレスの形"),
        ({"phone": "090123"}, "11桁"),
        ({"phone": "0312345678"}, "SMSを受け取れません"),
        ({"phone": "05012345678"}, "SMSを受け取れません"),
        ({"phone": "<script>"}, "11桁"),
        ({"email": "hanako@example.jp", "consent": ""}, "同意にチェック"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_kept(hanako: Member, values: dict[str, str], said: str) -> None:
    page = hanako.enter(**values) if "consent" not in values else hanako.send(hanako.at(EDIT), **values)
    assert said in errors(page) and page.url.partition("?")[0].endswith(EDIT)
    assert "<b>@x" not in page.text and "<script>" not in page.text
    if values.get("email") == "hanako":
        assert form_of(page).fields["email"] == "hanako"


def test_full_width_digits_and_letters_are_taken(hanako: Member) -> None:
    wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
    page = hanako.enter(email=hanako.mail.translate(wide), phone=hanako.number.replace("+81", "0").translate(wide), usual="email")
    assert title(page) == "送り先の確認"
    assert "確認できました" in hanako.prove(page, "email", hanako.mail).text


def test_old_and_new_destinations_are_told_and_only_the_proven_one_counts(idp: Idp) -> None:
    member = Member(idp, "--email", "old@mail.example", "--second-factor", "email")
    old = f"{member.name}@old.example"
    rows(idp, "UPDATE destinations SET address = :m, address_key = :m WHERE account_id = :a", m=old, a=member.subject)
    page = member.pass_code(member.at(EDIT), old)
    assert form_of(page).fields["email"] == old
    page = member.send(page, email=member.mail, consent="yes")
    assert idp.mails(member.mail) == [], "nothing is sent before the button is pressed"
    assert rows(idp, "SELECT address FROM destinations WHERE account_id = :a", a=member.subject) == [(old,)]
    page = member.send(member.prove(page, "email", member.mail), action="save")
    assert title(page) == "2要素認証の設定を変更しました"
    assert rows(idp, "SELECT address, usual FROM destinations WHERE account_id = :a", a=member.subject) == [(member.mail, 1)]
    for address, count in ((old, 3), (member.mail, 2)):
        said = [mail.get_content() for mail in idp.wait_for_mails(address, count)]
        assert sum("認証コードの送り先を変更しました" in one for one in said) == 1
        assert sum("取消コード" in one for one in said) == (address == old)


def test_even_what_stays_has_to_be_proven_again(idp: Idp, hanako: Member) -> None:
    hanako.switch_on()
    hanako.browser = Browser(idp)
    page = hanako.pass_code(hanako.at(EDIT), hanako.mail, 2)
    assert form_of(page).fields["email"] == hanako.mail
    page = hanako.send(hanako.send(page), action="save")
    assert "の確認が終わっていません" in errors(page)


def test_a_code_is_good_for_its_destination_and_draft_only(idp: Idp, hanako: Member) -> None:
    page = hanako.enter(email=hanako.mail, phone=hanako.number.replace("+81", "0"), usual="email")
    page = hanako.send(hanako.send(page, action="send_email"), action="send_sms")
    by_mail = idp.wait_for_code(hanako.mail)
    assert "認証コードが違います" in errors(hanako.send(page, action="check", code_sms=by_mail))
    second = hanako.enter(email=hanako.mail, phone="")
    old = hanako.send(page, action="check", code_email=by_mail)
    assert old.status_code == 409 and "使えなくなりました" in old.text, "another tab has begun anew"
    assert "認証コードが違います" in errors(hanako.send(hanako.send(second, action="send_email"), action="check", code_email=by_mail))


def test_a_code_that_was_typed_counts_also_when_the_next_one_is_sent(idp: Idp, hanako: Member) -> None:
    page = hanako.enter(email=hanako.mail, phone=hanako.number.replace("+81", "0"), usual="email")
    page = hanako.send(page, action="send_email")
    wrong = hanako.send(page, action="send_sms", code_email="000000")
    assert "認証コードが違います" in errors(wrong) and "確認できました" not in wrong.text
    page = hanako.send(wrong, action="send_email", code_email="000000")
    assert "認証コードが違います" not in errors(page), "what is sent anew is not tried first"
    page = hanako.send(page, action="send_sms", code_email=idp.wait_for_code(hanako.mail))
    assert "確認できました" in page.text and form_of(page).fields.keys() >= {"code_sms"}
    assert "code_email" not in form_of(page).fields


def test_a_code_for_settings_does_not_sign_in_and_the_reverse(idp: Idp, portal: dict) -> None:
    member = Member(idp, "--email", "x@mail.example", "--second-factor", "email")
    rows(idp, "UPDATE destinations SET address = :m, address_key = :m WHERE account_id = :a", m=member.mail, a=member.subject)
    page = member.send(member.send(member.pass_code(member.at(EDIT), member.mail), consent="yes"), action="send_email")
    test_code = idp.wait_for_code(member.mail, 2)
    other = Browser(idp)
    form = form_of(other.sign_in(other.authorize(portal), member.name))
    answer = other.submit(form, **{form.named("one-time-code"): test_code})
    assert "認証コードが違います" in errors(answer)
    sign_in_code = idp.wait_for_code(member.mail, 3)
    assert "認証コードが違います" in errors(member.send(page, action="check", code_email=sign_in_code))


def test_sending_again_waits_and_ends_at_the_limit(idp: Idp, hanako: Member) -> None:
    page = hanako.enter(email=hanako.mail)
    page = hanako.send(hanako.send(page, action="send_email"), action="send_email")
    assert "から、もう一度送れます" in errors(page)
    for _ in range(5):  # a new draft waits for nobody, but the hour's limit holds
        page = hanako.send(hanako.enter(email=hanako.mail), action="send_email")
    assert "送れる回数の上限" in errors(page)
    idp.wait_for_mails(hanako.mail, 5)
    assert len(idp.mails(hanako.mail)) == 5


def test_the_operators_own_mailbox_is_offered_and_warned_of(idp: Idp, hanako: Member) -> None:
    box = f"{hanako.name}@hikari.example"
    rows(idp, "UPDATE accounts SET mailbox = :m WHERE id = :a", m=box, a=hanako.subject)
    page = hanako.at(EDIT)
    assert "ひかりネットのメール（" in page.text and box not in page.text
    page = hanako.send(page, mailbox="yes", consent="yes")
    assert "もう1つ登録してください" in page.text
    page = hanako.send(hanako.prove(page, "mailbox", box), action="save")
    assert title(page) == "2要素認証を有効にしました" and "もう1つ登録してください" in hanako.at(STATUS).text


def test_a_mailbox_that_nobody_has_cannot_be_ticked(hanako: Member) -> None:
    assert "1つ以上" in errors(hanako.enter(mailbox="yes"))


def test_verify_without_anything_entered_leads_back(hanako: Member) -> None:
    hanako.at(EDIT)
    assert hanako.browser.go(VERIFY).url.endswith(EDIT)
    assert hanako.browser.go(OFF).url.endswith(STATUS)


def test_in_english(idp: Idp, hanako: Member) -> None:
    hanako.browser = Browser(idp, **{"Accept-Language": "en"})
    page = hanako.enter(email=hanako.mail)
    assert title(page) == "Check your destinations"
    page = hanako.send(page, action="send_email")
    assert "Confirm this address" in idp.wait_for_mails(hanako.mail, 1)[0]["Subject"]
    page = hanako.send(page, action="save", code_email=idp.wait_for_code(hanako.mail))
    assert title(page) == "Two-factor authentication is on"


def test_a_code_sent_again_is_told_beside_its_destination(idp: Idp, hanako: Member) -> None:
    page = hanako.enter(email=hanako.mail, phone=hanako.number.replace("+81", "0"), usual="sms")
    page = hanako.send(hanako.send(page, action="send_email"), action="send_sms")
    early = hanako.send(page, action="send_email")
    assert "もう一度送れます" in errors(early) and not resent(early) and not resent(page)
    with inside(idp) as deps:
        deps.ephemeral.drop(f"resend:{form_of(page).fields['draft']}:email")
    again = hanako.send(page, action="send_email")
    assert resent(again) and not errors(again)
    blocks = again.text.split('<fieldset class="block">')[1:]
    assert ["もう一度送りました" in block for block in blocks] == [True, False] and hanako.mail[1:-1] not in blocks[1]
    assert idp.wait_for_code(hanako.mail, 2)


def test_a_destination_that_is_stored_is_masked_on_the_page_of_its_code(idp: Idp, hanako: Member) -> None:
    hanako.switch_on()
    new = f"{hanako.name}@new.example"
    page = hanako.send(hanako.at(EDIT), phone=hanako.number.replace("+81", "0"), usual="email")
    assert title(page) == "送り先の確認" and hanako.mail not in page.text and hanako.number[-8:-4] in page.text
    page = hanako.send(page, action="save")
    assert hanako.mail not in page.text and f"-{hanako.number[-8:-4]}-" in errors(page)
    page = hanako.send(hanako.send(hanako.at(EDIT), email=new), action="send_email")
    assert f"{new}に認証コードを送りました" in page.text


def test_what_was_probably_meant_is_said_before_a_code_goes_out(idp: Idp, hanako: Member) -> None:
    wrong, right = (f"{hanako.name}@{domain}" for domain in ("docmo.ne.jp", "docomo.ne.jp"))
    page = hanako.enter(email=wrong)
    assert f"「{right}」ではありませんか" in page.text
    assert "ではありませんか" not in hanako.prove(page, "email", wrong).text
