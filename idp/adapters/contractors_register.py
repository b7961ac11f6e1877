"""Contract records as the imported register: keyed hashes of folded facts, no personal data in clear."""

from typing import Mapping

from idp.domain.contract import askable, fact_keys, is_name_key
from idp.ports import ContractMatch
from idp.tables import contractors
from idp.tables.database import Database
from idp.vault import Vault


class RegisterContractors:
    """`Contractors` from the tables that `idp contractor import` fills. One query, however many facts."""

    def __init__(self, database: Database, vault: Vault):
        self._database, self._vault = database, vault

    def match(self, facts: Mapping[str, str]) -> ContractMatch | None:
        """See `idp.ports.Contractors`."""
        keys = [fact_keys(kind, typed) for kind, typed in facts.items()] if askable(facts) else []
        if not keys or not all(keys):
            return None
        # a contract that was last written under an older secret is found too
        hashed = {
            contractors.hashed(self._vault, key, key_id): key for group in keys for key in group for key_id in self._vault.key_ids
        }
        groups = [[one for one, key in hashed.items() if key in group] for group in keys]
        with self._database.read() as connection:
            found = contractors.search(connection, groups)
        if len(found) != 1:
            return None
        agreed = [hashed[one].partition(":")[0] for one in hashed if one in found[0].hashes and is_name_key(hashed[one])]
        contract_key = f"k:{found[0].id}"
        number = fact_keys("customer_number", facts["customer_number"])[0].partition(":")[2] if "customer_number" in facts else None
        return ContractMatch(number or contract_key, found[0].contract_type, contract_key, agreed[0] if agreed else "")

    def ping(self) -> None:
        """See `idp.ports.Contractors`."""
        with self._database.read() as connection:
            contractors.probe(connection)
