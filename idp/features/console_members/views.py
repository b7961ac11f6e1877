"""Pages of the search and of a member."""

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from idp.domain.account import Account
from idp.features.console_members import detail, flow, forms, timeline, words
from idp.services import desk, desk_identity
from idp.web import console, console_member, steps
from idp.web.console_member import LIST
from idp.web.errors import PageError
from idp.web.house import House


def blueprint(house: House) -> Blueprint:
    """The routes of this room."""
    room = console.room(house, "members")
    _search_routes(room, house)
    _member_routes(room, house)
    return room


def _search_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(LIST)
    @console.page("members.look")
    def search_page() -> Response:
        query, who = console.asked(forms.ListQuery), console.who()
        typed = flow.kept(deps, who.session.key, query["s"]) if query["s"] else None
        found = flow.find(deps, typed, query["at"]) if typed else None
        further = f"{LIST}?{urlencode({'s': query['s'], 'at': found.further})}" if found and found.further else None
        return console.render(
            house,
            "members.html",
            found=found,
            exact=[words.row(house, one) for one in found.exact] if found else [],
            beginning=[words.row(house, one) for one in found.beginning] if found else [],
            recent=[] if found else [words.row(house, one) for one in flow.recent(deps, who.account)],
            further=further,
            later=bool(query["at"]),
            **console_member.came_back(house),
        )

    @room.post(LIST)
    @console.form("members.look")
    def search_submit() -> Response:
        data, who = console.posted(forms.SearchForm), console.who()
        typed = data["q"].strip()
        if ticket := data["ticket"].strip():
            desk.keep_ticket(deps, who.account, ticket)
        if not flow.sayable(typed):
            return console_member.back(house, LIST, [steps.error("q", "con.members.err.q")], q=typed, ticket=ticket)
        name = flow.keep(deps, who.account, who.session.key, typed, request.remote_addr or "")
        return redirect(f"{LIST}?s={name}", 303)


def _member_routes(room: Blueprint, house: House) -> None:
    deps = house.deps

    @room.get(f"{LIST}/<account_id>")
    @console.page("members.look")
    def member_page(account_id: str) -> Response:
        query, who = console.asked(forms.MemberQuery), console.who()
        account = console_member.shown(house, account_id)
        flow.looked_at(deps, who.account, account)
        lines = timeline.read(deps, account, query["kind"], query["at"])
        more = f"?{urlencode({'kind': query['kind'], 'at': lines.further})}" if lines.further else None
        found, open_ = detail.read(deps, account), flow.revealed(deps, who.session.key, account)
        return console.render(
            house,
            "member.html",
            back=LIST,
            member=words.member(house, account, found, open_),
            callers=words.callers(house, desk_identity.callers(deps, account), open_),
            caller=desk_identity.find(deps, who.account, account),
            acts=words.acts(who.account, account, found),
            lines=words.lines(house, lines, timeline.names(deps, lines)),
            further=more,
            kind=query["kind"],
            later=bool(query["at"]),
            path=console_member.path(account),
        )

    @room.get(f"{LIST}/<account_id>/reveal")
    @console.page("members.reveal")
    def reveal_page(account_id: str) -> Response:
        account = console_member.acted_on(house, account_id)
        field = console.asked(forms.RevealForm)["field"]
        return _reveal_page(house, account, field)

    @room.post(f"{LIST}/<account_id>/reveal")
    @console.form("members.reveal")
    def reveal_submit(account_id: str) -> Response:
        account, data, who = console_member.acted_on(house, account_id), console.posted(forms.RevealForm), console.who()
        why, errors = console_member.because(house, data)
        if errors:
            here = f"{console_member.path(account, 'reveal')}?{urlencode({'field': data['field']})}"
            return console_member.back(house, here, errors, reason=data["reason"], ticket=data["ticket"])
        if not flow.reveal(deps, who.account, who.session.key, account, data["field"], why, request.remote_addr or ""):
            raise PageError(404, "con.err.member")
        return console.to(house, console_member.path(account), "con.reveal.done")


def _reveal_page(house: House, account: Account, field: str) -> Response:
    if field not in flow.revealable(house.deps, account):
        raise PageError(404, "con.err.member")
    return console.render(
        house, "member_reveal.html", back=console_member.path(account), field=field, kind=flow.kind_of(account, field), minutes=flow.REVEALED_SECONDS // 60,
        **console_member.came_back(house),
    )  # fmt: skip
