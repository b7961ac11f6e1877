"""A visitor without a screen: asks for pages as a browser does, keeps cookies, reads forms by what their fields are for."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from idp.ports import Unavailable

SECONDS = 15.0
MOST_REDIRECTS = 8


@dataclass
class Form:
    """The first form of a page: where it goes, what it holds, and the names of its fields by their autocomplete tokens."""

    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """An answer: its status, where it came from, and its text; `leads_to`: where else it sends the visitor, empty if nowhere."""

    status: int
    address: str
    text: str
    leads_to: str = ""

    def form(self) -> Form:
        """The first form of the page, its address absolute; without action and fields if there is none."""
        reader = _Reader()
        reader.feed(self.text)
        reader.found.action = urljoin(self.address, reader.found.action)
        return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found, self._state = Form(), "before"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self._state == "before":
            self._state, self.found.action = "inside", given.get("action", "")
        elif tag == "input" and self._state == "inside" and (name := given.get("name")):
            if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            self.found.values[name] = given.get("value", "")
            if token := given.get("autocomplete"):
                self.found.names[token] = name

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._state == "inside":
            self._state = "after"


class Visitor:
    """Stays at `origin`: a redirect to anywhere else, or to an address that begins with `stop`, is told and not followed.
    `authority`: a file with certificates to believe beside the system's. What does not answer raises `Unavailable`."""

    def __init__(self, origin: str, stop: str, authority: str | None = None):
        self._origin, self._stop = origin, stop
        self._session = requests.Session()
        self._session.trust_env = False  # neither a proxy nor passwords of the user's
        self._session.headers["User-Agent"] = "idp-probe"
        if authority:
            self._session.verify = authority

    def get(self, address: str, **headers: str) -> Seen:
        """Open a page, led on by redirects."""
        return self._led(self._ask("GET", urljoin(self._origin, address), headers=headers))

    def submit(self, form: Form, **values: str) -> Seen:
        """Send a form as its page would."""
        headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        return self._led(self._ask("POST", form.action, data={**form.values, **values}, headers=headers))

    def post(self, address: str, values: dict[str, str], user: str, password: str) -> Seen:
        """Post as a portal's back end does, which proves itself by HTTP Basic."""
        return self._ask("POST", address, data=values, auth=(user, password))

    def _led(self, seen: Seen) -> Seen:
        for _ in range(MOST_REDIRECTS):
            to = seen.leads_to
            if not to or to.startswith(self._stop) or not to.startswith(self._origin + "/"):
                return seen
            seen = self._ask("GET", to)
        raise Unavailable("service, which leads in circles,")

    def _ask(self, method: str, address: str, **options: Any) -> Seen:
        try:
            answer = self._session.request(method, address, allow_redirects=False, timeout=SECONDS, **options)
        except requests.RequestException as error:
            raise Unavailable(f"service at {self._origin} ({type(error).__name__})") from error
        leads_to = urljoin(address, answer.headers["Location"]) if "Location" in answer.headers else ""
        return Seen(answer.status_code, address, answer.text, leads_to)
