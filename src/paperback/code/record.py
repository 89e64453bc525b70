"""equations.json: what the last numeric check found for each equation, kept by the author."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from paperback.errors import ReadError
from paperback.version import VERSION

FILE = "equations.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Recorded:
    """One equation with what its check found.

    Attributes:
        place: `losses.py:SpreadBCE`.
        lines: As printed, in LaTeX; empty where there is no equation.
        symbols: (LaTeX, meaning and name) of each symbol.
        verdict: The word of the check.
        reason: Why it is not more; may be empty.
        points: At how many points code and equation were compared.
        error: Largest relative difference in value, two significant digits; `gradient_error` in gradient.
        tolerance: The difference that was allowed, in float64.
        digest: Of the code slice that the equation was derived from.
        decided: Which arms of conditions were taken and what stays a letter, in words.
    """

    place: str
    lines: tuple[str, ...]
    symbols: tuple[tuple[str, str], ...]
    verdict: str
    reason: str
    points: int
    error: float
    gradient_error: float
    tolerance: float
    digest: str
    decided: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether code and equation agreed."""
        return self.verdict.startswith("verified")


def read_record(root: Path) -> dict[str, Recorded]:
    """Place to what `root/equations.json` says of it; empty without such a file.

    Raises:
        ReadError: The file is damaged.
    """
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r} is not {FORMAT}")
        return {item["place"]: _recorded(item) for item in data["equations"]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReadError(
            f"{FILE} is damaged: {error!r}", mend="Move it away, then run: paperback verify"
        ) from error


def _recorded(item: Mapping[str, Any]) -> Recorded:
    return Recorded(
        place=str(item["place"]),
        lines=tuple(map(str, item["lines"])),
        symbols=tuple((str(latex), str(meaning)) for latex, meaning in item["symbols"]),
        verdict=str(item["verdict"]),
        reason=str(item["reason"]),
        points=int(item["points"]),
        error=float(item["error"]),
        gradient_error=float(item["gradient_error"]),
        tolerance=float(item["tolerance"]),
        digest=str(item["digest"]),
        decided=tuple(map(str, item.get("decided", ()))),
    )


def record_text(recorded: Iterable[Recorded]) -> str:
    """The text of equations.json, sorted by place."""
    rows = [asdict(item) for item in sorted(recorded, key=lambda item: item.place)]
    whole = {"format": FORMAT, "paperback": VERSION, "dtype": "float64", "equations": rows}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
