"""Importing contracts: what is counted, what is written, when it stops, and that nothing can be read from the register."""

import pytest

from idp.adapters.contractors_register import RegisterContractors
from idp.services.contractor_import import CHUNK, Counts, TooManyEnd
from idp.tables import schema
from idp.tables.database import Database
from idp.vault import Vault
from tests.contractor.files import Importer, contract, text


@pytest.fixture
def run(database, vault, tmp_path):
    return Importer(database, vault, tmp_path)


@pytest.fixture
def plug(database, vault):
    return RegisterContractors(database, vault)


def hundred(first=1):
    return [contract(number) for number in range(first, first + 100)]


def test_new_changed_unchanged_and_ended(run, plug):
    assert run(hundred()) == Counts(rows=100, new=100)
    key = plug.match({"customer_number": "7"}).contract_key
    rows = hundred()[:96] + [contract(500)]
    rows[6]["phone"] = "090-1234-5678"
    rows[8]["type"] = "corporate"
    assert run(rows) == Counts(rows=97, new=1, changed=2, unchanged=94, ended=4, live=100)
    assert plug.match({"customer_number": "7", "phone": "09012345678"}).contract_key == key
    assert plug.match({"customer_number": "7", "phone": "0748000007"}) is None
    assert plug.match({"customer_number": "9"}).contract_type == "corporate"
    assert plug.match({"customer_number": "100"}) is None
    assert plug.match({"customer_number": "500"})


def test_the_same_file_again_writes_nothing(run):
    run(hundred())
    before = run.register()
    run.now += 100
    assert run(text(list(reversed(hundred())), end="\n").replace("-", "−")) == Counts(rows=100, unchanged=100, live=100)
    assert run.register() == before


def test_a_dry_run_writes_nothing_at_all(run, database):
    run(hundred())
    before = run.dump()
    rows = hundred()[:97] + [contract(500)]
    assert run(rows, dry_run=True) == Counts(rows=98, new=1, unchanged=97, ended=3, live=100)
    with pytest.raises(TooManyEnd):
        run(hundred(51), dry_run=True)
    assert run.dump() == before


@pytest.mark.parametrize("left, allowed, stops", [(95, 5, False), (94, 5, True), (94, 6, False), (0, 99.9, True), (0, 100, False), (99, 0, True)])
def test_it_stops_when_too_many_would_end(run, left, allowed, stops):
    run(hundred())
    before = run.register()
    rows = hundred()[:left] + [contract(500)]
    if stops:
        with pytest.raises(TooManyEnd, match=f"{100 - left} of 100 contracts would end") as stopped:
            run(rows, allow_ending=allowed)
        assert stopped.value.counts.new == 1
        assert run.register() == before
    else:
        assert run(rows, allow_ending=allowed).ended == 100 - left


def test_an_empty_list_ends_nobody(run):
    run(hundred())
    with pytest.raises(TooManyEnd):
        run(text([]))


def test_a_row_with_a_problem_is_left_out_and_its_contract_stays(run, plug):
    run(hundred())
    rows = hundred()
    rows[3]["birth_date"] = "33-4-1"
    rows[4]["phone"] = "110"
    counts = run([*rows, contract(500, type="?")])
    assert counts == Counts(rows=101, unchanged=98, errors=3, live=100)
    assert run.problems == [(5, ("birth_date.era",)), (6, ("phone.invalid",)), (102, ("type.invalid",))]
    assert plug.match({"customer_number": "5", "phone": "0748000005"})
    assert plug.match({"customer_number": "500"}) is None


def test_a_number_may_stand_in_the_file_once(run, plug):
    first, same, other = contract(1), contract(1, customer_number="1"), contract(1, phone="0312345678")
    filler = [contract(number) for number in range(10, 10 + CHUNK)]
    counts = run([first, same, *filler, other, same])  # the last two in another chunk
    assert counts == Counts(rows=CHUNK + 4, new=CHUNK + 1, duplicates=2, errors=1)
    assert run.problems == [(CHUNK + 4, ("row.repeated",))]
    assert plug.match({"customer_number": "1", "phone": "0748000001"})
    assert run([first, same, *filler, other, same]) == Counts(rows=CHUNK + 4, unchanged=CHUNK + 1, duplicates=2, errors=1, live=CHUNK + 1)


