"""One installation, one portal and one browser for all tests of a worker."""

from contextlib import ExitStack
from typing import Any, Callable, ContextManager, Iterator

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Playwright, ViewportSize

from idp import config, parts
from idp.cli import root
from idp.domain.client import DEVICE_CODE
from idp.services import factors
from idp.tables import accounts
from idp.tables import factors as factor_tables
from tests import running, services
from tests.browser import visitor
from tests.browser.relying_party import RelyingParty, running_party
from tests.browser.visitor import APP_SECRET, LETTER_PASSWORD, PHONE, Visitor
from tests.running import Idp

LANGUAGES = {"ja": "ja-JP", "en": "en-GB"}
LETTERS = 2  # first passwords that tests replace
BRAND = """[brand]
name = "My ひかりページ"
privacy_url = "https://www.example.jp/privacy"
accessibility_url = "https://www.example.jp/accessibility"
terms_url = "https://www.example.jp/terms"
"""
# one member gets more codes than anybody would need, and one page offers the second factor
POLICY = {
    "second_factor": {"mode": '"recommended"'},
    "codes": dict.fromkeys(("per_destination_per_hour", "per_account_per_hour", "per_account_per_day"), "100"),
}


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """`idp serve` on the embedded stores."""
    folder = tmp_path_factory.mktemp("idp")
    installed = running.configure(folder, "sqlite:///idp.db", "sqlite:///ephemeral.db", services.free_port(), BRAND, policy=POLICY)
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="session")
def party(idp: Idp) -> Iterator[RelyingParty]:
    """The portal, registered as the operator's own and as a third party."""
    with running_party(idp) as portal:
        portal.register("own", post_logout_redirect_uris=[f"{portal.address}/own/out"])
        links = {"policy_uri": f"{portal.address}/privacy", "tos_uri": f"{portal.address}/terms"}
        portal.register("third", client_name="ポイント＆クーポン", first_party=False, **links)
        tv = {"grant_types": [DEVICE_CODE, "refresh_token"], "token_endpoint_auth_method": "none"}
        portal.register("tv", client_name="ひかりテレビボックス", **tv)
        yield portal


@pytest.fixture(scope="session")
def members(idp: Idp) -> dict[str, str]:
    """Login IDs by kind; `letter1` … are for tests that use them up."""
    letters = {f"letter{n or ''}": f"letter-{n}" for n in range(LETTERS + 1)}
    names = {"member": "hanako01", "suspended": "jiro-stop", "keyed": "saburo03", "offered": "goro05", "mailed": "kenji09", "passkeyed": "midori10", **letters}
    coded = {"coded": "shiro04", "several": "nanako07", "stranded": "rokuro06"}
    forgetful = "wasure08"

    def run(*arguments: str, stdin: str = "") -> None:
        # in this process: a process for each account takes longer than all the tests of a page
        done = CliRunner().invoke(root, ["--config", str(idp.config), "account", *arguments], input=stdin)
        assert done.exit_code == 0, done.output

    for kind, name in names.items():
        letter = ["--letter"] if kind.startswith("letter") else []
        password = LETTER_PASSWORD if letter else running.PASSWORD
        run("add", "--login-id", name, "--nickname", "はなこ", *letter, "--password-stdin", stdin=password)
    run("lock", names["suspended"])
    for name in coded.values():
        more = ("--email", f"{name}@mail.example.ne.jp", "--phone", "09012345678", "--second-factor", "sms")
        run("add", "--login-id", name, *more, "--password-stdin", stdin=running.PASSWORD)
    mail = ("--email", f"{forgetful}@mail.example.ne.jp")
    run("add", "--login-id", forgetful, *mail, "--password-stdin", stdin=running.PASSWORD)
    deps = parts.open_deps(*config.load(str(idp.config)), migrate=False)
    with deps.database.write() as connection:
        for login_id in [*names.values(), *coded.values()]:
            account = accounts.by_login_id(connection, login_id)
            assert account
            accounts.change(connection, account.id, deps.now(), offered_at=deps.now(), passkey_offered_at=deps.now())
            if login_id in (names["keyed"], coded["several"]):
                factors.set_app(connection, deps, account.id, APP_SECRET, 0)
                factors.new_codes(connection, deps, account.id)
                accounts.change(connection, account.id, deps.now(), second_factor=1)
            if login_id == names["mailed"]:
                mail = "kenji-no-nagai-namae@mail.example.ne.jp"
                accounts.change(connection, account.id, deps.now(), mailbox=f"{login_id}@hikari.example", email_login=mail, email_login_key=mail)
            if login_id == coded["stranded"]:
                factor_tables.replace_destinations(connection, account.id, [], deps.now())
    parts.close_deps(deps)
    return names | coded | {"forgetful": forgetful}


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium of this machine."""
    chromium = playwright.chromium.launch(executable_path=visitor.chromium_path(), args=visitor.FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def visitors(browser: Browser, party: RelyingParty, members: dict[str, str]) -> Iterator[dict[str, Visitor]]:
    """One for each language, for all pages: a new profile for every page costs three times as much."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(visitor.visit(browser, party, members, tag)) for name, tag in LANGUAGES.items()}


@pytest.fixture
def new_visit(browser: Browser, party: RelyingParty, members: dict[str, str]) -> Callable[..., ContextManager[Visitor]]:
    """Opens a visit by language, size of the screen and other options of the browser; in Japanese on a phone by default."""

    def begin(locale: str = "ja-JP", size: ViewportSize = PHONE, **options: Any) -> ContextManager[Visitor]:
        return visitor.visit(browser, party, members, locale, size, **options)

    return begin
