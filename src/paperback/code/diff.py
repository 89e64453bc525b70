"""A definition beside its baseline, as a value: which lines are added, which removed."""

from dataclasses import dataclass
from typing import Literal

from paperback.source import Source

DiffKind = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a listing.

    Attributes:
        kind: `gap` stands for lines that are equal on both sides and not shown.
        number: In the proposal's file; of a removed line, in the baseline's; 0 for a gap.
    """

    kind: DiffKind
    text: str
    number: int

    @property
    def mark(self) -> str:
        """The sign before the line."""
        return {"added": "+", "removed": "−", "gap": "⋮"}.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Diff:
    """A definition of the proposal beside that of the baseline.

    Attributes:
        name: What is shown: `Net.forward`, or the path of a script.
        baseline: What it is compared with: `Plain.forward`, or `revision 1a2b3c4`.
        lines: Those shown, indented as far as they stand out from the least indented one.
        added: Lines that the proposal has and the baseline has not, shown or not.
        removed: Lines that the baseline has and the proposal has not.
        left_out: Changed lines that are not shown.
        source: First line of the definition.
        against: First line of the baseline's.
    """

    name: str
    baseline: str
    lines: tuple[DiffLine, ...]
    added: int
    removed: int
    left_out: int
    source: Source
    against: Source

    @property
    def caption(self) -> str:
        """What is compared, as a sentence."""
        return f"{self.name} against {self.baseline}; − marks lines of the baseline, + those of the proposal."
