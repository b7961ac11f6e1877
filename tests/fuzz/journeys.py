"""Whole journeys in any order of steps: Back, twice, stale, in another browser, with right and wrong answers.

What is looked at after each step: nothing breaks; a portal gets a code only for whom this browser has proven with every factor
that its member has, since the last time that the account was taken back; what may happen once happens once; what has ended stays so.
"""

import base64
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy.exc import NoResultFound

from idp.services import links
from idp.tables import accounts
from tests import running
from tests.fuzz.house import BUTTONS, CLIENTS, LATE, MEMBERS, NEW, PATHS, Redeemed, installation
from tests.input.inside import Visitor
from tests.input.wire import Answer, Page, Request
from tests.outgoing_code import code_of
from tests.running import CALLBACK, VERIFIER, claims_of

BROWSERS, INDEX = st.sampled_from((0, 1)), st.integers(0, 10_000)


class Journeys(RuleBasedStateMachine):
    """Two browsers, and everything that they have ever been shown."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = installation()
        self.inside.rewind()
        self.visitors = [Visitor(self.inside, f"203.0.113.{n}") for n in range(2)]
        self.proven: list[set[tuple[str, str]]] = [set(), set()]
        self.passwords = dict.fromkeys(MEMBERS, running.PASSWORD)
        self.ids = {name: self.account(name).id for name in MEMBERS}
        self.epochs = {name: self.account(name).epoch for name in MEMBERS}
        self.pages: list[Page] = []
        self.finished: set[str] = set()
        self.links: dict[str, str] = {}  # journey by which it was opened → link
        self.spent: set[str] = set()
        self.grants: list[Redeemed] = []

    def account(self, name: str) -> Any:
        """The member as stored."""
        with self.inside.deps.database.read() as connection:
            return accounts.by_login_id(connection, name)

    def code(self) -> str:
        """The newest code sent to the member who has a second factor."""
        try:
            return code_of(self.inside.deps, self.ids["coded"])
        except (NoResultFound, IndexError):
            return "000000"

    def seen(self, browser: int, answer: Answer, journey: str = "") -> None:
        """Look at an answer, keep its form, redeem its code."""
        assert answer.status < 500, (answer.status, answer.url)
        if answer.status == 200 and "<form" in answer.text:
            self.pages.append(self.visitors[browser].page(answer))
        to = answer.header("Location")
        if not to.startswith(CALLBACK) or "code" not in (found := parse_qs(urlsplit(to).query)):
            return
        assert journey not in self.finished, "a journey that has ended led to a second code"
        if journey:
            self.finished.add(journey)
        client = {"/callback": "portal", "/callback/third": "third", "/callback/app": "app"}[urlsplit(to).path]
        self.redeem(browser, client, found["code"][0])

    def redeem(self, browser: int, name: str, code: str) -> None:
        """Redeem a code for the first time: whose it is says which factors this browser must have shown."""
        client = getattr(self.inside, name)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client["redirect_uris"][0], "code_verifier": VERIFIER}
        form |= {key: client[key] for key in ("client_id", "client_secret") if key in client}
        answer = self.token(form)
        assert answer.status == 200, answer.text
        told = answer.json()
        (member,) = [member for member, subject in self.ids.items() if subject == claims_of(told["id_token"])["sub"]]
        assert ("password", member) in self.proven[browser], f"{member} has not signed in here"
        assert member != "coded" or ("code", member) in self.proven[browser], "no second factor"
        self.grants.append(Redeemed(form, name, member, [told[key] for key in ("refresh_token",) if key in told]))

    def token(self, form: dict[str, str]) -> Answer:
        """One request to the token endpoint."""
        headers: tuple[tuple[str, str], ...] = ()
        if form["client_id"] == self.inside.third["client_id"]:  # which proves itself by a header
            pair = f"{form['client_id']}:{self.inside.third['client_secret']}"
            headers = (("Authorization", "Basic " + base64.b64encode(pair.encode()).decode()),)
            form = {key: value for key, value in form.items() if not key.startswith("client_")}
        answer = self.inside.call(Request("POST", "/token", body=urlencode(form).encode(), headers=headers))
        assert answer.status in (200, 400, 401), (answer.status, answer.text)
        return answer

    def taken_back(self, browser: int | None, journey: str, typed: dict[str, str]) -> None:
        """Whether that step has raised an account's epoch; then nothing of before counts."""
        for name in MEMBERS:
            if (epoch := self.account(name).epoch) == self.epochs[name]:
                continue
            self.epochs[name] = epoch
            if NEW in typed.values():
                self.passwords[name] = NEW
            if link := self.links.get(journey):
                assert link not in self.spent, "a link was good for two passwords"
                self.spent.add(link)
            changed_here = browser if self.passwords[name] == NEW and running.PASSWORD in typed.values() else None
            for number, proven in enumerate(self.proven):
                if number != changed_here:
                    proven -= {("password", name), ("code", name)}
            for grant in self.grants:
                grant.dead |= grant.name == name

    def filled(self, page: Page, name: str, right: bool) -> tuple[dict[str, str], set[tuple[str, str]]]:
        """What is typed into the form, and what that proves."""
        typed, proves = {}, set()
        values = {
            "username": name,
            "current-password": self.passwords[name] if right else "Wrong1wrong",
            "new-password": NEW,
            "one-time-code": self.code() if right else "000000",
        }
        for token, at in page.form.tokens.items():
            if token in values:
                typed[at] = values[token]
        if right and "current-password" in page.form.tokens:
            proves |= {("password", one) for one in (name, *MEMBERS) if self.passwords[one] == values["current-password"]}
        if right and "one-time-code" in page.form.tokens:
            proves.add(("code", "coded"))
        return typed, proves

    @rule(browser=BROWSERS, client=st.sampled_from(CLIENTS), prompt=st.sampled_from((None, None, "login", "none", "select_account", "consent")))
    def begin(self, browser: int, client: str, prompt: str | None) -> None:
        """A portal sends the browser."""
        scope = "openid offline_access" if client == "app" else "openid"
        self.seen(browser, self.visitors[browser].authorize(getattr(self.inside, client), prompt=prompt, scope=scope))

    @rule(browser=BROWSERS, client=st.sampled_from(CLIENTS), name=st.sampled_from(MEMBERS), most=st.sampled_from((4, 4, 1)))
    def sign_in(self, browser: int, client: str, name: str, most: int) -> None:
        """As a member does it, to its end or only so far."""
        self.begin(browser, client, "login")
        for _ in range(most):
            before = len(self.grants), len(self.pages)
            self.send(browser, self.pages[-1], name, True, {"answer": "yes"} if self.pages[-1].path == "/consent" else {})
            if (len(self.grants), len(self.pages)) != (before[0], before[1] + 1):
                break

    @precondition(lambda self: self.pages)
    @rule(browser=BROWSERS, name=st.sampled_from(MEMBERS))
    def go_on(self, browser: int, name: str) -> None:
        """The newest form, filled in rightly."""
        self.send(browser, self.pages[-1], name, True, {})

    def send(self, browser: int, page: Page, name: str, right: bool, button: dict[str, str]) -> None:
        """One form, filled in, sent by this browser."""
        typed, proves = self.filled(page, name, right)
        journey = page.form.fields.get("j", "")
        self.proven[browser] |= proves
        answer = self.visitors[browser].go(page.request(fields=typed | button))
        self.taken_back(browser, journey, typed)
        self.seen(browser, answer, journey)

    @rule(browser=BROWSERS, path=st.sampled_from(PATHS))
    def go(self, browser: int, path: str) -> None:
        """Somebody types an address."""
        where, _, query = path.partition("?")
        self.seen(browser, self.visitors[browser].go(Request("GET", where, query.encode())))

    @precondition(lambda self: self.pages)
    @rule(
        browser=BROWSERS, back=st.sampled_from((0, 0, 0, 1, 2, 5, 20)), name=st.sampled_from(MEMBERS), right=st.sampled_from((True, True, False)),
        button=st.sampled_from(BUTTONS), times=st.sampled_from((1, 1, 1, 2)),
    )  # fmt: skip
    def submit(self, browser: int, back: int, name: str, right: bool, button: dict[str, str], times: int) -> None:
        """A form, the newest or one of long ago, in this browser or the other; perhaps twice."""
        page = self.pages[-1 - back % len(self.pages)]
        for _ in range(times):
            self.send(browser, page, name, right, button)

    @precondition(lambda self: self.pages)
    @rule(browser=BROWSERS, index=INDEX)
    def look(self, browser: int, index: int) -> None:
        """The address of a page that was shown to anybody."""
        page = self.pages[index % len(self.pages)]
        query = urlencode({"j": page.form.fields.get("j", "")}).encode()
        self.seen(browser, self.visitors[browser].go(Request("GET", page.path, query)), page.form.fields.get("j", ""))

    @rule(browser=BROWSERS, name=st.sampled_from(MEMBERS), again=st.booleans(), used=st.booleans())
    def open_link(self, browser: int, name: str, again: bool, used: bool) -> None:
        """The link of a letter, new or opened before, and perhaps used at once."""
        known = list(self.links.values())
        if again and known:
            link = known[-1]
        else:
            with self.inside.deps.database.write() as connection:
                link = links.issue(connection, self.inside.deps, "reset", self.ids[name], 3_600, "mail", self.epochs[name])
        answer = self.visitors[browser].go(Request("GET", f"/reset/{link}"))
        self.seen(browser, answer)
        if answer.status == 200 and (journey := self.pages[-1].form.fields.get("j") if self.pages else None):
            self.links.setdefault(journey, link)
        if used:
            self.go_on(browser, name)

    @rule(index=INDEX, right=st.booleans(), button=st.sampled_from(BUTTONS), leave_out=INDEX)
    def prepared(self, index: int, right: bool, button: dict[str, str], leave_out: int) -> None:
        """Somebody else's form, of any room: registration, recovery, settings, the console; perhaps without one of its fields."""
        names = sorted(self.inside.pages)
        page = self.inside.pages[names[index % len(names)]]
        typed, _ = self.filled(page, "hanako", right)
        fields = {**page.form.fields, **typed, **button}
        if leave_out % 3 == 0 and fields:
            fields.pop(sorted(fields)[leave_out % len(fields)])
        for _ in range(2):
            assert self.inside.call(page.raw(urlencode(fields).encode())).status < 500, names[index % len(names)]
            self.taken_back(None, fields.get("j", ""), typed)

    @precondition(lambda self: self.grants)
    @rule(index=INDEX)
    def redeem_again(self, index: int) -> None:
        """A code once more: it is void, and so is all that came of it."""
        grant = self.grants[index % len(self.grants)]
        assert self.token(grant.form).status == 400
        grant.dead = True

    @precondition(lambda self: any(grant.tokens for grant in self.grants))
    @rule(index=INDEX, back=st.sampled_from((0, 0, 0, 1, 2)))
    def refresh(self, index: int, back: int) -> None:
        """A refresh token, the newest or one before."""
        grants = [grant for grant in self.grants if grant.tokens]
        grant = grants[index % len(grants)]
        at = max(0, len(grant.tokens) - 1 - back)
        back = len(grant.tokens) - 1 - at
        client = getattr(self.inside, grant.client)
        answer = self.token({"grant_type": "refresh_token", "refresh_token": grant.tokens[at], "client_id": client["client_id"]})
        if grant.dead or back > 1:
            assert answer.status == 400, "a grant that has ended goes on"
            grant.dead = True
        elif back == 1:
            if answer.status == 200:
                assert answer.json()["refresh_token"] == grant.tokens[-1], "a second successor"
            else:
                assert time.monotonic() - grant.used_at > LATE
                grant.dead = True
        else:
            assert answer.status == 200, answer.text
            grant.tokens.append(answer.json()["refresh_token"])
            grant.used_at = time.monotonic()
