"""Letters to members: written into the outbox by flows, put into words by the courier."""

import contextlib
import json
import re
from datetime import date as Date
from datetime import datetime
from functools import cache
from string import Formatter
from typing import Mapping

from sqlalchemy import Connection

from idp import texts, vault
from idp.config import Settings
from idp.deps import Deps
from idp.domain import sms
from idp.domain.letter import JST, ORDINARY, URGENT, Channel, Letter
from idp.own_texts import LETTER_HOUSE
from idp.ports import Unavailable
from idp.tables import outbox

# facts given as Unix seconds and shown as date and time
TIMES = frozenset({"time", "datetime", "deadline"})
# facts given as a code and shown as the text letter.<fact>.<code>
CODES = frozenset({"method", "summary", "os", "browser"})
MAX_RECIPIENT, MAX_FACT = 320, 1_024

HEARTBEAT = "courier:heartbeat"
HEARTBEAT_SECONDS = 60
DOWN_SECONDS = 120

# controls, lone surrogates, line and paragraph separators, and marks that turn the direction of writing:
# a fact is one piece of one line, so it can add neither headers nor sentences of its own
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def write(
    connection: Connection,
    deps: Deps,
    *,
    account_id: str | None,
    channel: Channel,
    to: str,
    template: str,
    locale: str,
    facts: Mapping[str, str | int],
    expires_at: int,
    urgent: bool = False,
) -> str:
    """Queue a letter in the caller's transaction: it is sent if and only if that commits. Returns the letter's key.

    `template` is a key of mail.toml or sms.toml, such as "mail.notice.pw". `facts` are what its placeholders need
    beside the brand: `TIMES` in Unix seconds, `CODES` as codes of letter.<fact>.…. After
    `expires_at` (Unix seconds) it is not sent any more; `urgent` is for one-time codes. Raises ValueError for an unfit
    recipient and for a template that does not exist or needs other facts: mistakes of the caller.
    """
    if not to or len(to) > MAX_RECIPIENT or _UNFIT.search(to):
        raise ValueError("not a recipient")
    locale = texts.choose(locale)
    shown = _shown(locale, facts)
    needed = placeholders(locale, channel, template)
    if missing := needed - shown.keys() - LETTER_HOUSE:
        raise ValueError(f"{template} needs {', '.join(sorted(missing))}")
    if any(len(value) > MAX_FACT for value in shown.values()):
        raise ValueError(f"a fact of {template} is too long")
    now, key = deps.now(), vault.random_id()
    sealed = deps.vault.seal(json.dumps(dict(facts)).encode(), _place(key, channel, to, template))
    letter = Letter(
        key=key,
        account_id=account_id,
        channel=channel,
        recipient=to,
        template=template,
        locale=locale,
        facts=sealed,
        priority=URGENT if urgent else ORDINARY,
        due_at=now,
        expires_at=expires_at,
    )
    outbox.queue(connection, letter, now)
    return key


class Unfit(Exception):
    """A text that does not go into one SMS: it is not sent, neither in parts nor cut."""


def render(deps: Deps, letter: Letter) -> tuple[str, str]:
    """Subject (empty for SMS) and body.

    Raises `VaultError` if the facts were changed, moved or sealed with a lost key, and `Unfit` for an SMS that is too long,
    which only a fact longer than `idp.domain.sms.LONGEST` can make: the templates are proven at the start.
    """
    place = _place(letter.key, letter.channel, letter.recipient, letter.template)
    facts = json.loads(deps.vault.open(letter.facts or "", place))
    subject, body = say(deps.settings, letter.locale, letter.channel, letter.template, facts)
    if letter.channel == "sms" and (problems := sms.problems(body, deps.settings.host, str(facts.get("code", "")))):
        raise Unfit("; ".join(problems))
    return subject, body


