"""What the pages of an import show: its columns by their shape, its counts, the rows left out."""

import csv
import io
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

from idp.deps import Deps
from idp.domain.contract import COLUMNS, TYPES
from idp.domain.shape import shape
from idp.services import contract_jobs
from idp.tables import accounts
from idp.tables import contract_imports as table
from idp.tables.contract_imports import Job

PAGE = 20
HEADING = 60  # characters of a heading that are shown
CSV_ROWS = 10_000
# what each kind of problem is said by; a column and one of these make a code
WHY = ("missing", "invalid", "long", "encoding", "rounded", "era", "kanji", "columns", "quotes", "repeated")


@dataclass(frozen=True)
class FileColumn:
    """A column of a file: its heading, what cells look like, and what it is taken for."""

    heading: str
    cells: tuple[str, ...]
    guess: str


def listed(deps: Deps, at: int, after: str) -> tuple[list[Job], Job | None]:
    """A page of imports, the newest first, and the last of them if there may be more."""
    with deps.database.read() as connection:
        found = table.page(connection, (at, after) if after else None, PAGE + 1)
    return found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None


def find(deps: Deps, job_id: str) -> Job | None:
    """The import, or None."""
    with deps.database.read() as connection:
        return table.find(connection, job_id)


def names(deps: Deps, jobs: Sequence[Job]) -> Mapping[str, str]:
    """Login IDs of staff by subject."""
    wanted = {one for job in jobs for one in (job.actor, job.applied_by) if one and one != "cli"}
    with deps.database.read() as connection:
        found = {one: accounts.by_id(connection, one) for one in wanted}
    return {one: account.login_id for one, account in found.items() if account}


def columns(deps: Deps, job: Job) -> list[FileColumn]:
    """The columns of its file. What stands in the cells is shown by its shape only, but for the two words of a type. Raises
    `contract_jobs.Refused` if the file is gone."""
    head = contract_jobs.head_of(deps, job)
    guessed = [column for _, column in job.columns] or contract_jobs.guess(deps, head.headings)
    return [
        FileColumn(
            heading.strip()[:HEADING],
            tuple(_shown(row[at].strip()) if at < len(row) else "" for row in head.rows),
            guessed[at] or "" if at < len(guessed) else "",
        )
        for at, heading in enumerate(head.headings[: contract_jobs.COLUMNS])
    ]


def _shown(cell: str) -> str:
    return cell if cell in TYPES else shape(cell)


def chosen(form: Mapping[str, str], count: int) -> list[str | None]:
    """The columns as the form names them: `col0` and so on; anything but a column of ours is not read."""
    return [form.get(f"col{at}") if form.get(f"col{at}") in COLUMNS else None for at in range(count)]


def problems_csv(deps: Deps, job: Job, say: Callable[[str], str], heading: Sequence[str]) -> bytes:
    """The rows left out as CSV for a spreadsheet: number of the line, column, reason. Nothing of what stood there, and
    nothing that a spreadsheet could take for a formula (requirement AD-09)."""
    with deps.database.read() as connection:
        rows = table.problems_of(connection, job.id, 0, CSV_ROWS)
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(heading)
    for line, codes in rows:
        for code in codes:
            column, _, reason = code.partition(".")
            writer.writerow((line, say(f"con.reg.column.{column}"), say(f"con.reg.why.{reason}")))
    return b"\xef\xbb\xbf" + out.getvalue().encode()
