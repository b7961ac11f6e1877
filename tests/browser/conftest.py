"""One installation, one portal and one browser for all tests of a worker."""

from typing import Any, Callable, ContextManager, Iterator

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Playwright, ViewportSize

from idp import app, config
from idp.cli import root
from idp.services import factors
from idp.tables import accounts
from tests import running, services
from tests.browser import visitor
from tests.browser.relying_party import RelyingParty, running_party
from tests.browser.visitor import APP_SECRET, LETTER_PASSWORD, PHONE, Visitor
from tests.running import Idp

LETTERS = 2  # first passwords that tests replace
BRAND = """[brand]
name = "My ひかりページ"
privacy_url = "https://www.example.jp/privacy"
accessibility_url = "https://www.example.jp/accessibility"
terms_url = "https://www.example.jp/terms"
"""


@pytest.fixture(scope="session")
def idp(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Idp]:
    """`idp serve` on the embedded stores."""
    folder = tmp_path_factory.mktemp("idp")
    installed = running.configure(folder, *running.stores("embedded", folder, request), services.free_port(), BRAND)
    with running.serving(installed):
        yield installed


@pytest.fixture(scope="session")
def party(idp: Idp) -> Iterator[RelyingParty]:
    """The portal, registered as the operator's own and as a third party."""
    with running_party(idp) as portal:
        portal.register("own")
        links = {"policy_uri": f"{portal.address}/privacy", "tos_uri": f"{portal.address}/terms"}
        portal.register("third", client_name="ポイント＆クーポン", first_party=False, **links)
        yield portal


@pytest.fixture(scope="session")
def members(idp: Idp) -> dict[str, str]:
    """Login IDs by kind; `letter1` … are for tests that use them up."""
    letters = {f"letter{n or ''}": f"letter-{n}" for n in range(LETTERS + 1)}
    names = {"member": "hanako01", "suspended": "jiro-stop", "keyed": "saburo03", **letters}

    def run(*arguments: str, stdin: str = "") -> None:
        # in this process: a process for each account takes longer than all the tests of a page
        done = CliRunner().invoke(root, ["--config", str(idp.config), "account", *arguments], input=stdin)
        assert done.exit_code == 0, done.output

    for kind, name in names.items():
        letter = ["--letter"] if kind.startswith("letter") else []
        password = LETTER_PASSWORD if letter else running.PASSWORD
        run("add", "--login-id", name, "--nickname", "はなこ", *letter, "--password-stdin", stdin=password)
    run("lock", names["suspended"])
    deps = app.open_deps(*config.load(str(idp.config)), migrate=False)
    with deps.database.write() as connection:
        keyed = accounts.by_login_id(connection, names["keyed"])
        assert keyed
        factors.set_app(connection, deps, keyed.id, APP_SECRET, 0)
        accounts.change(connection, keyed.id, deps.now(), second_factor=1)
    app.close_deps(deps)
    return names


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium of this machine."""
    chromium = playwright.chromium.launch(executable_path=visitor.chromium_path(), args=visitor.FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def new_visit(browser: Browser, party: RelyingParty, members: dict[str, str]) -> Callable[..., ContextManager[Visitor]]:
    """Opens a visit by language, size of the screen and other options of the browser; in Japanese on a phone by default."""

    def begin(locale: str = "ja-JP", size: ViewportSize = PHONE, **options: Any) -> ContextManager[Visitor]:
        return visitor.visit(browser, party, members, locale, size, **options)

    return begin
