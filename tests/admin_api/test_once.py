"""An Idempotency-Key: of many requests one is done, and each gets its answer (draft-ietf-httpapi-idempotency-key-header)."""

from tests import services
from tests.admin_api.api import WHY, Api, error
from tests.admin_api.test_members import somebody

RESET, LETTER = "send-reset", "mail.reset.link"


def test_of_sixteen_at_once_one_sends_its_letter(api: Api) -> None:
    program, account = api.program("admin:members:write"), somebody(api)
    mail = next(item.id for item in account.destinations if item.kind == "email")
    body = {**WHY, "destination": mail}
    key = {"Idempotency_Key": "T-1"}
    answers = services.race(16, lambda: program.call("POST", f"/members/{account.id}/{RESET}", body, **key))
    assert {one.status for one in answers} <= {200, 409} and any(one.status == 200 for one in answers)
    assert {error(one) for one in answers if one.status == 409} <= {"in_progress"}
    assert api.letters(account).count(LETTER) == 1
    again = program.call("POST", f"/members/{account.id}/{RESET}", body, **key)
    assert again.status == 200 and again.body == next(one.body for one in answers if one.status == 200)
    assert api.letters(account).count(LETTER) == 1
    assert len([row for row in api.rows("desk_reset") if row.account_id == account.id]) == 1


def test_a_key_belongs_to_one_request_of_one_client(api: Api) -> None:
    one, other = api.program("admin:members:write"), api.program("admin:members:write")
    account, stranger = somebody(api), somebody(api)
    key = {"Idempotency_Key": "the-same"}
    one.post(f"/members/{account.id}/sign-out", WHY, **key)
    for path, body in ((f"/members/{stranger.id}/sign-out", WHY), (f"/members/{account.id}/sign-out", {**WHY, "ticket": "T-2"}), (f"/members/{account.id}/unlock", WHY)):
        answer = one.call("POST", path, body, **key)
        assert (answer.status, error(answer)) == (422, "key_reused")
    other.post(f"/members/{account.id}/sign-out", WHY, **key)
    assert len([row for row in api.rows("desk_sign_out") if row.account_id == account.id]) == 2


def test_what_was_refused_may_be_tried_again(api: Api) -> None:
    program, account = api.program("admin:members:write"), somebody(api)
    key = {"Idempotency_Key": "resume"}
    assert program.call("POST", f"/members/{account.id}/resume", WHY, **key).status == 409
    program.post(f"/members/{account.id}/suspend", {**WHY, "why": "lost"})
    assert program.call("POST", f"/members/{account.id}/resume", WHY, **key).status == 200


def test_a_key_of_another_shape_is_refused(api: Api) -> None:
    program, account = api.program("admin:members:write"), somebody(api)
    for key in ("x" * 256, "a b", "\u00e9"):
        answer = program.call("POST", f"/members/{account.id}/unlock", WHY, Idempotency_Key=key)
        assert (answer.status, error(answer)) == (400, "invalid_request")
