"""The level of modeling that is told of public repositories, beside the one a careful reader assigns.

    python benchmarks/code/levels.py FOLDER/nanoGPT FOLDER/mae FOLDER/examples/mnist ...

Each folder is a repository or an unpacked package; `levels.csv` beside this script holds what a reader found,
by the end of the folder's path. Nothing of a repository is run. `--markdown` prints the table of the manual.
`--read levels_held.csv` takes the folders that were judged before anything was told of them.
"""

import argparse
import csv
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from paperback.code import read_code
from paperback.code.revision import find_revision
from paperback.errors import ReadError
from paperback.settings import Settings

READ = Path(__file__).with_name("levels.csv")
SHOWN = 2


@dataclass(frozen=True)
class Told:
    name: str
    revision: str
    level: int
    reader: int | None
    why: str
    rules: tuple[str, ...]
    lines: int
    seconds: float


def read(root: Path, known: dict[str, tuple[int, str]]) -> Told:
    start = time.process_time()
    inventory = read_code(root, Settings())
    seconds = time.process_time() - start
    name = max((name for name in known if f"/{root.as_posix()}".endswith(f"/{name}")), key=len, default="")
    reader, why = known.get(name, (None, ""))
    level = inventory.level
    rules = tuple(f"{words} [{place}]" for words, place in level.reasons) if level else ()
    number = level.number if level else 0
    return Told(name or root.name, revision(root), number, reader, why, rules, inventory.lines, seconds)


def revision(root: Path) -> str:
    try:
        return find_revision(root, "HEAD").short
    except ReadError:
        return ""


def reader_levels(path: Path) -> dict[str, tuple[int, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: (int(row["level"]), row["why"]) for row in csv.DictReader(file)}


def text(told: Told) -> str:
    mark = " " if told.reader is None or told.reader == told.level else "!"
    size = f"{told.lines:7} lines {told.seconds:6.2f} s"
    head = f"{mark} {told.name:32} told {told.level}  reader {told.reader or '?'}  {size}"
    return "\n".join([head, *(f"      {rule[:150]}" for rule in told.rules[:SHOWN])])


def row(told: Told) -> str:
    rules = "; ".join(_rule(rule) for rule in told.rules[:SHOWN])
    more = f" (and {len(told.rules) - SHOWN} more)" if len(told.rules) > SHOWN else ""
    mark = "" if told.reader == told.level else "**"
    cells = (told.name, told.revision, f"{mark}{told.level}{mark}", told.reader, rules + more, told.why)
    return f"| {' | '.join(map(str, cells))} |"


def _rule(rule: str) -> str:
    words, _, place = rule.partition(" [")
    # Terms of a loss are the repository's text, and not the rule's.
    words = words.partition(": ")[0] if words.startswith("the loss is built") else words
    return f"{words.replace('|', '/')} `{place.replace(' [', ' ').rstrip(']')}`"


def confusion(every: Sequence[Told]) -> str:
    counts = Counter((one.reader, one.level) for one in every if one.reader is not None)
    lines = ["reader \\ told   none   1   2   3"]
    for reader in (1, 2, 3):
        lines.append(
            f"{reader:14}"
            + "".join(f"{counts[reader, level]:{7 if not level else 4}}" for level in (0, 1, 2, 3))
        )
    agreed = sum(count for (reader, level), count in counts.items() if reader == level)
    return "\n".join([*lines, f"agreed {agreed} of {counts.total()}"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--read", type=Path, default=READ)
    asked = parser.parse_args()
    known = reader_levels(asked.read)
    every = [read(folder, known) for folder in asked.folders]
    print("\n".join((row if asked.markdown else text)(one) for one in every))
    print()
    print(confusion(every))


if __name__ == "__main__":
    main()
