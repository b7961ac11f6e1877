"""Contract files for the tests of the import, and what the register holds afterwards."""

import csv
import io
from pathlib import Path
from typing import Any, Sequence

from sqlalchemy import select

from idp.services import contractor_import
from idp.services.contractor_csv import ContractFile
from idp.tables import schema
from idp.tables.database import Database
from idp.vault import Vault

HEADINGS = ("customer_number", "type", "phone", "kana_name", "kanji_name", "birth_date", "isp_mail")
JAPANESE = ("お客様番号", "契約種別", "電話番号", "契約者名（カナ）", "契約者名（漢字）", "生年月日", "メールアドレス")


def contract(number: int, **changes: str) -> dict[str, str]:
    """A contract like no other."""
    row = dict(
        customer_number=f"{number:010d}",
        type="individual",
        phone=f"0748{number:06d}",
        kana_name="ﾔﾏﾀﾞ " + "".join("アイウエオカキクケコ"[int(digit)] for digit in str(number)),
        kanji_name=f"髙橋 花子{number}",
        birth_date=f"昭和{number % 60 + 1}年{number % 12 + 1}月{number % 28 + 1}日",
        isp_mail=f"m{number}@example.jp",
    )
    return row | changes


def text(rows: Sequence[dict[str, str]], headings: Sequence[str] = HEADINGS, end: str = "\r\n") -> str:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end)
    writer.writerow(headings)
    writer.writerows([row[name] for name in HEADINGS] for row in rows)
    return out.getvalue()


class Importer:
    """Imports texts or bytes into a register, and remembers which problems were told."""

    def __init__(self, database: Database, vault: Vault, folder: Path):
        self.database, self.vault, self.path = database, vault, folder / "contracts.csv"
        self.now = 1_000_000.0
        self.problems: list[tuple[int, tuple[str, ...]]] = []

    def __call__(self, content: str | bytes | Sequence[dict[str, str]], encoding: Any = "auto", **how: Any) -> contractor_import.Counts:
        if not isinstance(content, (str, bytes)):
            content = text(content)
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.problems = []
        with open(self.path, "rb") as file:
            how.setdefault("problem", lambda line, codes: self.problems.append((line, codes)))
            return contractor_import.run(self.database, self.vault, lambda: self.now, ContractFile(file, encoding), **how)

    def dump(self) -> dict[str, list[tuple]]:
        """Every row of the tables that an import may write."""
        with self.database.read() as connection:
            tables = (schema.contractors, schema.contractor_facts, schema.leases, schema.audit)
            return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in tables}

    def register(self) -> list[list[tuple]]:
        """The contracts and their facts."""
        rows = self.dump()
        return [rows["contractors"], rows["contractor_facts"]]
