"""The whole journey from a repository to its inventory."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from paperback.code.algorithm import training_algorithm
from paperback.code.change import find_changes, find_contrast, nearest
from paperback.code.diff import Diff
from paperback.code.facts import FileFacts
from paperback.code.forward import chain, follow_class, follow_function
from paperback.code.inventory import (
    Change,
    Contrast,
    HyperParameter,
    Inventory,
    Level,
    ModuleFact,
    ObjectiveFact,
)
from paperback.code.level import BREADTH, decide_level
from paperback.code.linked import data
from paperback.code.listings import find_diffs, most_telling
from paperback.code.network import Network
from paperback.code.reach import Reach
from paperback.code.record import FILE as RECORD
from paperback.code.record import Recorded, read_record
from paperback.code.repository import Place
from paperback.code.revision import find_revision, write_sources
from paperback.code.scan import Scan, ordered, scan
from paperback.code.since import changes_since, compare_states, diffs_since
from paperback.code.subject import Subject, find_comparison, root_models
from paperback.errors import ReadError
from paperback.finding import Finding
from paperback.settings import Settings
from paperback.source import Source

_SWITCH = re.compile(r"^(True|False|None|0|0\.0?|['\"].*['\"])$")


@dataclass(frozen=True, slots=True)
class _Compared:
    """The proposal against its baseline; `known` are definitions that the baseline has too."""

    contrast: Contrast | None = None
    changes: tuple[Change, ...] = ()
    diffs: tuple[Diff, ...] = ()
    level: Level | None = None
    known: frozenset[Place] = frozenset()
    base: str = ""


def read_code(root: Path, settings: Settings) -> Inventory:
    """All facts of the source code below `root`; nothing of it is imported or run.

    What cannot be read comes back as a finding. Tests are read only for what they import.

    Args:
        root: The repository.
        settings: Which files are read, the methods of the study, the classes or scripts that play them, and
            the revision that stands in for their baseline.

    Raises:
        ReadError: The revision cannot be read.
    """
    found = scan(root, settings)
    subject = _subject(found, settings)
    loops = ordered(item for file in found.files for item in file.loops) if found.framework else ()
    modules = ordered([*(item.fact for item in found.own), *found.built])
    compared = _compared(root, found, subject, settings)
    objectives = _objectives(root, found.files) if found.framework == "torch" else ()
    checked, damaged = _checked(root, objectives)
    return Inventory(
        modules=modules,
        autograd=found.derivatives,
        losses=found.losses,
        optimisers=found.optimisers,
        loops=loops,
        hyperparameters=found.offered,
        data=ordered(item for file in found.files for item in data(found.trees.repository, file)),
        level=compared.level,
        framework=found.framework,
        files={file.path: file.digest for file in found.files},
        lines=sum(file.lines for file in found.files),
        findings=(
            *(item for file in found.files for item in file.findings),
            *_unreached(modules, found.reached),
            *damaged,
        ),
        contrast=compared.contrast,
        changes=compared.changes,
        diffs=compared.diffs,
        checked=checked,
        base=compared.base,
        rivals=subject.rivals(),
        seeds=ordered(item for file in found.files for item in file.seeds),
        network=_network(subject, found.built, compared.known),
        algorithm=training_algorithm(subject, loops, found.optimisers, found.losses, found.offered),
        objectives=objectives,
    )


def _compared(root: Path, found: Scan, subject: Subject, settings: Settings) -> _Compared:
    if settings.code_base:
        return _against_revision(root, found, subject, settings)
    if not found.framework:
        return _Compared()
    return _Compared(
        find_contrast(subject),
        find_changes(subject, found.derivatives, found.losses, _switches(found.offered)),
        most_telling(find_diffs(subject, nearest(subject)), found.losses, found.fired),
        decide_level(
            found.fired,
            subject.in_proposal(),
            subject.in_baseline(found.fired),
            _networks(found, subject),
        ),
        _former(subject),
    )


def _against_revision(root: Path, found: Scan, subject: Subject, settings: Settings) -> _Compared:
    """The repository of today against the revision that the author names."""
    revision = find_revision(root, settings.code_base)
    # The two states are read by one reader; the folder is gone when both have been compared.
    with TemporaryDirectory() as folder:
        write_sources(root, revision, Path(folder))
        since = compare_states(found, scan(Path(folder), settings), revision)
        level = decide_level(found.fired, subject.in_proposal(), since.untouched, _networks(found, subject))
        return _Compared(
            since.contrast(),
            changes_since(since),
            most_telling(diffs_since(since), found.losses, found.fired),
            level,
            since.kept(),
            revision.commit,
        )


def _networks(found: Scan, subject: Subject) -> list[frozenset[Place]]:
    """What each network that the entry points reach uses; empty where none is reached, as in a library."""
    own = {item.name for item in found.fired if item.kind == "component"}
    if not found.reached.told or len(own) < BREADTH:
        return []
    return [found.trees.closure((item.fact.source.path, item.fact.name)) for item in subject.models]


def _objectives(root: Path, files: Iterable[FileFacts]) -> tuple[ObjectiveFact, ...]:
    """What the scripts differentiate; notebooks and tests are left out."""
    from paperback.code.objectives import find_objectives

    paths = (file.path for file in files if not file.test and file.path.endswith(".py"))
    return ordered(item for path in paths for item in find_objectives(root / path, root))


def _former(subject: Subject) -> frozenset[Place]:
    """What the networks of the baselines use."""
    compared = subject.compared
    former = [subject.model(baseline) for baseline in compared.baselines] if compared else []
    return frozenset(inner for baseline in former if baseline for inner in subject.trees.closure(baseline))


def _network(subject: Subject, built: Iterable[ModuleFact], known: frozenset[Place]) -> Network | None:
    """The forward pass of the proposal's network, or of the first that is assembled without a class."""
    compared = subject.compared
    place = subject.model(compared.proposal) if compared else None
    if place is not None:
        return follow_class(subject.trees, place, known)
    first = next((item for item in built if item.source.path in subject.reached), None)
    # Beside networks that are classes, a sequence is only a part of one.
    if first is None or subject.models:
        return None
    if first.bases == ("Model",):
        return follow_function(subject.trees, (first.source.path, first.name), frozenset())
    return chain(first)


