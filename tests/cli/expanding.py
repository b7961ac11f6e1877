"""What a version that is still running needs of the tables, and what of it a step takes away."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect


@dataclass(frozen=True)
class Shape:
    """Columns by table: (type, may be left out when a row is added, may be null); and what must be unique or point somewhere."""

    columns: dict[str, dict[str, tuple[str, bool, bool]]]
    rules: dict[str, frozenset[tuple[str, ...]]]


def shape(connection: Connection) -> Shape:
    """The tables as they are."""
    found, columns, rules = inspect(connection), {}, {}
    for table in set(found.get_table_names()) - {"alembic_version"}:
        columns[table] = {
            one["name"]: (str(one["type"]), one["nullable"] or one["default"] is not None or bool(one.get("autoincrement") is True), one["nullable"])
            for one in found.get_columns(table)
        }
        named: list[Any] = [("unique", *one["column_names"]) for one in found.get_indexes(table) if one["unique"]]
        named += [("unique", *one["column_names"]) for one in found.get_unique_constraints(table)]
        named += [("points", *one["constrained_columns"]) for one in found.get_foreign_keys(table)]
        named += [("check", str(one["sqltext"])) for one in found.get_check_constraints(table)]
        rules[table] = frozenset(named)
    return Shape(columns, rules)


def taken_away(before: Shape, after: Shape) -> list[str]:
    """What code that was written for `before` could not do any more: read, write, or leave out as it does."""
    found = []
    for table, columns in before.columns.items():
        if table not in after.columns:
            found.append(f"{table} is gone")
            continue
        now = after.columns[table]
        for name, (kind, _, nullable) in columns.items():
            if name not in now:
                found.append(f"{table}.{name} is gone")
            elif now[name][0] != kind:
                found.append(f"{table}.{name} was {kind} and is {now[name][0]}")
            elif nullable and not now[name][2]:
                found.append(f"{table}.{name} may not be null any more")
        found += [f"{table}.{name} is new and must be given" for name in set(now) - set(columns) if not now[name][1]]
        for rule in after.rules[table] - before.rules[table]:
            if set(rule[1:]) & set(columns):
                found.append(f"{table}: a new rule for old columns: {' '.join(rule)}")
    return sorted(found)
