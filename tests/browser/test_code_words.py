"""What the code page says: where the code went, and what to try as the clock goes on, without a script."""

from typing import Callable, ContextManager

import pytest

from idp import texts
from idp.domain.delivery import AFTER
from tests.browser import states
from tests.browser.code_states import code_mail
from tests.browser.visitor import Visitor
from tests.settings.member import rows

Visit = Callable[..., ContextManager[Visitor]]


def test_the_telephone_is_said_by_its_beginning_and_its_end(new_visit: Visit) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        states.STATES["code"](visitor)
        assert "090で始まり5678で終わる携帯電話に、SMSで認証コードを送りました。" in visitor.words()


def test_the_mailbox_is_called_what_its_owner_calls_it(new_visit: Visit) -> None:
    with new_visit(java_script_enabled=False) as visitor:
        name = visitor.members["several"]
        change = "UPDATE destinations SET address = :mail WHERE kind = 'email' AND account_id = (SELECT id FROM accounts WHERE login_id = :name)"
        rows(visitor.party.idp, change, mail="hanako@docomo.ne.jp", name=name)
        code_mail(visitor)
        said = visitor.words()
        assert "docomoのメール（h…o@docomo.ne.jp）に認証コードを送りました。" in said and "hanako@docomo" not in said
        visitor.page.click(".ladder summary")
        steps = visitor.page.locator(".ladder li").all_inner_texts()
        assert len(steps) == len(AFTER) and texts.text("ja", "mfa.ladder.spam") in steps[0] and "ドコモのメール" in steps[0]
        assert "auのメール" not in steps[0] and "0120-000-000" in steps[2]
        rows(visitor.party.idp, change, mail=f"{name}@mail.example.ne.jp", name=name)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_steps_are_clock_times_and_none_is_due_at_first(new_visit: Visit, scripts: bool) -> None:
    with new_visit(java_script_enabled=scripts) as visitor:
        states.STATES["code"](visitor)
        assert visitor.page.locator(".ladder[open], .ladder [aria-current]").count() == 0
        visitor.page.click(".ladder summary")
        times = visitor.page.locator(".ladder .when").all_inner_texts()
        assert all("時" in one and "分" in one for one in times) and len(set(times)) == 3
