"""What no other point beats in both of two respects."""

from collections.abc import Sequence


def pareto_front(
    costs: Sequence[float], values: Sequence[float], *, higher_is_better: bool
) -> tuple[int, ...]:
    """Places of the points that no other point is as cheap as and better than, or cheaper and as good as.

    Args:
        costs: Lower is better.
        values: One per cost.
        higher_is_better: Direction of the values.

    Returns:
        In the order of their cost; points that are equal in both are all on the front.
    """
    sign = 1.0 if higher_is_better else -1.0
    points = [(cost, -sign * value) for cost, value in zip(costs, values, strict=True)]

    def is_beaten(place: int) -> bool:
        cost, loss = points[place]
        return any(c <= cost and v <= loss and (c, v) != (cost, loss) for c, v in points)

    front = [place for place in range(len(points)) if not is_beaten(place)]
    return tuple(sorted(front, key=lambda place: (*points[place], place)))
