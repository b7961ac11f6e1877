"""The way to the forms about a television, for the attack on them."""

import json
from typing import Any
from urllib.parse import urlencode

from idp.domain.client import DEVICE_CODE
from tests.input.wire import Page, Request
from tests.running import Form


def device_pages(inside: Any, member: Any) -> dict[str, Page]:
    """Where the code is typed, and the page that asks the member."""
    answer = inside.call(device_calls(inside)["device authorization"].request())
    member.sign_in(inside.portal, "hanako")
    code = member.page(member.go(Request("GET", "/device", urlencode({"user_code": json.loads(answer.body)["user_code"]}).encode())))
    confirm = member.page(member.go(code.request()))
    confirm.form.fields["answer"] = "yes"
    return {"device": code, "device_confirm": confirm}


def device_calls(inside: Any) -> dict[str, Page]:
    """What a television sends."""
    who = {"client_id": inside.television["client_id"]}
    return {
        "device authorization": Page(Form("/device_authorization", "post", {**who, "scope": "openid"}), {}),
        "device code": Page(Form("/token", "post", {**who, "grant_type": DEVICE_CODE, "device_code": "d" * 43}), {}),
    }