def _switches(offered: Iterable[HyperParameter]) -> frozenset[str]:
    """Settings that can switch: those that are true or false, may be absent or zero, or name a choice."""
    return frozenset(item.name for item in offered if _SWITCH.match(item.default or "None"))


def _subject(found: Scan, settings: Settings) -> Subject:
    weights = Counter(
        (item.source.path, item.name.partition(".")[0]) for item in found.fired if item.kind != "standard"
    )
    roots = root_models(found.trees.repository, found.own)
    models = [item for item in roots if item.fact.source.path in found.reached.files]
    compared = find_comparison(
        found.trees,
        models,
        lambda place: weights[place],
        proposal=settings.code_proposal or settings.proposal,
        baselines=settings.code_baselines or settings.baselines,
    )
    return Subject(found.trees, tuple(models), compared, found.reached.files)


def _checked(
    root: Path, objectives: Iterable[ObjectiveFact]
) -> tuple[dict[str, Recorded], tuple[Finding, ...]]:
    """The verdicts of equations.json at the places of today; a file of that name that is not ours is told."""
    from paperback.code.stated import moved_verdicts

    try:
        record = read_record(root)
        return moved_verdicts(root, record, [item.place for item in objectives]) if record else {}, ()
    except ReadError as error:
        return {}, (Finding("unreadable-record", error.what, (Source(RECORD),), error.mend),)


def _unreached(modules: Iterable[ModuleFact], reached: Reach) -> Iterator[Finding]:
    outside = [module for module in ordered(modules) if module.source.path not in reached.files]
    if not outside:
        return
    names = ", ".join(module.name for module in outside[:6]) + (" …" if len(outside) > 6 else "")
    entries = ", ".join(reached.entries[:4]) + (" …" if len(reached.entries) > 4 else "")
    message = (
        f"{len(outside)} modules ({names}) are imported by no entry point ({entries}), "
        "so they do not count for the level"
    )
    yield Finding("unreachable-code", message, tuple(module.source for module in outside))
