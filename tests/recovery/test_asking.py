"""A forgotten login ID, and a new password: the ways that end well (flows.md 2.6, 2.7)."""

from tests.recovery.person import NEW, Person, errors, title
from tests.running import PASSWORD, Idp


def test_the_login_id_goes_to_the_mail_that_was_proven(idp: Idp, person: Person) -> None:
    person.join()
    page = person.fill("id")
    assert title(page) == "入力内容の確認" and "1958年（昭和33年）4月1日" in page.text and "ログインIDを確認する" in page.text
    page = person.send(page)
    assert title(page) == "お知らせの受付が終わりました" and "5〜10分" in page.text and "書面" in page.text
    (mail,) = idp.wait_for_mails(person.mail, 1)
    said = mail.get_content()
    assert f"ログインID：{person.name}" in said and "http" not in said and "山田" not in said and str(person.contract.number) not in said


def test_the_login_id_by_sms(idp: Idp, person: Person) -> None:
    person.join()
    person.ask("id", "sms")
    assert person.results() == ["ok"]


def test_a_new_password_by_mail(idp: Idp, person: Person) -> None:
    person.join()
    person.ask("pw")
    page = person.browser.go(person.link())
    assert title(page) == "新しいパスワードの設定" and "/reset/" not in page.url and f'value="{person.name}"' in page.text
    page = person.set(page)
    assert title(page) == "パスワードを再設定しました"
    assert errors(person.sign_in(PASSWORD)) and not errors(person.sign_in(NEW))


def test_a_new_password_by_the_code_of_an_sms(idp: Idp, person: Person) -> None:
    person.join()
    page = person.type_code(person.ask("pw", "sms"))
    assert title(person.set(page)) == "パスワードを再設定しました"
    assert not errors(person.sign_in(NEW))


def test_the_login_id_alone_is_enough_for_a_new_password(idp: Idp, person: Person) -> None:
    person.join()
    person.ask_by_name()
    assert title(person.set(person.browser.go(person.link()))) == "パスワードを再設定しました"


def test_what_is_no_address_is_not_called_empty_and_a_company_is_asked_for_its_name(person: Person) -> None:
    odd = errors(person.fill(isp_mail="ｈanako"))
    assert "メールアドレスの形で入力" in odd and "ひかりネットのメールアドレスを入力" not in odd
    assert "のメールアドレスを入力してください" in errors(person.fill(isp_mail=""))
    company = errors(person.fill(type="corporate", corporate_name=""))
    assert "会社名・団体名を入力" in company and "ご契約者名を" not in company
