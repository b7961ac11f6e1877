"""A few examples of what an import would do, and how many members it would end: nothing of a person in clear."""

from typing import Any, Mapping, Sequence

from sqlalchemy import Connection

from idp.domain.contract import is_name_key
from idp.domain.shape import masked_number
from idp.services import contract_ends
from idp.services.contract_watch import Hashed, Verdict, Watch
from idp.tables import contractors as register
from idp.tables.contractors import Stored
from idp.vault import Vault

MOST = 5  # of each kind


class Examples(Watch):
    """Looks on. `found`: for each example its kind, line, masked customer number, and which facts differ; `members`: how
    many would be told that their contract has ended."""

    def __init__(self, vault: Vault):
        self._vault = vault
        self.found: list[Mapping[str, Any]] = []
        self.members = 0

    def row(self, connection: Connection, verdict: Verdict, row: Hashed, before: Stored | None) -> None:
        """See `Watch`."""
        if verdict == "unchanged" or row.contract is None or sum(one["kind"] == verdict for one in self.found) >= MOST:
            return
        facts = self._differ(connection, row, before) if verdict == "changed" and before else []
        self.found.append({"kind": verdict, "line": row.line, "number": masked_number(row.contract.number), "facts": facts})

    def ending(self, connection: Connection, contracts: Sequence[str]) -> None:
        """See `Watch`."""
        self.members += contract_ends.affected(connection, contracts)

    def _differ(self, connection: Connection, row: Hashed, before: Stored) -> list[str]:
        """The facts of which the file says something that the register does not know; "less" where it only says less, and
        "type", or "keys" where the same stands there under an older secret."""
        assert row.contract
        old = register.hashes_of(connection, [before.id]).get(before.id, set())
        facts: list[str] = []
        seen = set()
        for key in row.contract.keys:
            found = {register.hashed(self._vault, key, key_id) for key_id in self._vault.key_ids} & old
            seen |= found
            if not found:
                facts.append("name" if is_name_key(key) else key.partition(":")[0])
        if before.contract_type != row.contract.contract_type:
            facts.append("type")
        return sorted(set(facts)) or (["less"] if old - seen else ["keys"])
