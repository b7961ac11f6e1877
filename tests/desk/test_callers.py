"""Who calls for a member gives a name, which is recorded with what they are to the member (flows.md 2.12, identity levels)."""

import pytest
from sqlalchemy import select

from idp.features.console_desk import checking
from idp.services import desk_identity
from idp.tables import closing
from idp.tables.schema import desk_callers
from tests.courier.house import NOW
from tests.desk.conftest import FACTS, Desk


@pytest.mark.parametrize(
    ("form", "name", "fields"),
    [
        ({"relation": "self", "caller": "山田"}, "", []),
        ({"relation": "family", "caller": " 山田　 太郎 "}, "山田 太郎", []),
        ({"relation": "company", "caller": ""}, "", ["caller"]),
        ({"relation": "family", "caller": "太" * 61}, "太" * 61, ["caller"]),
        ({"relation": "family", "caller": "a\u202eb"}, "a\ufffdb", []),
    ],
    ids=["the member", "family", "without a name", "a long name", "turned around"],
)
def test_whoever_calls_for_the_member_gives_a_name(form: dict[str, str], name: str, fields: list[str]) -> None:
    found, wrong = checking.caller(form)
    assert (found, [field for field, _ in wrong]) == (name, fields)


def test_the_name_is_kept_sealed_with_the_call_and_goes_with_the_account(desk: Desk) -> None:
    member = desk.now()
    assert desk_identity.check(desk.deps, desk.agent, member, FACTS, "family", "山田 太郎") == "match"
    assert desk_identity.check(desk.deps, desk.agent, member, FACTS, "self") == "match"
    assert desk_identity.check(desk.deps, desk.agent, member, FACTS | {"birth_date": "1950-1-1"}, "family", "山田 次郎") == "mismatch"
    ((call, name),) = desk_identity.callers(desk.deps, member)
    assert (name, call.relation, call.actor, call.at) == ("山田 太郎", "family", desk.agent.id, NOW)
    with desk.deps.database.write() as connection:
        assert "太郎" not in str(connection.execute(select(desk_callers)).all())
        closing.erase(connection, member, NOW)
    assert desk_identity.callers(desk.deps, member) == []
