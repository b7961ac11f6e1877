"""Before somebody's second factor is cleared, both people read what goes, without the names that the member gave."""

from idp.services import desk_identity, factors
from idp.services.desk_identity import Caller
from idp.tables import desk_requests, passkeys
from tests.console.conftest import Built
from tests.console.people import Inside, account_of
from tests.console.test_member_pages import follow, member  # noqa: F401  # a fixture

LINE = "パスキー：Windows・Chrome（2023年11月15日作成）"


def test_both_people_read_what_goes(built: Built, staff: dict[str, Inside], member: str) -> None:  # noqa: F811
    desk, supervisor, path = staff["desk"], staff["supervisor"], f"/console/members/{member}"
    assert f"{path}/factor-off" not in desk.get(path).text, "there is nothing to clear"
    with built.deps.database.write() as connection:
        one = passkeys.Passkey(member, member, member, "pQ", 0, "usb", False, False, "母のスマホ", "windows.chrome", 1_700_000_000)
        passkeys.add(connection, one)
    assert f"{path}/factor-off" in desk.get(path).text
    desk_identity._keep(built.deps, desk.account, account_of(built.deps, member), Caller(2, built.deps.now(), "facts"))
    page = desk.get(f"{path}/factor-off")
    assert "消えるもの" in page.text and LINE in page.text and "認証アプリ</li>" not in page.text and "母のスマホ" not in page.text
    with built.deps.database.write() as connection:
        factors.set_app(connection, built.deps, member, factors.new_secret(), 0)
    assert "認証アプリ</li>" in desk.get(f"{path}/factor-off").text
    follow(desk, desk.post(f"{path}/factor-off", reason="機種変更"))
    with built.deps.database.read() as connection:
        (request,) = desk_requests.of_account(connection, member, built.deps.now())
    for at in (f"/console/requests/{request.id}", f"/console/requests/{request.id}/decide"):
        page = supervisor.get(at)
        assert LINE in page.text and "認証アプリ" in page.text and "母のスマホ" not in page.text
    page = follow(supervisor, supervisor.post(f"/console/requests/{request.id}/decide", decision="approved", reason="確認した"))
    assert "承認し、実行しました。" in page.text and LINE not in page.text
    with built.deps.database.read() as connection:
        assert passkeys.count(connection, member) == 0
