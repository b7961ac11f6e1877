"""Whole registrations in any order of steps: Back, twice, stale, in another browser, with right and wrong facts.

What is looked at after each step: nothing breaks; an account appears only where a mail's link was opened and the password typed
rightly, one for each link and one for each contract, and only for a contract whose facts somebody has typed rightly.
"""

import re
import tempfile

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from sqlalchemy import select

from idp.services import contractor_import, letters
from idp.services.contractor_csv import ContractFile
from idp.tables import outbox, schema
from tests.contractor.files import contract, text
from tests.fuzz.house import installation
from tests.input.inside import Visitor
from tests.input.wire import Answer, Page, Request
from tests.registration.applicant import CONFIRM, DETAILS, FINISH, PASSWORD, SENT, VERIFY, facts

BROWSERS, INDEX = st.sampled_from((0, 1)), st.integers(0, 10_000)
ROWS = tuple(contract(number) for number in (11, 12))
WHO, NAMES = st.sampled_from((0, 1)), st.sampled_from(("kawada01", "sumire02"))
ADDRESSES = ("kawada01@mail.example", "sumire02@mail.example")
WRONG: tuple[dict[str, str], ...] = ({"phone": "0748999999"}, {"kana_name": "ヤマダ ハナコ"}, {"customer_number": ""}, {"phone": "x" * 300})
BUTTONS: tuple[dict[str, str], ...] = ({}, {}, {"action": "resend"}, {"action": "change"}, {"action": "back"}, {"action": "continue"}, {"action": "cancel"})


class Registrations(RuleBasedStateMachine):
    """Two browsers, two contracts, and everything that was ever shown or mailed."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = installation()
        self.inside.rewind()
        with tempfile.TemporaryFile() as file:
            file.write(text(ROWS).encode())
            file.seek(0)
            contractor_import.run(self.inside.deps.database, self.inside.deps.vault, self.inside.deps.clock, ContractFile(file), allow_ending=100)
        self.visitors = [Visitor(self.inside, f"203.0.113.{n}") for n in range(2)]
        self.before = set(self.accounts())
        self.pages: list[Page] = []
        self.links: list[str] = []
        self.opened: dict[str, str] = {}  # journey → the link that led to it
        self.spent: set[str] = set()
        self.known: set[str] = set()  # numbers of contracts whose facts were typed rightly

    def accounts(self) -> dict[str, str]:
        """Subjects, and what the operator calls their contracts."""
        with self.inside.deps.database.read() as connection:
            found = connection.execute(select(schema.accounts.c.id, schema.accounts.c.contractor_id))
            return {subject: number or "" for subject, number in found}

    def mailed(self) -> None:
        """Read what waits for the courier, who never comes."""
        with self.inside.deps.database.write() as connection:
            waiting = outbox.claim(connection, "look", self.inside.deps.now(), 0, 99)
        for letter in (one for one in waiting if one.recipient in ADDRESSES):
            for link in re.findall(r"/register/open/(\S+)", letters.render(self.inside.deps, letter)[1]):
                if link not in self.links:
                    self.links.append(link)

    def seen(self, browser: int, answer: Answer) -> Page | None:
        """Look at an answer, and keep its form."""
        assert answer.status < 500, (answer.status, answer.url)
        if answer.status != 200 or "<form" not in answer.text:
            return None
        page = self.visitors[browser].page(answer)
        self.pages.append(page)
        return page

    def send(self, browser: int, page: Page, who: int, name: str, right: bool, wrong: dict[str, str], button: dict[str, str]) -> None:
        """One form, filled in for this contract and this name; then whoever has appeared has a right to."""
        row = ROWS[who]
        values = {
            VERIFY: facts(row, **({} if right else wrong)),
            DETAILS: {"login_id": name, "email": f"{name}@mail.example", "nickname": "はなこ", "new_password": PASSWORD if right else "kurz"},
            FINISH: {"password": PASSWORD if right else "Wrong1wrong"},
        }.get(page.path, {})
        journey, before = page.form.fields.get("j", ""), self.accounts()
        self.seen(browser, self.visitors[browser].go(page.request(fields=values | button)))
        if page.path == VERIFY and right:
            self.known.add(row["customer_number"].lstrip("0"))
        new = self.accounts().keys() - before.keys()
        if not new:
            return
        (subject,) = new
        link = self.opened.get(journey)
        assert page.path == FINISH and right, f"an account by {page.path}"
        assert link and link not in self.spent, "an account without a link of its own"
        self.spent.add(link)
        ours = [number for one, number in self.accounts().items() if one not in self.before]
        assert len(ours) == len(set(ours)), "two accounts of one contract"
        assert self.accounts()[subject] in self.known, "nobody has proven the contract"

    @rule(browser=BROWSERS)
    def begin(self, browser: int) -> None:
        """The first page."""
        self.seen(browser, self.visitors[browser].go(Request("GET", VERIFY)))

    @rule(browser=BROWSERS, who=WHO, name=NAMES, most=st.sampled_from((5, 5, 5, 3, 2, 1)), other=st.booleans())
    def register(self, browser: int, who: int, name: str, most: int, other: bool) -> None:
        """As a member does it, to its end or only so far; perhaps the link is opened in the other browser."""
        self.begin(browser)
        for _ in range(min(most, 3)):
            if self.pages:
                self.send(browser, self.pages[-1], who, name, True, {}, {})
        if most > 3:
            self.open_link(browser ^ other, 0)
            if most > 4 and self.pages:
                self.send(browser ^ other, self.pages[-1], who, name, True, {}, {})

    @precondition(lambda self: self.pages)
    @rule(
        browser=BROWSERS, back=st.sampled_from((0, 0, 0, 1, 2, 5, 20)), who=WHO, name=NAMES, right=st.sampled_from((True, True, False)),
        wrong=st.sampled_from(WRONG), button=st.sampled_from(BUTTONS), times=st.sampled_from((1, 1, 2)),
    )  # fmt: skip
    def submit(self, browser: int, back: int, who: int, name: str, right: bool, wrong: dict[str, str], button: dict[str, str], times: int) -> None:
        """A form, the newest or one of long ago, in this browser or the other; perhaps twice."""
        page = self.pages[-1 - back % len(self.pages)]
        for _ in range(times):
            self.send(browser, page, who, name, right, wrong, button)

    @precondition(lambda self: self.pages)
    @rule(browser=BROWSERS, index=INDEX, path=st.sampled_from((DETAILS, CONFIRM, SENT, FINISH, "/register/done", "/register/pending")))
    def look(self, browser: int, index: int, path: str) -> None:
        """The address of a step, with a journey that was begun by anybody."""
        journey = self.pages[index % len(self.pages)].form.fields.get("j", "")
        self.seen(browser, self.visitors[browser].go(Request("GET", path, f"j={journey}".encode())))

    @rule(browser=BROWSERS, back=INDEX)
    def open_link(self, browser: int, back: int) -> None:
        """A link of a mail, the newest or an earlier one, by anybody and as often as they like."""
        self.mailed()
        if not self.links:
            return
        link = self.links[-1 - back % len(self.links)]
        page = self.seen(browser, self.visitors[browser].go(Request("GET", f"/register/open/{link}")))
        if page and page.path == FINISH:
            self.opened.setdefault(page.form.fields.get("j", ""), link)
