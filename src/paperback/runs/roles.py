"""Which settings are the method, the data set and the seed: declared, named, or told by structure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from paperback.errors import SettingsError, near_miss
from paperback.finding import Finding
from paperback.runs.column import Column, columns_of, last_part, repeats
from paperback.runs.compound import names_any, without_known
from paperback.runs.item_roles import item_columns
from paperback.runs.lexicon import (
    DATASET_WORDS,
    FIELD_ROLES,
    ITEM_NAMES,
    METHOD_WORDS,
    ROLE_KEYS,
    is_known_name,
)
from paperback.runs.place import Places, places_of
from paperback.runs.readers.leaves import number_in
from paperback.runs.run import Run
from paperback.runs.suite import with_suite
from paperback.runs.table import Role
from paperback.runs.variant import filled, variant_of
from paperback.settings import FILE, Settings

# Below this a guess is offered to the author as a finding and not taken.
THRESHOLD = 0.5
# What is left of the belief in a seed where trials differ in their settings.
_TRIAL_ALONE = 0.4
# So many runs must bear a seed that is a number: a few of another study may name theirs otherwise.
_SEEDS = 0.9
_NEEDED = ("method", "dataset", "seed")
_LOG_NAME = re.compile(
    r"(results?|samples|metrics|logs?|evals?|evaluations?|summary|history|predictions|scores|stats)([_.\-]|$)",
    re.IGNORECASE,
)
_SEED_TEXT = re.compile(r"^(?:seed|s|run|trial|rep|version)[._\-=]?0*(\d+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Guess:
    column: Column
    how: str
    confidence: float


def assign_roles(
    runs: Sequence[Run], fields: Mapping[str, str], settings: Settings
) -> tuple[tuple[Run, ...], dict[str, Role], list[Finding]]:
    """The runs with their identity, the roles, and a finding for each role that stayed empty.

    What the author declares counts before the fields of a path template, a name or a side table, these before
    names of keys, these before the runs' paths. `fields` tells of each such field where it comes from.

    Raises:
        SettingsError: A declared key is in no run.
    """
    columns = columns_of(runs)
    guesses = _declared(columns, settings)
    for name in (*_NEEDED, "fold", "variant"):
        if name not in guesses and (guess := _from_field(name, columns, fields)):
            guesses[name] = guess
    for name in (*_NEEDED, "fold", "variant"):
        if name not in guesses and (guess := _from_keys(name, columns, guesses)):
            guesses[name] = guess
    places = _add_suite(guesses, places_of(runs), runs)
    _add_from_places(guesses, places, columns)
    _add_fixed(guesses, places)
    _fill(guesses, places)
    _add_items(guesses, places, columns)
    places = _add_suite(guesses, places, runs)
    _add_variant(guesses, places, runs)
    taken = {name: guess for name, guess in guesses.items() if guess.confidence >= THRESHOLD}
    cells = {name: _cells(name, guess) for name, guess in taken.items()}
    roles = {
        name: Role(name, guess.column.key, _ordered(name, cells[name], settings), guess.how, guess.confidence)
        for name, guess in taken.items()
    }
    identified = tuple(
        replace(run, identity={name: cell for name in roles if (cell := cells[name][place]) is not None})
        for place, run in enumerate(runs)
    )
    return identified, roles, list(_missing(guesses, roles, places, runs))


def _declared(columns: Mapping[str, Column], settings: Settings) -> dict[str, _Guess]:
    guesses = {}
    for name, key in settings.roles.items():
        if key not in columns:
            raise SettingsError(
                f"{FILE}: [roles] {name} = {key!r}: no run has this key", mend=near_miss(key, columns)
            )
        guesses[name] = _Guess(columns[key], f"declared in {FILE}", 1.0)
    return guesses


def _from_field(name: str, columns: Mapping[str, Column], fields: Mapping[str, str]) -> _Guess | None:
    names = [field for field in sorted(fields) if FIELD_ROLES.get(field) == name and field in columns]
    best = min(names, key=lambda field: (field != name, field), default=None)
    return _Guess(columns[best], fields[best], 1.0) if best else None


def _from_keys(name: str, columns: Mapping[str, Column], taken: Mapping[str, _Guess]) -> _Guess | None:
    used = {guess.column.key for guess in taken.values()}
    guesses = [
        _Guess(column, f"key name {key!r}", confidence)
        for key, column in columns.items()
        if key not in used and (confidence := _confidence(name, column, taken)) > 0
    ]
    guesses = [
        replace(guess, confidence=guess.confidence * _TRIAL_ALONE)
        if name == "seed" and last_part(guess.column.key) == "trial" and not repeats(guess.column, columns)
        else guess
        for guess in guesses
    ]
    return max(
        guesses, key=lambda g: (g.confidence, -g.column.key.count("."), _reverse(g.column.key)), default=None
    )


def _reverse(key: str) -> tuple[int, ...]:
    """Sorts the alphabetically first key as the greatest."""
    return tuple(-ord(sign) for sign in key)


def _confidence(name: str, column: Column, taken: Mapping[str, _Guess]) -> float:
    """How far the key's name and the column's structure speak for the role."""
    base = _name_confidence(name, column.key.lower())
    if not base or column.share < 0.5 or not column.values:
        return 0.0
    if name == "seed":
        return base * _seed_structure(column)
    if column.is_constant:
        return base * 0.6
    if name in ("method", "dataset") and column.is_whole:
        return base * 0.4
    # An experiment name is method x data set x seed: it names a run, not a method.
    if (
        column.is_unique
        and len(column.cells) > 3
        and "seed" in taken
        and not taken["seed"].column.is_constant
    ):
        return base * 0.4
    return base


def _name_confidence(name: str, key: str) -> float:
    for known, confidence in ROLE_KEYS[name]:
        if key == known:
            return confidence
    for known, confidence in ROLE_KEYS[name]:
        # A key deep inside a section names the role of the section's part: `optim.name` is no method.
        if key.endswith("." + known) and not (
            known in ("model", "data", "task", "env", "net") and key.count(".") > 1
        ):
            return confidence * 0.97
    return 0.4 if name == "seed" and key.endswith("_seed") else 0.0


def _seed_structure(column: Column) -> float:
    """Seeds are whole numbers that come back for other settings; one that never does is the id of a run."""
    if not column.is_whole:
        given = [cell for cell in column.cells if cell is not None]
        seeds = sum(bool(_SEED_TEXT.match(cell) or cell.isdigit()) for cell in given)
        return 0.9 if seeds >= _SEEDS * len(given) else 0.3
    large = max(abs(int(value)) for value in column.values) >= 100_000
    if large and column.is_unique:
        return 0.4
    return 0.8 if column.is_constant and len(column.cells) > 1 else 1.0


def _add_from_places(guesses: dict[str, _Guess], places: Places, columns: Mapping[str, Column]) -> None:
    """Fill the roles that no key plays from the parts of the runs' paths."""
    runs = len(places.seed.cells) if places.seed else len(places.parts[0].cells) if places.parts else 0
    if places.seed and ("seed" not in guesses or guesses["seed"].confidence < THRESHOLD):
        confidence = 0.8 if _are_seeds(places.seed, places.spelled, guesses, columns) else 0.4
        if confidence >= THRESHOLD or "seed" not in guesses:
            guesses["seed"] = _Guess(places.seed, f"number at the end of {places.pattern}", confidence)
    known = [guess.column for name, guess in guesses.items() if guess.confidence >= THRESHOLD]
    free = _free([without_known(part, known) for part in places.parts], known, runs)
    open_roles = [
        name
        for name in ("method", "dataset")
        if name not in guesses or guesses[name].confidence < THRESHOLD or guesses[name].column.is_constant
    ]
    if not free or not open_roles:
        return
    for name, confidence, part in _by_words(free, open_roles):
        guesses[name] = _Guess(part, f"{part.key} {places.pattern}", confidence)
        free.remove(part)
        open_roles.remove(name)
    free = _free(free, [guess.column for guess in guesses.values()], runs)
    # A study may vary one network in ways that only the paths tell; of its data the settings are believed.
    if "dataset" in guesses and guesses["dataset"].confidence >= THRESHOLD and "dataset" in open_roles:
        open_roles.remove("dataset")
    if len(free) == 1 and open_roles and (len(places.parts) == 1 or len(open_roles) == 1):
        confidence = 0.6 if "method" in open_roles else 0.55
        guesses[open_roles[0]] = _Guess(free[0], f"{free[0].key} {places.pattern}", confidence)


