"""What the import pages say, as pure functions from a job to sentences (LOOK §8)."""

from typing import NamedTuple

from accounts.models import ImportJob
from kam.common.formatting import number, plural

_ROW_WORDS = {
    "accounts": "account",
    "segments": "segment",
    "products": "product",
    "exchange_rates": "rate",
    "sales_lines": "sales line",
    "contacts": "contact",
    "cost_entries": "cost entry",
    "potentials": "potential",
}
_PLURALS = {"cost entry": "cost entries"}


class Steps(NamedTuple):
    """Which of the four files a ledger needs are there."""

    accounts: bool
    products: bool
    sales: bool
    costs: bool

    @property
    def done(self) -> int:
        return sum(self)


def rows_of(job: ImportJob, count: int) -> str:
    """ "60,855 sales lines": a count in the words of the job's kind."""
    one = _ROW_WORDS.get(job.kind, "row")
    return plural(count, one, _PLURALS.get(one))


def list_finding(*, total: int, running: int, failed_last: ImportJob | None, steps: Steps) -> str:
    """The heading of the list: what needs a person comes first."""
    if not total:
        return "Load your ledger in four steps"
    if running:
        return f"{plural(running, 'import')} under way. You can go on working."
    if failed_last is not None:
        return f"The last import failed: nothing of {failed_last.file_name} is stored."
    missing = [
        word
        for word, there in (
            ("accounts", steps.accounts),
            ("products", steps.products),
            ("sales lines", steps.sales),
            ("cost-to-serve", steps.costs),
        )
        if not there
    ]
    if missing:
        return f"Your ledger still lacks {_and(missing)}."
    return "Your ledger has accounts, products, sales and cost-to-serve."


def job_finding(job: ImportJob) -> str:
    """The heading of one import: what became of the file."""
    if job.status == ImportJob.Status.DRAFT:
        return f"Say what the columns of {job.file_name} are"
    if job.status == ImportJob.Status.QUEUED:
        return f"{job.file_name} waits for its turn"
    if job.status == ImportJob.Status.RUNNING:
        return f"{job.file_name} is being imported"
    if job.status == ImportJob.Status.FAILED:
        begin = "Nothing was imported" if not job.dry_run else "This file cannot be imported as it is"
        if not job.rejected:
            return begin
        verb = "is" if job.rejected == 1 else "are"
        return f"{begin}: {number(job.rejected)} of {plural(job.rows_total or 0, 'row')} {verb} wrong"
    would = job.dry_run
    parts = []
    if job.created:
        parts.append(f"{'add' if would else 'added'} {rows_of(job, job.created)}")
    if job.updated:
        parts.append(f"{'change' if would else 'changed'} {number(job.updated)}")
    if not parts:
        if job.rejected and not job.unchanged:
            return "No row of this file is good enough to store"
        changed = "would change" if would else "changed"
        if job.unchanged == 1:
            return f"The one {_ROW_WORDS.get(job.kind, 'row')} is stored already; nothing {changed}"
        return f"All {rows_of(job, job.unchanged)} are stored already; nothing {changed}"
    return f"This file {'would ' if would else ''}{_and(parts)}"


def job_detail(job: ImportJob, first_fault: str = "") -> str:
    """The sentence below the heading; of a refused file its first fault."""
    if job.status == ImportJob.Status.FAILED:
        return first_fault if job.rejected and first_fault else job.failure
    if job.status != ImportJob.Status.SUCCEEDED:
        return ""
    parts = []
    if job.unchanged and (job.created or job.updated):
        parts.append(f"{number(job.unchanged)} were stored already.")
    if job.rejected:
        verb = (
            "would be left out" if job.dry_run else ("was left out" if job.rejected == 1 else "were left out")
        )
        parts.append(f"{plural(job.rejected, 'row')} {verb}, with the reason below.")
    if job.dry_run:
        parts.append("Nothing is stored yet.")
    return " ".join(parts)


def fault_sentence(*, row: int, field: str, message: str) -> str:
    """A fault's message without the row and the column, where both stand beside it."""
    where = f"Row {row:,}, {field}: " if field else f"Row {row:,}: "
    rest = message.removeprefix(where)
    return rest[:1].upper() + rest[1:]


def phase_words(job: ImportJob) -> str:
    """What a running import does now."""
    rows = plural(job.rows_done, "row")
    return {
        "reading": f"Reading and checking: {rows} so far",
        "checking": f"Comparing {rows} with each other",
        "writing": f"Storing {rows} and summing the months",
    }.get(job.phase, "Waiting for a free worker")


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
