"""What operators may decide: code or link by SMS, a short host, the proof, the quick way, the boxes of the password."""

import re
from pathlib import Path

import pytest
import requests

from tests import running, services
from tests.recovery.person import CONTRACTS, Contract, Person, errors, table, title
from tests.running import Idp, form_of

SHORT = "https://s.example.jp"


def installed(folder: Path, policy: dict[str, dict[str, str]], extra: str = "") -> Idp:
    """An installation with these changes of the policy, and the contracts."""
    idp = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), extra, policy=policy)
    (folder / "contracts.csv").write_text(table(), encoding="utf-8")
    idp.run("migrate")
    idp.within("contractor", "import", str(folder / "contracts.csv"))
    return idp


def other_host(idp: Idp, path: str, host: str = "s.example.jp", method: str = "GET") -> requests.Response:
    """A request that came over the short host."""
    return requests.request(method, idp.issuer + path, headers={"Host": host}, allow_redirects=False, timeout=20)


def test_a_link_by_sms_over_a_short_host(tmp_path: Path) -> None:
    idp = installed(tmp_path, {"recovery": {"sms_reset": '"both"'}}, f'[sms]\nlink_url = "{SHORT}"\n')
    with running.serving(idp):
        hanako = Person(idp, CONTRACTS[-1]).join()
        page = hanako.ask("pw", "sms")
        assert "one-time-code" in page.text and f"「{SHORT}/」で始まります" in page.text
        services.wait_until(lambda: len(idp.short_messages(hanako.number)) == 2)
        said = "\n".join(idp.short_messages(hanako.number))
        (token,) = re.findall(rf"再設定\(10分\)\n{SHORT}/([a-z0-9]{{26}})", said)
        for path in (f"/{token}", f"/reset/{token}"):
            answer = other_host(idp, path)
            assert (answer.status_code, answer.headers["Location"]) == (303, f"{idp.issuer}/reset/{token}")
            assert answer.headers["Referrer-Policy"] == "no-referrer" and "Set-Cookie" not in answer.headers
        assert other_host(idp, f"/{token}", method="HEAD").status_code == 303
        closed = ("/", "/login/x", "/recovery/password", "/token/x", f"/r/{token}", "/a.b", "/%2e%2e", "/" + "x" * 65)
        assert {path: other_host(idp, path).status_code for path in closed} == dict.fromkeys(closed, 421)
        assert other_host(idp, "/login").headers["Location"] == f"{idp.issuer}/reset/login", "nothing is told of our pages"
        assert other_host(idp, f"/{token}", method="POST").status_code == 421
        assert other_host(idp, f"/{token}", host="evil.example").status_code == 421
        assert title(hanako.set(hanako.browser.go(f"/r/{token}"))) == "パスワードを再設定しました"
        assert title(hanako.type_code(page)) == "もう一度お手続きください", "the code of the same request is dead with it"


def test_where_links_are_sent_by_sms_there_is_no_box(tmp_path: Path) -> None:
    extra = f'[sms]\nlink_url = "{SHORT}"\n'
    idp = installed(tmp_path, {"recovery": {"sms_reset": '"link"'}, "password": {"ask_twice": "true"}}, extra)
    with running.serving(idp):
        hanako = Person(idp, CONTRACTS[-1]).join()
        page = hanako.ask("pw", "sms")
        assert "one-time-code" not in page.text and hanako.results() == ["ok"]
        services.wait_until(lambda: idp.short_messages(hanako.number))
        page = hanako.browser.go("/r/" + idp.short_messages(hanako.number)[0].rpartition("/")[2].strip())
        assert "パスワード（もう一度）" in page.text
        assert "同じではありません" in errors(hanako.send(page, new_password="Sumire8Kawa", new_password_again="Sumire8Kawb"))
        page = hanako.send(page, new_password="Sumire8Kawa", new_password_again="Sumire8Kawa")
        assert title(page) == "パスワードを再設定しました"


PROOF = '["customer_number", "phone", "kana_name|kanji_name"]'


def test_another_proof_without_login_ids_or_quick_way(tmp_path: Path) -> None:
    changes = {"individual": PROOF, "corporate": PROOF, "username": "false", "by_login_id": "false"}
    idp = installed(tmp_path, {"recovery": changes})
    with running.serving(idp):
        contract: Contract = CONTRACTS[-1]
        hanako = Person(idp, contract).join()
        page = hanako.browser.go("/recovery?kind=id")
        assert title(page) == "パスワードの再設定" and 'name="login_id"' not in page.text and 'type="radio" name="kind"' not in page.text
        assert len(re.findall('name="kana_name"|name="family_name"|name="phone"|name="customer_number"', page.text)) == 4
        given = {"type": "individual", "customer_number": f"000{contract.number}", "dest": "mail"}
        given |= {"phone": f"(0748){contract.number // 10000:02}ー{contract.number % 10000:04}", "family_name": f"山田 花子{contract.letters}"}
        page = hanako.send(hanako.browser.submit(form_of(page), **given))
        assert title(page) == "お知らせの受付が終わりました" and hanako.results() == ["ok"]
        refused = hanako.browser.submit(hanako.open("pw"), kind="id", by="login_id", login_id=hanako.name, dest="mail", type="individual")
        assert "内容を選んで" in refused.text and "ログインIDを入力" not in refused.text
        assert title(hanako.browser.go(hanako.link())) == "新しいパスワードの設定"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('link_url = "http://s.example.jp"', "http is allowed only for localhost"),
        ('link_url = "https://s.example.jp/r"', "without a path"),
        ('link_url = "http://localhost:8000"', "write a host of its own"),
    ],
)
def test_a_short_host_that_would_not_do_is_told_at_the_start(tmp_path: Path, line: str, said: str) -> None:
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000, f"[sms]\n{line}\n")
    done = idp.run("check", check=False)
    assert done.returncode != 0 and said in done.stdout + done.stderr


def test_a_link_too_long_for_an_sms_is_told_at_the_start(tmp_path: Path) -> None:
    extra = '[brand]\nname = "ひかりネットのマイページ"\n'
    policy = {"recovery": {"sms_reset": '"link"'}}
    idp = running.configure(tmp_path, "sqlite:///idp.db", "sqlite:///ephemeral.db", 8000, extra, policy=policy)
    done = idp.run("check", check=False)
    assert "sms.reset.link (ja)" in done.stdout and "sms.link_url" in done.stdout
