"""What a logged key measures: name, split, unit and direction."""

from dataclasses import dataclass

from paperback.settings import Direction


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of the study.

    Attributes:
        name: Canonical name, the logged key without its split and containers: `accuracy`, `score`.
        title: How it is called in the paper.
        unit: Unit of the logged values; `fraction` and `%` are units; empty for none.
        direction: Whether higher or lower values are better; `unknown` is never bolded.
        percent: Print a fraction as percent.
        decimals: Decimals in print; None lets the spread decide.
        how: Where unit and direction come from: `declared`, `data`, `lexicon` or `unknown`.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    percent: bool
    decimals: int | None
    how: str


@dataclass(frozen=True, slots=True, order=True)
class MetricKey:
    """A logged key taken apart.

    Attributes:
        key: As logged: `metrics.test.accuracy`, `val/loss`, `eval_f1`.
        name: Canonical metric name: `accuracy`, `loss`, `f1`.
        split: `train`, `val`, `test`, or empty where the key names none.
    """

    key: str
    name: str
    split: str
