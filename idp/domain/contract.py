"""A contract as facts that can be compared: the keys of each fact, and one row of the operator's CSV file."""

import re
from dataclasses import dataclass
from typing import Callable, Literal, Mapping

from idp.domain import era, folding
from idp.domain.identifiers import fold_email

ContractType = Literal["individual", "corporate"]
Fact = Literal["customer_number", "phone", "kana_name", "kanji_name", "corporate_name", "birth_date", "isp_mail"]

# which contracts a name can belong to when the member has not said; registration asks everybody for kana (portals A-07)
_NAMES: dict[str, tuple[ContractType, ...]] = {
    "kana_name": ("individual", "corporate"),
    "kanji_name": ("individual",),
    "corporate_name": ("corporate",),
}


def _birth_date(text: str) -> str | None:
    parts = era.split_date(text)
    day = era.birth_date(*parts) if parts else None
    return day.isoformat() if day else None


_EXACT: dict[str, Callable[[str], str | None]] = {
    "customer_number": folding.customer_number,
    "phone": folding.phone,
    "birth_date": _birth_date,
    "isp_mail": fold_email,
}
FACTS: tuple[str, ...] = (*_EXACT, *_NAMES)
# facts that one contract has and hardly any other
IDENTIFYING = frozenset({"customer_number", "phone", "isp_mail"})


def _name_keys(typed: str, contract_type: ContractType) -> dict[str, str | None]:
    """A name may be typed in any script, whatever the box is called (portals P-23a)."""
    if contract_type == "corporate":
        short = folding.company_kana(typed)
        return {"company": folding.company(typed), "company_kana": short if folding.script(short or "") == "kana" else None}
    written = folding.script(typed)
    if written == "kana":
        return {"kana": folding.kana(typed), "bank": folding.bank_kana(typed)}
    return {"latin": folding.latin(typed)} if written == "latin" else {"kanji": folding.kanji(typed)}


def fact_keys(kind: str, typed: str, contract_type: ContractType | None = None) -> tuple[str, ...]:
    """The keys of one fact, each `level:folded`; two facts are the same when they share a key. None: cannot be compared.

    `kind` is one of `FACTS` (KeyError otherwise). `contract_type` is given for the operator's records and None for what
    a member types. Levels of names: kana (strict), bank, kanji, latin; company and company_kana. A birth date is
    one text, `1958-04-01` or `昭和33-4-1`; three boxes are joined by "-".
    """
    if kind in _NAMES:
        types = (contract_type,) if contract_type else _NAMES[kind]
        return tuple(f"{level}:{key}" for one in types for level, key in _name_keys(typed, one).items() if key)
    folded = _EXACT[kind](typed)
    return (f"{kind}:{folded}",) if folded else ()


def askable(facts: Mapping[str, str]) -> bool:
    """Whether there are facts, each with something in it and at most 1 KiB. Raises KeyError for an unknown name."""
    for kind in facts:
        if kind not in FACTS:
            raise KeyError(kind)
    return bool(facts) and all(folding.fold(typed) for typed in facts.values())


def is_name_key(key: str) -> bool:
    """Whether a key of `fact_keys` is one of a name."""
    return key.partition(":")[0] not in _EXACT


# columns of the CSV by the names operators give them, compared without spaces, brackets and case
COLUMNS: dict[str, tuple[str, ...]] = {
    "customer_number": ("お客様番号", "お客さま番号", "顧客番号", "契約者番号", "契約番号"),
    "type": ("契約種別", "契約者種別", "個人法人区分", "個人法人"),
    "phone": ("電話番号", "登録電話番号", "連絡先電話番号", "tel"),
    "kana_name": ("契約者名カナ", "契約者名フリガナ", "お名前カナ", "氏名カナ", "カナ氏名", "フリガナ"),
    "kanji_name": ("契約者名漢字", "契約者名", "お名前漢字", "お名前", "氏名漢字", "漢字氏名", "氏名"),
    "birth_date": ("生年月日", "契約者生年月日"),
    "isp_mail": ("メールアドレス", "第1メールアドレス", "ISPメール"),
}
REQUIRED = ("customer_number", "type")
TYPES: dict[str, ContractType] = {
    **dict.fromkeys(("individual", "個人", "個人契約"), "individual"),
    **dict.fromkeys(("corporate", "法人", "法人契約"), "corporate"),
}


def _plain(name: str) -> str:
    return re.sub(r"[\s()_・]", "", folding.fold(name)).casefold()