def test_lost_zeros_are_put_back_and_counted(run, plug):
    rows = [contract(1, phone="9012345678"), contract(2, phone="748660739"), contract(3)]
    assert run(rows).repaired == 2
    assert plug.match({"customer_number": "1", "phone": "09012345678"})
    assert plug.match({"customer_number": "2", "phone": "0748-66-0739"})


def test_several_chunks_and_pages(run):
    rows = [contract(number) for number in range(1, 5_001)]
    seen = []
    assert run(rows, progress=lambda *args: seen.append(args)) == Counts(rows=5_000, new=5_000)
    assert [step for step, _, _ in seen] == ["reading"] * 3 + ["writing"] * 3
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen[:3]) * 2
    assert all(done <= total for _, done, total in seen) and seen[2][1] == seen[2][2]
    seen.clear()
    assert run(rows[::2], allow_ending=50, progress=lambda *args: seen.append(args)).ended == 2_500
    assert seen[-1] == ("ending", 2_500, 2_500)
    assert run(rows) == Counts(rows=5_000, new=2_500, unchanged=2_500, live=2_500)


def test_a_contract_that_comes_back_is_the_same(run, plug):
    run(hundred())
    key = plug.match({"customer_number": "7"}).contract_key
    run(hundred()[:6] + hundred()[7:])
    assert plug.match({"customer_number": "7"}) is None
    rows = hundred()
    rows[6] |= {"phone": "0312345678", "kanji_name": "別 名"}  # moved, and married; the kana name is still there
    assert run(rows).new == 1
    assert plug.match({"customer_number": "7", "phone": "0312345678"}).contract_key == key


def test_a_number_given_to_somebody_else_is_another_contract(run, plug):
    run(hundred())
    key = plug.match({"customer_number": "7"}).contract_key
    run(hundred()[:6] + hundred()[7:])
    rows = hundred()
    rows[6] = contract(7, kana_name="ｽｽﾞｷ ｲﾁﾛｳ", kanji_name="鈴木 一郎")
    assert run(rows).new == 1
    assert plug.match({"customer_number": "7"}).contract_key not in (None, key)
    assert run(rows) == Counts(rows=100, unchanged=100, live=100)


def test_an_import_leaves_an_audit_row_without_persons(run):
    run(hundred())
    ((_, at, event, result, *_, detail),) = run.dump()["audit"]
    assert (at, event, result) == (1_000_000, "contractors_imported", "done")
    assert '"new": 100' in detail and "example.jp" not in detail


def test_nothing_of_a_person_can_be_read_from_the_database(vault, tmp_path):
    database = Database(f"sqlite:///{tmp_path}/idp.db")
    schema.metadata.create_all(database.engine)
    row = contract(
        1, customer_number="0023456789", phone="090-9876-5432", kana_name="ﾀｶﾊｼ ｼｭﾝｽｹ", kanji_name="髙橋 俊介",
        birth_date="昭和33年4月1日", isp_mail="shunsuke.takahashi@example.jp",
    )  # fmt: skip
    run = Importer(database, vault, tmp_path)
    for change in ({}, {"phone": "080-9876-5432"}, {"birth_date": "1958-04-02"}):
        run([row | change, contract(2)])
    run([contract(2)], allow_ending=50)
    files = [path for path in tmp_path.iterdir() if path.name.startswith("idp.db")]
    raw = b"".join(path.read_bytes() for path in files)
    assert b"contractor_facts" in raw and len(raw) > 20_000
    clear = [
        "23456789", "90987654", "09098765432", "9098765432", "ﾀｶﾊｼ", "タカハシ", "ｼｭﾝｽｹ", "シュンスケ", "シユンスケ", "髙橋", "高橋", "俊介",
        "昭和33", "1958", "19580401", "0401", "shunsuke", "takahashi",
    ]  # fmt: skip
    for value in clear:
        for encoding in ("utf-8", "cp932", "utf-16-le"):
            assert value.encode(encoding) not in raw, value
    database.close()


def test_another_secret_gives_other_hashes(run, database, tmp_path):
    run([contract(1)])
    before = {fact for fact, _ in run.dump()["contractor_facts"]}
    other = Importer(database, Vault((("other", bytes(range(100, 132))),)), tmp_path)
    other([contract(1)], allow_ending=100)
    after = {fact for fact, _ in other.dump()["contractor_facts"]}
    assert before and len(after - before) == len(before), "what the first secret made is of no use to the second"
