"""What the paths of the runs tell: the parts in which they differ, and a seed at the end of one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from paperback.runs.column import Column
from paperback.runs.lexicon import DATASET_WORDS, METHOD_WORDS, SETTING_NAMES, is_known_name
from paperback.runs.readers.leaves import setting
from paperback.runs.run import Run, Scalar

_SEED = re.compile(
    r"^(?:(.*?)[._\-]?)??(?:seed|sd|rs|s|run|trial|rep|replicate)[._\-=]?(\d+)$", re.IGNORECASE
)
# A name such as `gpt-4_0.7` may hold dots of its own.
_ENDING = re.compile(r"(?:\.monitor)?\.(?:jsonl?|ndjson|csv|tsv|log|txt|npy)(?:\.gz)?$", re.IGNORECASE)
# A run or a trial may merely be counted.
_COUNTED = re.compile(r"(?:run|trial)[._\-=]?\d+$", re.IGNORECASE)
# The moment at which a run began tells runs apart and says nothing of them.
_TIME = re.compile(
    r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d(?:[-_T. ]*[0-2]\d[-_:.h]?[0-5]\d(?:[-_:.m]?[0-5]\d)?)?"
)
# Names that trackers give to folders where nobody chose one: W&B, torch, Hydra, Lightning, MLflow, UUIDs.
_AUTOMATIC = re.compile(
    r"(?:offline-)?run-\d{8}_\d{6}-\w+|[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d_.*|\d\d-\d\d-\d\d|version_\d+|"
    r"[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)
_SECONDS = re.compile(r"1\d{9}(?:\.\d+)?")
_PAIR = re.compile(r"(?:^|[,;&+\s_-])([A-Za-z][\w.]*?)=((?:(?![,;&+\s]|[_-]+[A-Za-z][\w.]*=).)+)")
_NUMBERED = re.compile(r"(?:^|[_-])([A-Za-z][A-Za-z_]*?)[_-](\d+(?:\.\d+)?(?:e-?\d+)?)(?=$|[_-])")
_SPELLED = SETTING_NAMES - {"step", "steps", "epoch", "epochs", "version", "k", "id"}
_BARE = re.compile(r"^(?:(.*?)[_\-])?(\d{1,4})$")
# Where paths differ in depth, a part that so many of them have still tells them apart.
_SHARE = 0.9
# Two columns are crossed where so many of at least so many pairs are there.
_CROSSED = 0.75
_FEWEST_CROSSED = 6
_Cells = list[str | None]


@dataclass(frozen=True, slots=True)
class Places:
    """Parts of the paths of all runs.

    Attributes:
        parts: The parts in which the runs differ, from the root on, without the seed.
        seed: The seed that a part ends in; None where none does.
        spelled: Whether a word such as `seed` stands before each seed.
        fixed: The parts that are the same in all runs.
        levels: Of every level, varied or not, the mark before it and its key.
        ends: Key of the level that ends in the seed.
        pattern: The common pattern of the paths, with `*` where they differ.
    """

    parts: tuple[Column, ...]
    seed: Column | None
    pattern: str
    spelled: bool = False
    fixed: tuple[Column, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    ends: str = ""


def places_of(runs: Sequence[Run]) -> Places:
    """The varied parts of the runs' paths; of paths that differ in depth, those that nearly all have."""
    return _places(tuple(run.id for run in runs))


# The roles and the findings look at the same paths.
@lru_cache(maxsize=2)
def _places(names: tuple[str, ...]) -> Places:
    # Records of one file share its path.
    columns = _apart([_path(name.partition("#")[0]).split("/") for name in names])
    if not columns:
        return Places((), None, "")
    parts: list[Column] = []
    fixed: list[Column] = []
    seed: Column | None = None
    pattern, spelled, ends = "", False, ""
    keys = [f"part {depth + 1} of the path" for depth in range(len(columns))]
    for depth, (mark, whole) in enumerate(columns):
        cells = [_without_time(cell) for cell in whole]
        if len(set(cells)) == 1:
            pattern += mark + (cells[0] or "")
            fixed.append(Column(keys[depth], tuple(cells)))
            continue
        pattern += f"{mark}*"
        # The second at which a run began, as a number, says nothing of it.
        if all(_SECONDS.fullmatch(cell or "") for cell in cells) or _are_automatic(whole):
            continue
        found = _seeds(cells)
        if found and found[0].values and (seed is None or depth > 0):
            seed, rest, spelled = found
            cells, ends = rest, keys[depth]
        if len(set(cells)) > 1:
            parts.append(Column(keys[depth], tuple(cells)))
    levels = tuple((mark, key) for (mark, _), key in zip(columns, keys, strict=True))
    return Places(tuple(parts), seed, pattern.removeprefix("/"), spelled, tuple(fixed), levels, ends)


