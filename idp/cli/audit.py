"""`idp audit …`: the audit record proven and exported."""

import re
import sys
from datetime import datetime
from typing import Any

import click

from idp.cli.common import Refused, actor, opened
from idp.domain.audit_chain import Finding
from idp.domain.letter import JST
from idp.services import audit_chain, audit_export, audit_verify, records
from idp.tables import audit_blocks

SAID = {
    "changed": "block {seq}: rows were changed: {ids}.",
    "removed": "block {seq}: rows were removed: {ids}.",
    "inserted": "block {seq}: rows were put in: {ids}.",
    "reordered": "block {seq}: rows stand in each other's place: {ids}.",
    "edited": "block {seq}: the block itself is not as it was sealed.",
    "missing": "blocks {seq} to {until} are missing.",
    "unpurged": "block {seq}: it says that its rows were purged, and that is not proven.",
    "key": "block {seq}: the secret key that it was sealed with is not among [secrets] keys.",
    "shorter": "the record ends before block {seq}, and is known to have reached block {until}.",
}


@click.group()
def audit() -> None:
    """The audit record: prove that nobody has changed it, and export it.

    The courier seals finished rows into blocks of a keyed chain, within about a minute, and deletes the rows of blocks
    older than [audit] keep_days; what is left can still be proven.

    \b
    Try it:
      idp audit verify
      idp audit export --from 2026-11-01 --to 2026-12-01 > november.jsonl
    """


def _sentence(finding: Finding) -> str:
    return SAID[finding.kind].format(seq=finding.seq, until=finding.until, ids=", ".join(map(str, finding.ids)))


def _head(ctx: click.Context, parameter: click.Parameter, text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,17}:[A-Za-z0-9_-]{43}", text):
        raise click.BadParameter("write BLOCK:DIGEST as the courier's log has them.")
    seq, _, digest = text.partition(":")
    return int(seq), digest


@audit.command()
@click.option("--head", callback=_head, metavar="BLOCK:DIGEST", help="A block that is known to have been sealed, from the courier's log.")
@click.pass_context
def verify(ctx: click.Context, head: tuple[int, str] | None) -> None:
    """Prove the whole record, block by block, and name every row and block that is not as it was sealed.

    Exit code 0: it is. 1: it is not; each line on stderr says what and where.

    The newest rows are not sealed yet, and whoever can write to the database could cut off the newest blocks with their
    rows. The last block that the ephemeral store remembers is looked for; better, give one from the courier's log, which
    has a line "audit block sealed" for each.
    """
    with opened(ctx, migrate=False) as deps:
        known = [head, audit_chain.head(deps)]
        place, blocks, rows, purged, wrong = audit_verify.Place(), 0, 0, 0, 0
        for block, problems in audit_verify.walk(deps, place):
            place, blocks = audit_verify.behind(block), blocks + 1
            rows, purged = rows + (0 if block.purged_at else block.count), purged + bool(block.purged_at)
            wrong += _complain(problems)
        wrong += sum(_complain(audit_verify.ends(deps, place, one)) for one in known)
        with deps.database.read() as connection:
            waiting, oldest = audit_blocks.tail(connection, place.last_id)
        late = oldest is not None and oldest < deps.now() - 10 * audit_chain.WAIT
    click.echo(f"{blocks} blocks, {purged} of them purged; {rows} rows sealed; {waiting} rows not sealed yet.")
    if blocks:
        click.echo(f"The record reaches {place.seq}:{place.digest}")
    if late and oldest is not None:
        click.echo(f"Rows since {audit_export.iso(oldest)} are not sealed: is a courier running?", err=True)
    if wrong:
        raise Refused(f"The record is not as it was sealed: {wrong} problem(s).")
    click.echo("Everything is as it was sealed.")


def _complain(problems: list[Finding]) -> int:
    for problem in problems:
        click.echo(_sentence(problem), err=True)
    return len(problems)


class _Time(click.ParamType):
    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """A day or time as Unix seconds; without an offset it is Japan's."""
        try:
            found = datetime.fromisoformat(value)
            return int((found if found.tzinfo else found.replace(tzinfo=JST)).timestamp())
        except (ValueError, OverflowError):
            self.fail(f"{value[:40]!a} is not a time; write 2026-11-22 or 2026-11-22T14:35+09:00.", param, ctx)


@audit.command()
@click.option("--from", "since", type=_Time(), help="The first day or time; default: the oldest row.")
@click.option("--to", "until", type=_Time(), help="The day or time before which to stop; default: the newest row.")
@click.option("--format", "form", type=click.Choice(audit_export.FORMATS), default="jsonl", show_default=True)
@click.pass_context
def export(ctx: click.Context, since: int | None, until: int | None, form: audit_export.Format) -> None:
    """Write rows of the record to standard output, the oldest first. Days and times are Japan's unless they say otherwise.

    jsonl: one JSON object a line. csv: UTF-8 with a byte order mark; a cell that a spreadsheet could take for a formula
    has an apostrophe in front. The export itself is on record.
    """
    with opened(ctx) as deps:
        days = {name: audit_export.iso(at) for name, at in (("since", since), ("until", until)) if at is not None}
        asked = {**days, "format": form}
        with deps.database.write() as connection:
            records.add(connection, deps, "audit_exported", actor=actor(), detail=asked)
        for piece in audit_export.lines(deps, form, since, until):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
