"""What fits into one SMS: 70 units, letters that every gateway can carry, and the line that binds a code to its site."""

# 140 bytes of UCS-2; longer ones go in parts, each billed, and joined in another way by each carrier
BUDGET = 70

# the longest that a fact of an SMS may be, for the proof that every template fits; times are put into words by the locale
LONGEST = {"code": "888888", "desk_code": "888888", "login_id": "W" * 30, "minutes": "10", "undo_code": "mmmmm-mmmmm"}


def units(text: str) -> int:
    """UTF-16 code units with each line end counted as CRLF, as gateways count them (japan.md, Phones and SMS)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return len(lines.encode("utf-16-le", "surrogatepass")) // 2


def strangers(text: str) -> str:
    """The characters that do not survive Shift_JIS as Windows writes it (cp932), into which one gateway converts."""
    return "".join(dict.fromkeys(c for c in text if c.encode("cp932", "ignore").decode("cp932") != c))


def problems(text: str, host: str = "", code: str = "") -> tuple[str, ...]:
    """What keeps the text from going out as one SMS, for the operator's eyes; empty if nothing does.

    One with a `code` ends with the line `@host #code`, so that browsers fill it in on that site only ("Origin-bound
    one-time codes delivered via SMS", Web Incubator Community Group).
    """
    found = []
    if (length := units(text)) > BUDGET:
        found.append(f"it is {length} units long and {BUDGET} fit into one SMS")
    if lost := strangers(text):
        found.append(f"Shift_JIS has no {' '.join(lost)}")
    if code and text.split("\n")[-1] != f"@{host} #{code}":
        found.append("it does not end with the line @{host} #{code}")
    return tuple(found)
