"""The way to every form of a registration, for the attack on them."""

import re
import tempfile
from typing import Any

from idp.services import contractor_import, letters
from idp.services.contractor_csv import ContractFile
from idp.tables import outbox
from tests.contractor.files import contract, text
from tests.input.wire import Page, Request
from tests.registration.applicant import PASSWORD, facts


def registration_pages(inside: Any, chooser: Any, waiter: Any, finisher: Any, member: Any) -> dict[str, Page]:
    """Pages of four people, each as far as the next."""
    rows = [contract(number) for number in range(1, 5)]
    with tempfile.TemporaryFile() as file:
        file.write(text(rows).encode())
        file.seek(0)
        contractor_import.run(inside.deps.database, inside.deps.vault, inside.deps.clock, ContractFile(file))
    found = _chosen(chooser, rows[0], "chooser")
    sent = waiter.go(_chosen(waiter, rows[1], "waiter")["register_confirm"].request())
    finish = {}
    for visitor, row, name in ((finisher, rows[2], "finisher"), (member, rows[3], "member")):
        visitor.go(_chosen(visitor, row, name)["register_confirm"].request())
        finish[name] = visitor.page(visitor.go(Request("GET", f"/register/open/{_token(inside, name)}")))
    done = member.go(finish["member"].request(fields={"password": PASSWORD}))
    return found | {"register_sent": waiter.page(sent), "register_finish": finish["finisher"], "register_done": member.page(done)}


def _chosen(visitor: Any, row: dict[str, str], name: str) -> dict[str, Page]:
    first = visitor.page(visitor.go(Request("GET", "/register")))
    details = visitor.page(visitor.go(first.request(fields=facts(row))))
    values = {"login_id": f"new-{name}", "email": f"{name}@mail.example", "nickname": "はなこ", "new_password": PASSWORD}
    confirm = visitor.page(visitor.go(details.request(fields=values)))
    return {"register": first, "register_details": details, "register_confirm": confirm}


def _token(inside: Any, name: str) -> str:
    """What stands in the link of the letter to this person; the letter waits for a courier that never comes."""
    with inside.deps.database.write() as connection:
        waiting = outbox.claim(connection, "look", inside.deps.now(), 0, 99)
    letter = next(one for one in waiting if one.recipient == f"{name}@mail.example")
    return re.findall(r"/register/open/(\S+)", letters.render(inside.deps, letter)[1])[0]