def say(settings: Settings, locale: str, channel: Channel, template: str, facts: Mapping[str, str | int]) -> tuple[str, str]:
    """Subject (empty for SMS) and body of a letter with these facts, as `write` takes them."""
    values = _shown(locale, facts) | {name: _line(value) for name, value in settings.house.items()}
    said = [texts.text(locale, key).format_map(values) for key in _keys(channel, template)]
    return ("", said[0].rstrip("\n")) if channel == "sms" else (said[0], said[1])


def moment(locale: str, at: int) -> str:
    """A Unix time as a member reads it, in Japan's time: 「2026年11月22日 14時35分」, "22 November 2026 14:35"."""
    local = datetime.fromtimestamp(at, JST)
    month = texts.text(locale, "letter.months").split(" ")[local.month - 1]
    form = texts.text(locale, "letter.time")
    return form.format(year=local.year, month=month, day=local.day, hour=local.hour, minute=local.minute)


def day(locale: str, at: int) -> str:
    """The day of a Unix time in Japan, as a member reads it: 「2026年11月22日」, "22 November 2026"."""
    return date(locale, datetime.fromtimestamp(at, JST).date())


def date(locale: str, one: Date) -> str:
    """A date as a member reads it: 「1958年4月1日」, "1 April 1958"."""
    month = texts.text(locale, "letter.months").split(" ")[one.month - 1]
    return texts.text(locale, "letter.day").format(year=one.year, month=month, day=one.day)


def beat(deps: Deps) -> None:
    """Say that a courier is at work; raises `Unavailable`."""
    deps.ephemeral.put(HEARTBEAT, str(deps.now()).encode(), HEARTBEAT_SECONDS)


def courier_alive(deps: Deps) -> bool:
    """Whether a courier said so within the last minute; raises `Unavailable`."""
    return deps.ephemeral.get(HEARTBEAT) is not None


def channel_works(deps: Deps, channel: Channel, works: bool) -> None:
    """Note what the last sending found, so that pages can tell members at once; a store that is away is not asked twice."""
    with contextlib.suppress(Unavailable):
        if not works:
            deps.ephemeral.put("down:" + channel, b"1", DOWN_SECONDS)
        elif deps.ephemeral.get("down:" + channel):
            deps.ephemeral.drop("down:" + channel)


def channel_down(deps: Deps, channel: Channel) -> bool:
    """Whether a courier has just found the far side of this channel away; raises `Unavailable`."""
    return deps.ephemeral.get("down:" + channel) is not None


def _place(key: str, channel: str, to: str, template: str) -> str:
    # whoever can write to the table cannot turn a sealed code towards another recipient; the recipient's fingerprint
    # only, because an error names the place
    return f"outbox:{key}:{channel}:{template}:{vault.fingerprint(to)}"


def _line(value: str) -> str:
    return _UNFIT.sub(" ", value).strip()


def _shown(locale: str, facts: Mapping[str, str | int]) -> dict[str, str]:
    shown = {}
    for name, value in facts.items():
        if name in TIMES:
            shown[name] = moment(locale, int(value))
        elif name in CODES:
            try:
                shown[name] = texts.text(locale, f"letter.{name}.{value}")
            except KeyError:
                raise ValueError(f"no text for the {name} {value!r}") from None
        else:
            shown[name] = _line(str(value))
    return shown


def _keys(channel: str, template: str) -> tuple[str, ...]:
    return (template,) if channel == "sms" else (f"{template}.subject", f"{template}.body")


def placeholders(locale: str, channel: Channel, template: str) -> frozenset[str]:
    """What the letter wants filled in. Raises ValueError if there is no such letter."""
    try:
        if not template.startswith(f"{channel}."):
            raise KeyError(template)
        return _names(*(texts.text(locale, key) for key in _keys(channel, template)))
    except KeyError:
        raise ValueError(f"no letter {template} by {channel}") from None


@cache
def _names(*said: str) -> frozenset[str]:
    return frozenset(name for text in said for _, name, _, _ in Formatter().parse(text) if name)
