"""The sign test: how many wins of how many data sets are more than a fair coin gives."""


def sign_p(wins: int, losses: int) -> float:
    """Two-sided exact p; ties take no part, or are split evenly before."""
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(wins, losses), wins + losses, 0.5)))


def wins_needed(n: int, alpha: float = 0.05) -> int:
    """The fewest wins of `n` with a two-sided exact p of at most `alpha`; n+1 where not even all suffice."""
    return next((wins for wins in range(n // 2 + 1, n + 1) if sign_p(wins, n - wins) <= alpha), n + 1)
