"""Figures of a run: medians, verdicts, the table and the file."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_STARTED = time.monotonic()


def say(text: str) -> None:
    """A line of progress with the time since the start."""
    print(f"[{time.monotonic() - _STARTED:6.0f} s] {text}", flush=True)


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median_of(times: int, work: Callable[[], object], *, before: Callable[[], object] | None = None) -> float:
    """The median of several runs, in seconds; `before` each of them is not timed."""
    found = []
    for _ in range(times):
        if before is not None:
            before()
        found.append(timed(work))
    return statistics.median(found)


@dataclass(frozen=True)
class Figure:
    """One line of the table. Smaller is better; without a bar it is information and never judged."""

    name: str
    what: str
    value: float
    unit: str
    bar: float | None
    aim: float | None
    detail: str
    judged: bool

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return "–"
        if not self.judged:
            return "not judged"
        if self.value > self.bar:
            return "MISSED"
        return "aim reached" if self.aim is not None and self.value <= self.aim else "within bar"

    def shown(self, value: float | None) -> str:
        if value is None:
            return ""
        if self.unit == "%":
            return f"{100 * value:.2f} %"
        if self.unit in ("queries", "MB"):
            return f"{value:.0f} {self.unit}"
        return f"{value:.2f} {self.unit}"


class Report:
    """Collects the figures of one run."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.figures: list[Figure] = []
        self.failures: list[str] = []

    def add(
        self,
        name: str,
        what: str,
        value: float,
        *,
        unit: str = "×",
        bar: float | None = None,
        aim: float | None = None,
        detail: str = "",
    ) -> None:
        """Keep a figure and say it at once. `value` of unit % is a ratio."""
        figure = Figure(name, what, value, unit, bar, aim, detail, not self.quick)
        self.figures.append(figure)
        say(f"  {what}: {figure.shown(value)}  {figure.verdict}  {detail}")

    def failed(self, name: str, error: BaseException) -> None:
        """A row that could not be measured counts as a missed bar."""
        self.failures.append(f"{name}: {type(error).__name__}: {error}")

    @property
    def missed(self) -> bool:
        return bool(self.failures) or any(figure.verdict == "MISSED" for figure in self.figures)

    def table(self) -> str:
        """The figures as a table in Markdown."""
        head = ["row", "what", "figure", "bar", "aim", "verdict", "measured"]
        rows = [
            [f.name, f.what, f.shown(f.value), f.shown(f.bar), f.shown(f.aim), f.verdict, f.detail]
            for f in self.figures
        ]
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        lines = [head, ["-" * width for width in widths], *rows]
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        )

    def write(self, path: Path) -> None:
        """The figures as JSON, with when and where they were measured."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(
                {
                    "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "seconds": round(time.monotonic() - _STARTED),
                    "machine": machine(),
                    "quick": self.quick,
                    "missed": self.missed,
                    "failures": self.failures,
                    "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in self.figures],
                },
                indent=1,
                ensure_ascii=False,
            )
            + "\n"
        )


def machine() -> str:
    """Processors, memory and Python of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {platform.machine()}, {memory:.0f} GB, Python {platform.python_version()}"
