"""The best derivation that stands its check."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from paperback.code.equations.check import SECONDS, Verdict, verify
from paperback.code.equations.derivation import Derivation
from paperback.code.equations.derive import derive_all

RANKS = ("verified (value and gradient)", "verified up to ε", "verified (value)", "static only")
MOST = 5


@dataclass(frozen=True, slots=True)
class Established:
    """A derivation with its verdict.

    Attributes:
        refused: Candidates under other typings whose equation differed from the code.
    """

    derivation: Derivation
    verdict: Verdict
    refused: int = 0


def establish(
    path: Path, name: str, *, root: Path, python: str = sys.executable, timeout: float = SECONDS
) -> Established:
    """The first derivation of `name` that is verified in value and gradient, else the best of a few.

    Where every candidate differs from the code, a fallback without an equation comes back.
    """
    return best_of(derive_all(path, name, root=root, most=MOST), name, python=python, timeout=timeout)


def best_of(candidates: Iterable[Derivation], name: str, *, python: str, timeout: float) -> Established:
    """The first of the candidates that is verified in value and gradient, else the best of them."""
    best: Established | None = None
    refused = 0
    last = Verdict("static only")
    candidate = Derivation(name, "fallback")
    for candidate in candidates:
        verdict = verify(candidate, python=python, timeout=timeout)
        last = verdict
        if not verdict.printable:
            refused += 1
            continue
        if best is None or RANKS.index(verdict.word) < RANKS.index(best.verdict.word):
            best = Established(candidate, verdict)
        if verdict.word in RANKS[:2]:
            break
    if best is None:
        reason = f"no equation that equals the code: {last.reason}"
        return Established(
            Derivation(name, "fallback", reason=reason, source=candidate.source), last, refused
        )
    return Established(best.derivation, best.verdict, refused)
