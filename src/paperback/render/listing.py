"""A table of estimates for a terminal or a program: Markdown, CSV, JSON, LaTeX."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paperback.evidence import Cells, Estimate, spread
from paperback.paper.printing import print_value
from paperback.render.tex_text import escape
from paperback.runs import Metric
from paperback.settings import Settings
from paperback.story.decimals import table_decimals

SpreadName = Literal["std", "sem", "ci"]
Format = Literal["md", "csv", "json", "latex"]
_KINDS: Mapping[str, Literal["std", "sem", "half_width"]] = {"std": "std", "sem": "sem", "ci": "half_width"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of estimates with its way of printing.

    Attributes:
        cells: The estimates.
        metric: Their metric.
        settings: Holds the names in print.
        rows: The role or key that runs down.
        columns: The role or key that runs across.
        spread: What stands behind ±: standard deviation, standard error, or half the interval.
        ddof: 1 divides by n-1, 0 by n; for `std` and `sem`.
    """

    cells: Cells
    metric: Metric
    settings: Settings
    rows: str
    columns: str
    spread: SpreadName
    ddof: int

    def spread_of(self, estimate: Estimate) -> float | None:
        """The spread of one cell, unrounded; None where it does not exist."""
        return spread(estimate, _KINDS[self.spread], ddof=self.ddof)


def print_listing(listing: Listing, form: Format) -> str:
    """`listing` as text, with a line feed at its end."""
    return _FORMS[form](listing)


def _json(listing: Listing) -> str:
    cells = listing.cells
    found: list[dict[str, Any]] = []
    for row in cells.rows:
        for column in cells.columns:
            estimate = cells.cells.get((row, column))
            found.append(
                {
                    "row": row,
                    "column": column,
                    "value": estimate.value if estimate else None,
                    "spread": listing.spread_of(estimate) if estimate else None,
                    "n": estimate.n if estimate else 0,
                    "runs": list(estimate.address.runs) if estimate else [],
                }
            )
    about = {
        "metric": cells.metric,
        "split": cells.split,
        "unit": listing.metric.unit,
        "direction": listing.metric.direction,
        "rows": listing.rows,
        "columns": listing.columns,
        "spread": listing.spread,
        "ddof": listing.ddof,
    }
    return json.dumps({**about, "cells": found}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(listing: Listing) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "column", "value", "spread", "n"])
    for (row, column), estimate in listing.cells.cells.items():
        around = listing.spread_of(estimate)
        writer.writerow(
            [row, column, repr(estimate.value), "" if around is None else repr(around), estimate.n]
        )
    return out.getvalue()


def _markdown(listing: Listing) -> str:
    grid = _grid(listing, lambda words: words.replace("|", "\\|").replace("\n", " "))
    widths = [max(3, *(len(row[place]) for row in grid)) for place in range(len(grid[0]))]
    lines = [
        "| " + " | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) + " |"
        for row in grid
    ]
    rule = (
        "|"
        + "|".join(
            "-" * (width + 2) if place == 0 else "-" * (width + 1) + ":" for place, width in enumerate(widths)
        )
        + "|"
    )
    return "\n".join([lines[0], rule, *lines[1:], "", _legend(listing), ""])


def _latex(listing: Listing) -> str:
    grid = _grid(listing, escape)
    rows = [
        " & ".join(row).replace("±", r"$\pm$").replace("−", r"$-$").replace("—", "---") + r" \\"
        for row in grid
    ]
    opening = r"\begin{tabular}{l" + "r" * (len(grid[0]) - 1) + "}"
    body = [opening, r"\toprule", rows[0], r"\midrule", *rows[1:], r"\bottomrule", r"\end{tabular}"]
    return "\n".join([*body, f"% {_legend(listing)}", ""])


_FORMS: Mapping[str, Callable[[Listing], str]] = {
    "md": _markdown,
    "csv": _csv,
    "json": _json,
    "latex": _latex,
}


def _grid(listing: Listing, write: Callable[[str], str]) -> list[list[str]]:
    """The header and every row as texts; numbers with as many decimals as a column's spread can carry."""
    cells, settings = listing.cells, listing.settings
    head = ["", *(write(settings.name(listing.columns, column) or cells.metric) for column in cells.columns)]
    decimals = {column: _decimals(listing, column) for column in cells.columns}
    body = [
        [
            write(settings.name(listing.rows, row) or cells.metric),
            *(_text(listing, cells.cells.get((row, column)), decimals[column]) for column in cells.columns),
        ]
        for row in cells.rows
    ]
    return [head, *body]


def _decimals(listing: Listing, column: str) -> int:
    found = [estimate for (_, where), estimate in listing.cells.cells.items() if where == column]
    return table_decimals(listing.metric, found)


def _text(listing: Listing, estimate: Estimate | None, decimals: int) -> str:
    if estimate is None:
        return "—"
    percent = listing.metric.percent
    value = print_value(estimate.value, decimals, percent=percent)
    around = listing.spread_of(estimate)
    return value if around is None else f"{value} ± {print_value(around, decimals, percent=percent)}"


def _reducer(listing: Listing) -> str:
    return next((estimate.address.reduce for estimate in listing.cells.cells.values()), "mean")


def _legend(listing: Listing) -> str:
    unit = "%" if listing.metric.percent else listing.metric.unit
    split = f"{listing.cells.split} " if listing.cells.split else ""
    counts = sorted({estimate.n for estimate in listing.cells.cells.values()})
    n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    words = {
        "std": f"standard deviation (ddof {listing.ddof})",
        "sem": "standard error",
        "ci": "half of the 95 % interval",
    }
    better = {"higher": "higher is better", "lower": "lower is better", "unknown": "direction not known"}
    return (
        f"{split}{listing.metric.name}{f' ({unit})' if unit else ''}, "
        f"{_reducer(listing)} ± {words[listing.spread]}, n = {n}; {better[listing.metric.direction]}"
    )
