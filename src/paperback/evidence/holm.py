"""Holm's correction for several tests in one family."""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjusted p values in the order given; a test that was not made (None) stays None and is not counted.

    Source:
        Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    made = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for done, (p, place) in enumerate(made):
        highest = max(highest, min(1.0, p * (len(made) - done)))
        adjusted[place] = highest
    return tuple(adjusted)


def family(p_values: Sequence[float | None], members: str) -> str:
    """Name of the correction, such as `Holm over 4 data sets`; empty where fewer than two tests were made."""
    made = sum(p is not None for p in p_values)
    return f"Holm over {made} {members}" if made > 1 else ""
