"""What members do: sign in with and without a code, set a forgotten password, register, sign out. Whatever counts once is used
several times at once now and then."""

import random
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests

from tests.faults.storm import post, tokens
from tests.faults.storm.ledger import CANARY, Member
from tests.faults.storm.visitor import Broken, Visitor, together
from tests.outgoing import CODE
from tests.registration.applicant import Applicant
from tests.running import Form, answer_of, form_of
from tests.settings.member import title

if TYPE_CHECKING:
    from tests.faults.storm.houses import House

SCOPE = "openid offline_access"
CHANGED, REGISTERED = "/recovery/changed", "登録が完了しました"
# letters of attempts that were lost may come before the one that counts
PATIENCE = (post.SECONDS, post.LATE, post.LATE, post.LATE)


def new_password() -> str:
    """A secret that can be told from everything else."""
    return f"{CANARY}{uuid.uuid4().hex[:6]}"


def typed(visitor: Visitor, page: requests.Response, member: Member) -> requests.Response:
    """Type login ID and password, and where it may be one of several, the others, too."""
    for password in (member.password, *member.maybe):
        page = visitor.sign_in(page, member.name, password)
        if "current-password" not in page.text:
            member.has(password)
            return page
    raise Broken("the password is refused")


def answered(page: requests.Response) -> str:
    """The code that the portal gets."""
    if not page.is_redirect:
        raise Broken(f"no answer to the portal: {page.status_code} {title(page) if '<h1>' in page.text else ''}")
    answer = answer_of(page)
    if "code" not in answer:
        raise Broken(str(answer))
    return answer["code"]


def coded(house: "House", visitor: Visitor, client: dict[str, Any], member: Member, page: requests.Response, seen: int) -> str:
    """Behind the password: try to do without the code, then type it, now and then in two browsers at once."""
    around = visitor.like().authorize(client, scope=SCOPE, prompt="none")
    if around.is_redirect and "code" in answer_of(around):
        house.ledger.unproven.append(f"{member.name} got in without a code")
    form = form_of(page)
    for patience in PATIENCE:
        code = house.post.wait(member.factor, CODE, seen, patience)
        seen = len(house.post.texts(member.factor))
        if found := code_typed(house, visitor, member, form, code):
            return found
    raise Broken("the code is refused")


def code_typed(house: "House", visitor: Visitor, member: Member, form: Form, code: str) -> str | None:
    """The code that the portal gets for the one of the letter; None: it is refused."""
    browsers = [visitor, *([visitor.like()] if house.often() else [])]
    pages = together(len(browsers), lambda n: browsers[n].submit(form, **{form.named("one-time-code"): code}))
    codes = [answer_of(one)["code"] for one in pages if isinstance(one, requests.Response) and one.is_redirect and "code" in answer_of(one)]
    for one in codes:
        house.ledger.used("one-time code", f"{member.factor} {code} {form.fields.get('j', '')}", one)
    if codes:
        won = next(n for n, one in enumerate(pages) if isinstance(one, requests.Response) and one.is_redirect)
        visitor.cookies.update(browsers[won].cookies)
        return codes[0]
    for one in pages:
        if isinstance(one, Exception):
            raise one
    return None


def sign_in(house: "House", rng: random.Random, kind: str = "plain") -> None:
    """From the portal to the tokens, and what is done with them."""
    with house.somebody(kind) as member:
        visitor, client = Visitor(house), rng.choice(house.portals)
        page = visitor.authorize(client, scope=SCOPE)
        seen = len(house.post.texts(member.factor))
        page = typed(visitor, page, member)
        code = coded(house, visitor, client, member, page, seen) if member.factor else answered(page)
        family = uuid.uuid4().hex
        house.ledger.secret(code)
        session = visitor.cookies.get("idp-session")
        if session:
            house.ledger.holds("session", session, member, client, family)
        held = tokens.redeem(house, visitor, member, client, code, family, times=3 if house.seldom() else 1)
        if held is None:
            return
        tokens.live(house, rng, visitor, held)
        if rng.random() < 0.3 and session:
            sign_out(house, visitor, client, held)