def _add_fixed(guesses: dict[str, _Guess], places: Places) -> None:
    """The one method or data set of all runs, where their common path holds a known name."""
    for name, lexicon in (("method", METHOD_WORDS), ("dataset", DATASET_WORDS)):
        if name in guesses and guesses[name].confidence >= THRESHOLD:
            continue
        parts = [part for part in places.fixed if all(is_known_name(v, lexicon) for v in part.values)]
        if parts and parts[-1].values:
            guesses[name] = _Guess(parts[-1], f"known name in {places.pattern}", 0.55)


def _fill(guesses: dict[str, _Guess], places: Places) -> None:
    """Method and data set of runs that lack the setting, from the level of the paths that says the same."""
    for name in ("method", "dataset"):
        guess = guesses.get(name)
        if guess is None or guess.confidence < THRESHOLD:
            continue
        column = filled(guess.column, places.parts)
        if column is not guess.column and column.cells != guess.column.cells:
            guesses[name] = _Guess(column, f"{guess.how}, else the paths", guess.confidence)


def _add_suite(guesses: dict[str, _Guess], places: Places, runs: Sequence[Run]) -> Places:
    """Put data sets under the benchmark that the paths tell, where they are parts of several.

    Gives the places without the level that tells it.
    """
    dataset, method = guesses.get("dataset"), guesses.get("method")
    if "variant" in guesses or dataset is None or dataset.confidence < THRESHOLD:
        return places
    known = [guesses[name].column for name in ("method", "seed", "fold") if name in guesses]
    played = {guess.column.key for guess in guesses.values()}
    parts = [part for part in places.parts if part.key not in played]
    if method:
        parts = [without_known(part, [method.column]) for part in parts]
        parts = [part for part in parts if not names_any(part, method.column)]
    telling = [each for each in known if not each.is_constant]
    parts = [part for part in parts if not any(part.determines(each) for each in telling)]
    found = with_suite(runs, dataset.column, parts, known)
    if found is None:
        return places
    column, level = found
    how = f"{dataset.how}, and {level.key} {places.pattern}"
    guesses["dataset"] = replace(dataset, column=column, how=how)
    return replace(places, parts=tuple(part for part in places.parts if part.key != level.key))


