"""Browsers and back ends of the load: each answer is looked at, and each refusal or lost answer ends what was being done."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, TypeVar

import requests

from tests.faults.storm.ledger import Member
from tests.running import Browser, claims_of

if TYPE_CHECKING:
    from tests.faults.storm.houses import House

T = TypeVar("T")
PATIENCE = 25.0  # seconds for an answer; what waits for a database that hangs needs some


class Refused(Exception):
    """Come again later: 429 or 503."""


class Lost(Exception):
    """No answer: what was asked for may have been done."""


class Broken(Exception):
    """Another answer than what was begun leads to."""


class NoLetter(Exception):
    """The mail or SMS did not come."""


class Visitor(Browser):
    """Somebody before a browser, or a portal's back end."""

    def __init__(self, house: "House"):
        super().__init__(house.idp)
        self.house = house

    def request(self, method: Any, url: Any, *arguments: Any, **more: Any) -> requests.Response:
        """As of `requests.Session`; raises `Refused` and `Lost`."""
        more.setdefault("timeout", PATIENCE)
        try:
            answer = super().request(method, url, *arguments, **more)
        except requests.RequestException as error:
            raise Lost(type(error).__name__) from error
        self.house.ledger.answered(str(method), str(url).removeprefix(self.idp.issuer).partition("?")[0], answer)
        if answer.status_code in (429, 503):
            raise Refused(f"{answer.status_code} {url}")
        return answer

    def like(self) -> "Visitor":
        """Another browser with the same cookies."""
        other = Visitor(self.house)
        other.cookies.update(self.cookies)
        return other

    def asked(self, client: dict[str, Any], path: str, **fields: str) -> requests.Response:
        """A request of a portal's back end."""
        if client.get("client_secret"):
            return self.post(f"{self.idp.issuer}/{path}", data=fields, auth=(client["client_id"], client["client_secret"]))
        return self.post(f"{self.idp.issuer}/{path}", data={**fields, "client_id": client["client_id"]})

    def userinfo(self, token: str) -> requests.Response:
        """What the token tells of its member."""
        return self.get(f"{self.idp.issuer}/userinfo", headers={"Authorization": f"Bearer {token}"})

    def proven(self, member: Member, id_token: str) -> None:
        """Look at what the provider says that the member has proven."""
        amr = claims_of(id_token)["amr"]
        if member.factor and not {"otp", "sms", "email", "hwk"} & set(amr):
            self.house.ledger.unproven.append(f"{member.name} ({member.factor}) signed in by {amr}")


def together(count: int, call: Callable[[int], T]) -> list[T | Exception]:
    """What `call(0)`, `call(1)`, … return or raise, all at the same time."""

    def one(number: int) -> T | Exception:
        try:
            return call(number)
        except Exception as error:
            return error

    if count == 1:
        return [one(0)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