def sign_in_with_code(house: "House", rng: random.Random) -> None:
    """The same with the second factor, by mail or SMS."""
    sign_in(house, rng, rng.choice(("mail", "sms")))


def sign_out(house: "House", visitor: Visitor, client: dict[str, Any], held: "tokens.Granted") -> None:
    """Sign out, and try the cookie of before."""
    before, family = visitor.like(), house.ledger.of(family=held.family)
    house.ledger.doubt(family)
    page = visitor.go("/end-session?" + urlencode({"id_token_hint": held.id_token, "client_id": client["client_id"]}))
    if page.status_code != 200 or not page.url.partition("?")[0].endswith("/logout"):
        raise Broken(f"not signed out: {page.status_code} {page.url.partition('?')[0]}")
    house.ledger.end("signed out", [one for one in family if one.kind == "session"])
    house.ledger.act("sign-out", "ok")
    if "code" in answer_of(before.authorize(client, prompt="none")):
        house.ledger.revived.append(f"session of {held.member.name}: signed out")


def opened(house: "House", browsers: list[Visitor], to: str, seen: int) -> tuple[str, list[Form]]:
    """The link of a letter behind the first `seen`, and the form for the new password in each browser."""
    for patience in PATIENCE:
        link = house.post.wait(to, post.RESET, seen, patience)
        seen = len(house.post.texts(to))
        pages = [one.go(link) for one in browsers]
        if all("new-password" in page.text for page in pages):
            return link, [form_of(page) for page in pages]
    raise Broken("no link opens the form")


def reset(house: "House", rng: random.Random) -> None:
    """A forgotten password: the link by mail, opened in one or two browsers."""
    with house.somebody("plain") as member:
        visitor, to = Visitor(house), f"{member.name}@mail.example"
        seen = len(house.post.texts(to))
        page = visitor.submit(form_of(visitor.go("/recovery?kind=pw")), by="login_id", login_id=member.name, dest="mail")
        visitor.submit(form_of(page))
        browsers = [Visitor(house) for _ in range(1 + house.often())]
        link, forms = opened(house, browsers, to, seen)
        wanted, before = [new_password() for _ in browsers], house.ledger.of(member=member.name)
        house.ledger.doubt(before)
        pages = together(len(browsers), lambda n: browsers[n].submit(forms[n], new_password=wanted[n]))
        done = [wanted[n] for n, one in enumerate(pages) if isinstance(one, requests.Response) and one.url.partition("?")[0].endswith(CHANGED)]
        for password in done:
            house.ledger.used("reset link", link, password)
        if done:
            house.ledger.end("password set anew", before)
            member.has(done[0])
            return
        member.maybe += [wanted[n] for n, one in enumerate(pages) if isinstance(one, Exception)]
        for one in pages:
            if isinstance(one, Exception):
                raise one
        raise Broken("the password was not set")


def register(house: "House", rng: random.Random) -> None:
    """A new member, by the link of the mail; confirmed in one or two browsers."""
    applicant, password = Applicant(house.idp, house.contract()), new_password()
    applicant.browser = Visitor(house)
    page = applicant.details(applicant.verify(), new_password=password)
    if title(page) != "入力内容の確認":
        raise Broken(f"registration: {title(page)}")
    applicant.send(page)
    link = house.post.wait(applicant.mail, post.REGISTER, 0)
    browsers = [Visitor(house) for _ in range(1 + house.often())]
    forms = [form_of(one.go(link)) for one in browsers]
    pages = together(len(browsers), lambda n: browsers[n].submit(forms[n], password=password))
    done = [n for n, one in enumerate(pages) if isinstance(one, requests.Response) and title(one) == REGISTERED]
    for number in done:
        house.ledger.used("registration link", link, str(number))
    for one in pages:
        if not done and isinstance(one, Exception):
            raise one
    if not done:
        raise Broken("not registered")
    house.join(Member(applicant.name, password), "plain")