def _add_variant(guesses: dict[str, _Guess], places: Places, runs: Sequence[Run]) -> None:
    """The level of the paths that tells apart what method, data set and seed do not."""
    known = [guesses[name].column for name in _NEEDED if name in guesses]
    sure = all(name in guesses and guesses[name].confidence >= THRESHOLD for name in _NEEDED)
    if "variant" in guesses or "item" in guesses or not sure:
        return
    free = [
        part
        for part in places.parts
        if not any(part.determines(column) or column.determines(part) for column in known)
    ]
    if part := variant_of(runs, known, free):
        guesses["variant"] = _Guess(part, f"{part.key} {places.pattern}", 0.6)


def _add_items(guesses: dict[str, _Guess], places: Places, columns: Mapping[str, Column]) -> None:
    """The roles of records of single test items, where the author declares none.

    A number at the end of a path that only counts the items is no seed.
    """
    if "item" in guesses:
        return
    counted = "seed" in guesses and guesses["seed"].column is places.seed
    known = [
        guess.column
        for name, guess in guesses.items()
        if guess.confidence >= THRESHOLD and not (counted and name == "seed")
    ]
    found = item_columns(columns, known)
    for name, column in found.items():
        guesses.setdefault(name, _Guess(column, f"key name {column.key!r}", 0.8))
    if counted and "item" in found and found["item"].determines(guesses["seed"].column):
        del guesses["seed"]


def _are_seeds(
    numbers: Column, spelled: bool, guesses: Mapping[str, _Guess], columns: Mapping[str, Column]
) -> bool:
    """Whether the numbers at the end of the paths are seeds, and do not merely number runs or items."""
    if numbers.is_unique and (len(numbers.cells) > 20 or (not spelled and _is_varied(guesses))):
        return False
    if any(last_part(key) in ITEM_NAMES and column.cells == numbers.cells for key, column in columns.items()):
        return False
    return spelled or repeats(numbers, columns)


