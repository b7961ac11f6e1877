"""`idp contractor …`: the operator's contract records."""

import csv
import os
from contextlib import ExitStack
from typing import Any, Callable

import click

from idp.cli.common import Refused, opened
from idp.domain.contract import COLUMNS, TYPES
from idp.services import contractor_import as service
from idp.services.contract_ends import Members
from idp.services.contractor_csv import ContractFile, Unreadable

SHOWN = 10
# codes of idp.domain.contract and idp.services.contractor_*, after the column's name
PROBLEMS = {
    "missing": "this must be filled in",
    "invalid": "this cannot be read",
    "long": "this is longer than 1 KiB",
    "encoding": "this holds bytes that are no text; try --encoding",
    "rounded": "Excel has rounded this number; format the column as text and export again",
    "era": "the year needs its era or four digits",
    "kanji": "kana is wanted here; are columns mixed up?",
    "columns": "the row has not as many cells as the first line names columns",
    "quotes": "a quotation mark is not closed",
    "repeated": "an earlier row says something else of the same customer number; the earlier one counts",
}
_SAY = {
    "customer_number": "required; leading zeros, spaces and hyphens do not count",
    "type": "required; one of " + " ".join(TYPES),
    "phone": "several with ; between; a zero that Excel has taken is put back",
    "kana_name": "half-width, full-width or hiragana; this or kanji_name is required",
    "kanji_name": "old and new forms of a character are one; also Latin letters",
    "birth_date": "of individuals; 1958-04-01, 1958/4/1, 19580401 or an era year",
    "isp_mail": "several with ; between",
}
HELP = (
    """Bring the register of contracts in line with FILE, the complete list of live contracts as CSV.

Members are recognised by these records when they register or have forgotten their ID. The register keeps keyed hashes
only: no name, date or number can be read from it.

\b
The first line names the columns, in any order; others are ignored:
"""
    + "\n".join(f"  {column:16} {_SAY[column]}\n  {'':16} ({' '.join(names)})" for column, names in COLUMNS.items())
    + """

\b
  customer_number,type,phone,kana_name,kanji_name,birth_date,isp_mail
  """
    + "0001234567,individual,0748-66-0739,\uff94\uff8f\uff80\uff9e \uff8a\uff85\uff7a,,1958-04-01,hanako@example.jp"
    + """

Contracts that FILE does not name end: nobody is recognised by them, and members who had registered by them are told until
when they can sign in. If a contract comes back, that is taken back. If more than 5 % would end, nothing is changed:
such a file is rarely complete. A row with a problem is left out, and its contract stays as it was, as long as its number
can be read. Only differences are written, so the same file can be given again, also after an import was cut off. Try it
first with --dry-run.

Ends with 0 when all rows were taken, with 1 when rows were left out (the others are imported) or nothing was done.
"""
)


@click.group()
def contractor() -> None:
    """The operator's contract records, by which members are recognised.

    \b
    Try what a file would change, then do it:
      idp contractor import contracts.csv --dry-run
      idp contractor import contracts.csv
    """


def _progress() -> service.Progress:
    """Percent on standard error, each step on a line of its own."""
    last: tuple[str, int] = ("", 0)

    def show(step: service.Step, done: int, total: int) -> None:
        nonlocal last
        percent = min(100, done * 100 // max(total, 1))
        if (step, percent) != last:
            click.echo(f"\r{step} {percent:3} %", nl=percent == 100, err=True)
            last = (step, percent)

    return show


def _sentences(line: int, codes: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """(line, column, sentence) of each problem. Never what stood there: the file with the reasons may be passed on."""
    return [(line, column, PROBLEMS[reason]) for column, _, reason in (code.partition(".") for code in codes)]


def _summary(counts: service.Counts, dry_run: bool) -> str:
    parts = [f"{getattr(counts, name)} {name}" for name in ("new", "changed", "unchanged", "ended")]
    text = f"{counts.rows} rows: {', '.join(parts)}; {counts.errors} left out"
    text += f", {counts.duplicates} said twice" if counts.duplicates else ""
    return text + (". Nothing was written." if dry_run else ".")


@contractor.command("import", help=HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only read and count; write nothing.")
@click.option("--errors", metavar="FILE", help="Write line, column and reason of every row left out to this CSV file.")
@click.option("--encoding", type=click.Choice(["auto", "utf-8", "cp932"]), default="auto", show_default=True, help="cp932 is Shift_JIS.")
@click.option("--allow-ending", type=click.FloatRange(0, 100), default=5.0, show_default=True, metavar="PERCENT", help="How many may end.")
@click.pass_context
def import_(ctx: click.Context, file: str, errors: str | None, encoding: Any, **how: Any) -> None:
    with ExitStack() as stack:
        try:
            source = ContractFile(stack.enter_context(open(file, "rb")), encoding)
        except (OSError, Unreadable) as error:
            raise Refused(f"{file}: {error}") from None
        if errors and os.path.exists(errors) and os.path.samefile(errors, file):
            raise Refused("--errors: this is the file of contracts itself; nothing was changed. Name another one.")
        problem = _collector(stack, errors)
        deps = stack.enter_context(opened(ctx))
        if deps.settings.contractors.url != "register:":
            raise Refused("[contractors] url names a customer system, so nobody asks the register. Set it to register: first.")
        for name in source.ignored:
            click.echo(f"Column ignored: {name}", err=True)
        try:
            counts = service.run(deps.database, deps.vault, deps.clock, source, problem=problem, progress=_progress(), follow=Members(deps), **how)
        except service.TooManyEnd as error:
            click.echo(_summary(error.counts, dry_run=True), err=True)
            raise Refused(str(error)) from None
        except service.Refused as error:
            raise Refused(str(error)) from None
    click.echo(_summary(counts, how["dry_run"]))
    if counts.repaired:
        click.echo(f"{counts.repaired} rows had phone numbers without their leading zero; it was put back.", err=True)
    if counts.errors:
        where = f"See {errors}" if errors else "For the reasons of all name a file: --errors FILE"
        raise Refused(f"{counts.errors} rows were left out. {where}")


def _collector(stack: ExitStack, path: str | None) -> Callable[[int, tuple[str, ...]], None]:
    """Every problem into the file, or the first few on standard error."""
    told = 0
    writer = None
    if path:
        try:
            out = stack.enter_context(open(path, "w", encoding="utf-8", newline=""))
        except OSError as error:
            raise Refused(f"--errors: {path} cannot be written: {error.strerror}.") from None
        writer = csv.writer(out)
        writer.writerow(("line", "column", "reason"))

    def tell(line: int, codes: tuple[str, ...]) -> None:
        nonlocal told
        for row in _sentences(line, codes):
            if writer:
                writer.writerow(row)
            elif told < SHOWN:
                click.echo("\rLine {}, {}: {}.".format(*row), err=True)
            told += 1

    return tell