def _are_automatic(cells: Sequence[str | None]) -> bool:
    """Whether no one but a tracker named any of the folders."""
    return all(_AUTOMATIC.fullmatch(cell) for cell in cells if cell is not None)


def _without_time(cell: str | None) -> str | None:
    if cell is None or not _TIME.search(cell):
        return cell
    return _TIME.sub("", cell).strip("_-.")


def _apart(paths: list[list[str]]) -> list[tuple[str, _Cells]]:
    """The columns of the paths, each with the mark before it, as deep as nearly all of the paths reach.

    Compound parts, such as `Hopper-v4__ppo__1__1700000000`, are taken apart where all agree.
    """
    depths = sorted(len(path) for path in paths)
    deep = depths[int((1 - _SHARE) * len(depths))] if depths else 0
    columns: list[tuple[str, _Cells]] = []
    for place in range(deep):
        cells: _Cells = [path[place] if place < len(path) else None for path in paths]
        mark, pieces = "__", _pieces(cells, "__")
        if not pieces:
            mark, pieces = "_", _named_pieces(cells)
        first, *rest = pieces or [cells]
        columns += [("/", first), *((mark, piece) for piece in rest)]
    return columns


def _pieces(cells: Sequence[str | None], mark: str) -> list[_Cells]:
    """The columns into which the mark divides the cells; empty where it divides them unequally or not."""
    pieces = [(cell or "").split(mark) for cell in cells]
    if len({len(piece) for piece in pieces}) != 1 or len(pieces[0]) < 2:
        return []
    return [list(piece) for piece in zip(*pieces, strict=True)]


def _named_pieces(cells: Sequence[str | None]) -> list[_Cells]:
    """The columns of cells like `TD3_Hopper-v1_0`: a number at the end, names before it.

    An underscore also stands inside names, so it divides only where a whole column holds known names, or
    where two columns are crossed, as methods and data sets are.
    """
    columns = _pieces(cells, "_")
    if len(columns) < 3 or not _are_digits(columns[-1]):
        return []
    known = any(
        all(is_known_name(cell or "", lexicon) for cell in column)
        for column in columns[:-1]
        for lexicon in (METHOD_WORDS, DATASET_WORDS)
    )
    return columns if known or _are_crossed([column for column in columns if not _are_digits(column)]) else []


def _are_digits(cells: Sequence[str | None]) -> bool:
    return all((cell or "").isdigit() for cell in cells)


def _are_crossed(columns: Sequence[_Cells]) -> bool:
    """Whether there are two columns, and nearly every value of one stands beside every value of the other."""
    if len(columns) != 2:
        return False
    one, other = (len(set(column)) for column in columns)
    pairs = len(set(zip(*columns, strict=True)))
    return min(one, other) > 1 and one * other >= _FEWEST_CROSSED and pairs >= _CROSSED * one * other


def named_settings(name: str) -> dict[str, Scalar]:
    """The settings that a path spells out: `lr=0.1,bs=32` or, for known names, `lr_0.1_seed_3`."""
    found: dict[str, Scalar] = {}
    for part in name.split("#", 1)[0].split("/"):
        if "=" in part:
            found |= {key: setting(value) for key, value in _PAIR.findall(part)}
        elif "_" in part or "-" in part:
            found |= {
                key: setting(value) for key, value in _NUMBERED.findall(part) if key.lower() in _SPELLED
            }
    return found


def _path(name: str) -> str:
    folder, _, last = name.rpartition("/")
    stem = _ENDING.sub("", last)
    return f"{folder}/{stem}" if folder else stem


def _seeds(cells: Sequence[str | None]) -> tuple[Column, _Cells, bool] | None:
    """The seeds that all cells end in, what stands before them, and whether a word calls them seeds."""
    for form in (_SEED, _BARE):
        matches = [form.match(cell or "") for cell in cells]
        found = [match for match in matches if match]
        if any((match.group(1) or "").lower() == "version" for match in found):
            return None
        if len(found) == len(cells) and len({match.group(2) for match in found}) > 1:
            seeds = tuple(str(int(match.group(2))) for match in found)
            spelled = form is _SEED and not any(_COUNTED.search(match.string) for match in found)
            return Column("seed", seeds), [match.group(1) or "" for match in found], spelled
    return None