def _is_varied(guesses: Mapping[str, _Guess]) -> bool:
    """Whether several methods or data sets are known, each of which would have the same seeds."""
    known = [guesses[name] for name in ("method", "dataset") if name in guesses]
    return any(guess.confidence >= THRESHOLD and not guess.column.is_constant for guess in known)


def _free(parts: Sequence[Column], known: Sequence[Column], runs: int) -> list[Column]:
    """The parts that may still play a role.

    A part that tells the method, such as `mlp-lr3`, is composed of it and something else, and one that is the
    same everywhere beside it tells nothing; one of nothing but numbers is a setting, and one of names such as
    `results` and `samples` says what a file holds.
    """
    return [
        part
        for part in parts
        if not any(part.determines(column) and not column.is_constant for column in known)
        and not part.is_constant
        and not (part.is_unique and runs > 3)
        and not all(number_in(value) is not None for value in part.values)
        and not all(_LOG_NAME.match(value) for value in part.values)
    ]


def _by_words(parts: Sequence[Column], roles: Sequence[str]) -> Iterable[tuple[str, float, Column]]:
    """Parts of the path whose values are known names of methods or of data sets."""
    found = []
    for name, lexicon in (("method", METHOD_WORDS), ("dataset", DATASET_WORDS)):
        scored = [(sum(is_known_name(value, lexicon) for value in part.values), part) for part in parts]
        most = max(score for score, _ in scored)
        best = [part for score, part in scored if score == most]
        # Parts that say the same are one; the last stands nearest to the run.
        if name in roles and most > 0 and all(part.determines(best[-1]) for part in best):
            found.append((name, 0.65, best[-1]))
    return found if len({id(part) for _, _, part in found}) == len(found) else []


def _cells(name: str, guess: _Guess) -> tuple[str | None, ...]:
    cells = guess.column.cells
    if name == "seed":
        return tuple(_SEED_TEXT.sub(r"\1", cell) if cell is not None else None for cell in cells)
    if name == "dataset":
        common = _shared_folder(guess.column.values)
        return tuple(cell.removeprefix(common) if cell is not None else None for cell in cells)
    return cells


def _shared_folder(values: frozenset[str]) -> str:
    """The folder of data sets that are given by path, where it says nothing."""
    paths = sorted(value for value in values if "/" in value)
    common = _common_folder(paths) if paths else ""
    says_nothing = len(paths) == len(values) or any(path.removeprefix(common) in values for path in paths)
    return common if says_nothing else ""


def _common_folder(values: Sequence[str]) -> str:
    first, last = values[0], values[-1]
    folder = first[: first.rfind("/") + 1]
    while folder and not last.startswith(folder):
        folder = folder[: folder.rstrip("/").rfind("/") + 1]
    return folder


def _ordered(name: str, cells: Sequence[str | None], settings: Settings) -> tuple[str, ...]:
    """The values in the order in which the author names them, then in natural order."""
    values = {cell for cell in cells if cell is not None}
    named = [value for value in settings.names.get(name, {}) if value in values]
    return (*named, *sorted(values.difference(named), key=natural))


def natural(value: str) -> tuple[tuple[int, float, str], ...]:
    """A sort key by which 2 comes before 10, and no two names are equal."""
    parts = [part for part in re.split(r"(\d+)", value) if part]
    found = [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in parts]
    return (*found, (-1, 0, value))


def _missing(
    guesses: Mapping[str, _Guess], roles: Mapping[str, Role], places: Places, runs: Sequence[Run]
) -> Iterable[Finding]:
    for name in _NEEDED:
        if name in roles or len(runs) < 2:
            continue
        guess = guesses.get(name)
        hint = f"; {guess.column.key!r} might be ({guess.how})" if guess else ""
        mend = f'Declare it in {FILE}: [roles] {name} = "..."'
        if places.pattern:
            mend += f', or [runs] paths = ["..."] after the pattern {places.pattern}'
        yield Finding(
            "unknown-role", f"no setting is known to be the {name} of the runs{hint}", (), mend + "."
        )
