"""Mobile numbers at the edge: E.164 inside the house, whatever form a gateway wants outside."""

import re

FORMS = ("e164", "domestic")


def in_form(e164: str, form: str) -> str:
    """`+819012345678` as "e164", or as "domestic" `09012345678`; raises ValueError unless it is a Japanese mobile.

    060 is a mobile prefix too, from 2026 on (japan.md, Phones and SMS).
    """
    if not re.fullmatch(r"\+81[6-9]0[0-9]{8}", e164):
        raise ValueError("not a Japanese mobile number")
    return e164 if form == "e164" else "0" + e164[3:]
