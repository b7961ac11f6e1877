"""Whatever a table holds about members is shown to them, or is left out for a reason that stands here."""

from idp.tables.own_data import SHOWN
from idp.tables.schema import metadata

# what they are: fingerprints of links, of codes with a sealed state from before, and what accounts are found by
LEFT_OUT = {"print_rows", "links", "search_names", "undos"}
SECRET = ("hash", "sealed", "secret", "facts", "epoch", "key", "last_step", "lease")


def test_every_table_about_members_is_shown_or_left_out() -> None:
    about = {table.name for table in metadata.sorted_tables if {"account_id", "owner"} & set(table.c.keys())} | {"accounts"}
    assert about == {table.name for table in SHOWN} | LEFT_OUT, "say in idp/tables/own_data.py what members see of it"


def test_nothing_that_opens_anything_is_shown() -> None:
    shown = {f"{table.name}.{name}" for table, names in SHOWN.items() for name in names}
    found = {one for one in shown if any(word in one.partition(".")[2] for word in SECRET)}
    assert found == {"login_ids.login_id_key"}, "which is a login ID, folded"
