"""The key of pairwise names: one for all processes, and the same whatever becomes of the operator's secrets."""

from dataclasses import replace

import pytest

from idp.deps import Deps
from idp.domain.client import Client
from idp.services.subjects import Subjects, lasting_key
from idp.vault import Vault, VaultError
from tests.services import race

ROOTS = (("test", bytes(range(32))), ("next", bytes(range(1, 33))))
PORTAL = Client("c", redirect_uris=("https://shop.example/cb",), subject_type="pairwise")
OTHER = replace(PORTAL, redirect_uris=("https://bank.example/cb",))
MEMBER = "abcdefghijkmnpqrstuvwxyz23"


def test_sixteen_that_need_it_first_get_the_same(deps: Deps) -> None:
    assert len(set(race(16, lambda: lasting_key(deps)))) == 1
    names = race(16, lambda: Subjects(deps).told(PORTAL, MEMBER))
    assert len(set(names)) == 1 and Subjects(deps).meant(PORTAL, names[0]) == MEMBER


def test_it_outlives_the_operators_secrets(deps: Deps) -> None:
    before = Subjects(deps).told(PORTAL, MEMBER)
    changed = replace(deps, vault=Vault((ROOTS[1], ROOTS[0])))
    assert Subjects(changed).told(PORTAL, MEMBER) == before, "a new secret in front, the old one behind it"
    alone = replace(deps, vault=Vault((ROOTS[1],)))
    assert Subjects(alone).told(PORTAL, MEMBER) == before, "sealed anew, so that the old one may go"
    with pytest.raises(VaultError):
        Subjects(deps).told(PORTAL, MEMBER)


def test_a_name_is_found_back_by_its_own_sector_only(deps: Deps) -> None:
    subjects = Subjects(deps)
    name = subjects.told(PORTAL, MEMBER)
    assert subjects.meant(PORTAL, name) == MEMBER and subjects.meant(OTHER, name) is None
    for wrong in ("", MEMBER, name[:-1], name + "A", name + "=", name.swapcase(), "あ" * 56, "\x00" * 56, "A" * 56, "A" * 255):
        assert subjects.meant(PORTAL, wrong) is None, wrong
    assert subjects.session(PORTAL, "sid") != subjects.session(OTHER, "sid") != "sid"


def test_public_names_are_what_they_are(deps: Deps) -> None:
    public, subjects = Client("p"), Subjects(deps)
    assert (subjects.told(public, MEMBER), subjects.meant(public, MEMBER), subjects.session(public, "s")) == (MEMBER, MEMBER, "s")
