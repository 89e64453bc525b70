"""How many objectives of training loops become checked equations, in any checkout.

    git clone https://github.com/vwxyzjn/cleanrl
    python benchmarks/equations/objectives.py cleanrl/cleanrl --python PYTHON_WITH_TORCH

Nothing of the checkout is run but the slices, in the guarded subprocess of the check.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperback.code.objectives import establish_place, find_objectives
from paperback.code.walk import find_source_files


@dataclass(frozen=True, slots=True)
class Row:
    """One objective: its place, how far it came (sliced, derived, verdict), and why not further."""

    place: str
    sliced: bool
    derived: bool
    verdict: str
    reason: str
    letters: int
    seconds: float


def rows(root: Path, python: str) -> Iterator[Row]:
    """Every objective below `root`, checked."""
    for path in find_source_files(root):
        if path.suffix != ".py":
            continue
        for objective in find_objectives(path, root):
            started = time.perf_counter()
            if objective.reason:
                yield Row(objective.place, False, False, "", objective.reason, 0, 0.0)
                continue
            made = establish_place(path, str(objective.source.line), root=root, python=python)
            letters = sum("stays a letter" in words for words in made.derivation.assumptions)
            reason = made.verdict.reason or made.derivation.reason
            derived = bool(made.derivation.equations)
            word = made.verdict.word if derived else ""
            spent = time.perf_counter() - started
            yield Row(objective.place, True, derived, word, reason, letters, spent)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with torch")
    options = parser.parse_args()
    found = []
    for row in rows(options.root, options.python):
        found.append(row)
        word = row.verdict or ("not derived" if row.sliced else "not sliced")
        letters = f", {row.letters} targets stay letters" if row.letters else ""
        reason = f": {row.reason}" if row.reason else ""
        print(f"{row.place}  {word}{letters}{reason}  ({row.seconds:.1f} s)", flush=True)
    print(f"\n{len(found)} objectives, {sum(row.sliced for row in found)} sliced, "
          f"{sum(row.derived for row in found)} derived")  # fmt: skip
    for word, count in Counter(row.verdict for row in found if row.derived).most_common():
        print(f"  {word}: {count}")
    print(f"{sum(row.seconds for row in found):.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
