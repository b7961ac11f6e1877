"""While nodes of two versions run side by side, the older one reads what the newer one has kept of the same members."""

import json
import re
from typing import Any
from urllib.parse import urlencode

from idp.services.drafts import LIFE
from tests.input.inside import Inside, Visitor
from tests.input.wire import Page, Request


def added(value: Any) -> Any:
    """The value with a field more in every object, as a later version might write it."""
    if isinstance(value, list):
        return [added(one) for one in value]
    return {**{name: added(one) for name, one in value.items()}, "later": {"more": 1}} if isinstance(value, dict) else value


def of_a_later_version(inside: Inside) -> int:
    """Everything that is kept for visitors, as a later version would have written it; how much that was."""
    done = 0
    for name, value in inside.stored()[1]:
        key = name.removeprefix("v:")
        sealed = key.startswith("draft:")
        text = inside.deps.vault.open(value.decode(), key) if sealed else value
        if text[:1] == b"{":
            new = json.dumps(added(json.loads(text))).encode()
            inside.deps.ephemeral.put(key, inside.deps.vault.seal(new, key).encode() if sealed else new, LIFE)
            done += 1
    return done


def said_by_a_later_version(inside: Inside) -> int:
    """In every journey a word that this version has no sentence for, and an operation that it does not know; how many they are."""
    journeys = [(name.removeprefix("v:"), json.loads(value)) for name, value in inside.stored()[1] if name.startswith("v:journey:")]
    errors = [{"field": "password", "key": "login.err.later", "values": {"time": 1}}]
    for key, journey in journeys:
        inside.deps.ephemeral.put(key, json.dumps({**journey, "operation": "later", "notice": {"errors": errors}}).encode(), LIFE)
    return len(journeys)


def answer_to(inside: Inside, page: Page) -> tuple[int, str]:
    """What comes of the form as it stands there: status and title of where it leads."""
    visitor = Visitor(inside)
    visitor.cookies = dict(page.cookies)
    answer = visitor.go(page.request())
    return answer.status, "".join(re.findall("<title>.*?</title>", answer.text)) or answer.header("Location").partition("?")[0]


def test_every_form_leads_where_it_leads_without_what_was_added(inside: Inside) -> None:
    for name, page in inside.pages.items():
        inside.rewind()
        wanted = answer_to(inside, page)
        inside.rewind()
        assert of_a_later_version(inside) > 50
        assert answer_to(inside, page) == wanted, name
        assert wanted[0] != 500, name  # 503: the console asks the provider, where nobody listens here, for a fresh proof


def test_a_page_that_cannot_say_what_a_later_version_meant_is_shown_without_it(inside: Inside) -> None:
    for name, page in inside.pages.items():
        if "j" not in page.form.fields:
            continue
        inside.rewind()
        assert said_by_a_later_version(inside) > 20
        visitor = Visitor(inside)
        visitor.cookies = dict(page.cookies)
        answer = visitor.go(Request("GET", page.path, urlencode({"j": page.form.fields["j"]}).encode()))
        assert answer.status != 500 and "login.err.later" not in answer.text, name
