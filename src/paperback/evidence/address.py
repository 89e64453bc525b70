"""The address of a number: which metric of which runs, reduced how."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where a number over runs comes from; equal addresses mean the same number.

    Attributes:
        metric: Canonical metric name.
        split: `train`, `val`, `test` or empty.
        where: Sorted (role or configuration key, value as text) pairs that a run must match.
        over: What varies between the runs that enter, such as `seed`.
        reduce: `mean` or `median`.
        runs: Ids of the runs that entered, sorted.
        expected: How many runs should have entered; None where the data do not tell.
    """

    metric: str
    split: str
    where: tuple[tuple[str, str], ...]
    over: tuple[str, ...]
    reduce: str
    runs: tuple[str, ...]
    expected: int | None = None

    def __str__(self) -> str:
        where = ", ".join(f"{key}={value}" for key, value in self.where)
        split = f"{self.split} " if self.split else ""
        over = f" over {', '.join(self.over)}" if self.over else ""
        return f"{self.reduce} {split}{self.metric}" + (f" where {where}" if where else "") + over