_BY_NAME = {_plain(name): column for column, names in COLUMNS.items() for name in (column, *names)}


def column_of(heading: str) -> str | None:
    """The column that a heading of the file stands for, None for one that is not read."""
    return _BY_NAME.get(_plain(heading))


@dataclass(frozen=True)
class Contract:
    """One contract: its folded customer number, and the sorted keys of all its facts, the number's among them."""

    number: str
    contract_type: ContractType
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What a row says: the contract, or why not, as codes `column.reason`; the number if at least that can be read."""

    number: str | None
    contract: Contract | None
    problems: tuple[str, ...] = ()
    repaired: bool = False


# what is left of bytes that are no text in the file's encoding; private characters of an operator are left alone
_DAMAGED = re.compile("[\ufffd\ud800-\udfff\x80-\x9f\uf8f0-\uf8f3]")


def _cell(text: str) -> str:
    """Without the dress that keeps Excel from turning text into numbers: `="0123"`, `'0123`."""
    text = text.strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') else text.removeprefix("'")


def _restored(phone: str) -> str | None:
    """The number with the leading zero that Excel took; None if it is whole, or damaged otherwise."""
    bare = re.sub(r"[^0-9]", "", folding.fold(phone))
    lost = re.fullmatch("[25-9]0[0-9]{8}|[1-9][0-9]{8}", bare)
    return "0" + bare if lost and "+" not in phone and folding.phone("0" + bare) else None


def _reason(column: str, text: str) -> str:
    """Why a cell is no fact although something stands in it."""
    if len(text.encode("utf-8", "surrogatepass")) > folding.CAP_BYTES:
        return "long"
    if _DAMAGED.search(text):
        return "encoding"
    if column in ("customer_number", "phone") and re.fullmatch(r"[0-9.]+[Ee]\+?[0-9]+", folding.fold(text)):
        return "rounded"
    parts = era.split_date(text) if column == "birth_date" else None
    return "era" if parts and era.era_missing(parts[0]) else "invalid"


def _is_kanji(keys: tuple[str, ...]) -> bool:
    """Whether these are keys of a name in kanji; in the column for kana it means that columns were mixed up."""
    return not any(key.startswith(("kana:", "company_kana:")) for key in keys) and folding.script(keys[0]) == "kanji"


def _read_cell(column: str, text: str, contract_type: ContractType | None) -> tuple[set[str], str | None, bool]:
    """Keys of the facts in one cell, or a problem; and whether a lost zero was put back."""
    keys: set[str] = set()
    repaired = False
    for value in text.replace("；", ";").split(";") if column in ("phone", "isp_mail") else [text]:
        if not value.strip():
            continue
        found = fact_keys(column, value, contract_type)
        if column == "phone" and not found and (whole := _restored(value)):
            found, repaired = fact_keys(column, whole, contract_type), True
        if not found or _DAMAGED.search(value):
            return set(), f"{column}.{_reason(column, value)}", False
        if column == "kana_name" and _is_kanji(found):
            return set(), f"{column}.kanji", False
        keys.update(found)
    return keys, None, repaired


def read_row(cells: Mapping[str, str]) -> Row:
    """One row by column name. Phones and addresses may be several, with `;` between. A column that is empty or
    missing is no fact of the contract; one that cannot be read makes the whole row a problem."""
    cells = {column: _cell(text) for column, text in cells.items()}
    number = folding.customer_number(cells.get("customer_number", ""))
    kind = cells.get("type", "")
    contract_type = TYPES.get(kind) or TYPES.get(_plain(kind))
    problems = [f"{column}.missing" for column in REQUIRED if not cells.get(column)]
    if kind and not contract_type:
        problems.append(f"type.{_reason('type', kind)}")
    if not cells.get("kana_name") and not cells.get("kanji_name"):
        problems.append("name.missing")
    keys: set[str] = set()
    repaired = False
    for column, text in cells.items():
        # a company has no birthday that a member could be asked for (portals P-24)
        if not text or column == "type" or (column == "birth_date" and contract_type == "corporate"):
            continue
        found, problem, mended = _read_cell(column, text, contract_type)
        keys |= found
        repaired |= mended
        if problem:
            problems.append(problem)
    if problems or number is None or contract_type is None:
        return Row(number, None, tuple(problems), False)
    return Row(number, Contract(number, contract_type, tuple(sorted(keys))), (), repaired)
