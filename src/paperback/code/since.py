"""What changed since an earlier revision of the repository."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from paperback.code.compare_lines import compare_lines
from paperback.code.definitions import Definition, definitions
from paperback.code.diff import Diff
from paperback.code.inventory import Change, Contrast, HyperParameter, LossFact, OptimiserFact
from paperback.code.level import Fired, own_work
from paperback.code.repository import Place
from paperback.code.revision import Revision
from paperback.code.scan import Scan
from paperback.code.sides import FRAMES, Side, called, compare_networks
from paperback.source import Source

HOW = "git revision"
TODAY = "this version"
MOST_CHANGES = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """A definition today and the same one at the revision; one of them may be missing."""

    new: Definition | None
    old: Definition | None

    @property
    def differs(self) -> bool:
        """Whether it was written, taken away, or means something else."""
        return self.new is None or self.old is None or self.new.meaning != self.old.meaning


@dataclass(frozen=True, slots=True)
class Since:
    """Two states of one repository.

    Attributes:
        pairs: Definitions of the files that differ, tests left out.
        was: Place of a definition today to its place at the revision, for those that are at both.
        renamed: Path of a file today to its path at the revision, where that is another.
    """

    today: Scan
    then: Scan
    revision: Revision
    pairs: tuple[Pair, ...]
    was: Mapping[Place, Place]
    renamed: Mapping[str, str]

    def contrast(self) -> Contrast:
        """The repository as it is against the revision."""
        changed = next((pair.new for pair in self.pairs if pair.new and pair.differs), None)
        path = changed.place[0] if changed else next(iter(self.today.trees.repository.files), "")
        return Contrast(TODAY, self.baseline, HOW, changed.source if changed else Source(path, 1))

    @property
    def baseline(self) -> str:
        """What the revision is called in print."""
        return f"revision {self.revision.short}"

    def kept(self) -> frozenset[Place]:
        """Classes and functions that are today what they were."""
        changed = {
            (pair.new.place[0], pair.new.place[1].partition(".")[0])
            for pair in self.pairs
            if pair.new is not None and pair.differs
        }
        return frozenset(place for place in self.was if "." not in place[1]) - changed

    def untouched(self, fired: Fired) -> bool:
        """Whether a rule fires on what the revision has in the same words, so that it is no change."""
        head = fired.name.partition(".")[0]
        former = self.was.get((fired.source.path, head)) if head else None
        changed = any(
            pair.differs and pair.new and pair.new.place[0] == fired.source.path and _within(pair.new, head)
            for pair in self.pairs
        )
        known = any(
            item.words == fired.words and (not former or item.source.path == former[0])
            for item in self.then.fired
        )
        return known and not (head and changed)


def _within(definition: Definition, head: str) -> bool:
    return definition.place[1].partition(".")[0] == head


def compare_states(today: Scan, then: Scan, revision: Revision) -> Since:
    """The two states with their definitions paired: by file and name, then by a name that only moved."""
    new, old = _defined(today, then), _defined(then, today)
    renamed = _renamed(new, old)
    was = {place: former for place in new if (former := (renamed.get(place[0], place[0]), place[1])) in old}
    taken = set(was.values())
    gone = _by_name(place for place in old if place not in taken)
    come = _by_name(place for place in new if place not in was)
    was |= {
        places[0]: gone[name][0]
        for name, places in come.items()
        if name and len(places) == 1 and len(gone.get(name, ())) == 1
    }
    taken = set(was.values())
    pairs = [Pair(definition, old.get(was.get(place, ("", "")))) for place, definition in new.items()]
    pairs += [Pair(None, definition) for place, definition in old.items() if place not in taken]
    for path, file in today.trees.repository.files.items():
        known = then.trees.repository.files.get(path)
        if known is not None and known.digest == file.digest:
            was |= {(path, name): (path, name) for name in file.defined}
    return Since(today, then, revision, tuple(pairs), was, renamed)


def _renamed(new: Iterable[Place], old: Iterable[Place]) -> dict[str, str]:
    """Files that have another path today, known by at least half of their definitions."""
    here, there = _by_file(new), _by_file(old)
    found: dict[str, str] = {}
    for path in here.keys() - there.keys():
        left = there.keys() - here.keys() - set(found.values())
        best = max(sorted(left), key=lambda other: len(here[path] & there[other]), default="")
        if best and 2 * len(here[path] & there[best]) >= len(here[path] | there[best]) > 1:
            found[path] = best
    return found


def _by_file(places: Iterable[Place]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path, name in places:
        found.setdefault(path, set()).add(name)
    return found


def _by_name(places: Iterable[Place]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place[1], []).append(place)
    return found


def _defined(state: Scan, other: Scan) -> dict[Place, Definition]:
    """The definitions of the files that are not the same in the other state."""
    found: dict[Place, Definition] = {}
    known = other.trees.repository.files
    for path in sorted(state.reached.files):
        file = state.trees.repository.files[path]
        same = path in known and known[path].digest == file.digest
        # A notebook tries things out; its cells have no lines of the file.
        if file.test or same or path.endswith(".ipynb"):
            continue
        scopes = state.trees.file(path)
        for item in definitions(scopes) if scopes is not None else ():
            found.setdefault(item.place, item)
    return found


def changes_since(since: Since) -> tuple[Change, ...]:
    """Every change: architecture, backward, loss, training, settings, then other definitions.

    What is changed in the same way in several places is told once, with the first of them.
    """
    found: dict[str, Change] = {}
    for change in _every_change(since):
        found.setdefault(str(change), change)
    return tuple(found.values())[:MOST_CHANGES]


def _every_change(since: Since) -> Iterator[Change]:
    yield from _components(since)
    yield from _derivatives(since)
    yield from _losses(since)
    yield from _steps(since)
    yield from _optimisers(since)
    told = {"method", "function"}
    yield from (change for change in _rewritten(since) if change.what in told)
    yield from _settings(since)
    yield from (change for change in _rewritten(since) if change.what not in told)


def _at(since: Since, source: Source | None) -> Source | None:
    """A place at the revision, marked as such."""
    return replace(source, key=f"at {since.revision.short}") if source else None


def _gone(since: Since, what: str, words: str, source: Source) -> Change:
    return Change("removed", what, words, replace(source, key=f"at {since.revision.short}"), how=HOW)


def _components(since: Since) -> Iterator[Change]:
    today, then = since.today, since.then
    losses = {(loss.source.path, loss.name) for loss in (*today.losses, *then.losses)}
    old = {(item.fact.source.path, item.fact.name): item for item in then.own}
    kept = set()
    for item in today.own:
        place = item.fact.source.path, item.fact.name
        former = since.was.get(place)
        if place in losses or place[0] not in today.reached.files:
            continue
        if former in old:
            kept.add(former)
            pair = Side(today.trees, place), Side(then.trees, former or place)
            yield from (_marked(since, change) for change in compare_networks(*pair, HOW))
        else:
            own = own_work(item.facts)
            words = f"{place[1]} with {own}" if own else place[1]
            yield Change("added", "component", words, item.fact.source, how=HOW)
    for place, item in old.items():
        if place not in {*kept, *losses} and place[0] in then.reached.files:
            yield _gone(since, "component", place[1], item.fact.source)


def _marked(since: Since, change: Change) -> Change:
    """A change whose places at the revision say so."""
    if change.kind == "removed":
        return _gone(since, change.what, change.words, change.source)
    return replace(change, against=_at(since, change.against))


def _derivatives(since: Since) -> Iterator[Change]:
    new = {item.name: item.source for item in since.today.derivatives}
    old = {item.name: item.source for item in since.then.derivatives}
    for name, source in new.items():
        if name not in old:
            yield Change("added", "backward", f"a derivative of its own for {name}", source, how=HOW)
    for name, source in old.items():
        if name not in new:
            yield _gone(since, "backward", f"the derivative of its own for {name}", source)


def _losses(since: Since) -> Iterator[Change]:
    new, old = _terms(since.today.losses), _terms(since.then.losses)
    for key, loss in new.items():
        if key not in old:
            yield Change("added", "loss", key, loss.source, how=HOW)
    for key, loss in old.items():
        if key not in new:
            yield _gone(since, "loss", key, loss.source)


def _terms(losses: Sequence[LossFact]) -> dict[str, LossFact]:
    """Losses in words: those written here by name, those built in the loop by their terms."""
    found: dict[str, LossFact] = {}
    for loss in losses:
        if loss.kind == "inline":
            for term in loss.terms:
                words = f"the term −{term[1:]}" if term.startswith("-") else f"the term {term}"
                found.setdefault(words, loss)
        else:
            found.setdefault(loss.name, loss)
    return found


def _steps(since: Since) -> Iterator[Change]:
    new = {words: place for file in since.today.files for words, place in file.changes}
    old = {words: place for file in since.then.files for words, place in file.changes}
    for words, place in new.items():
        if words not in old:
            yield Change("added", "step", words, place, how=HOW)
    for words, place in old.items():
        if words not in new:
            yield _gone(since, "step", words, place)


def _optimisers(since: Since) -> Iterator[Change]:
    new, old = _made(since.today.optimisers, since.renamed), _made(since.then.optimisers, {})
    for path in sorted({key[0] for key in (*new, *old)}):
        come = [item for key, item in new.items() if key[0] == path and key not in old]
        gone = [item for key, item in old.items() if key[0] == path and key not in new]
        for after, before in zip(come, gone, strict=False):
            place = _at(since, before.source)
            words = called(after.name, after.arguments, before.arguments)
            instead = called(before.name, before.arguments, after.arguments)
            yield Change("replaced", "optimiser", words, after.source, instead, "", HOW, place)
        for item in come[len(gone) :]:
            yield Change("added", "optimiser", _made_words(item), item.source, how=HOW)
        for item in gone[len(come) :]:
            yield _gone(since, "optimiser", _made_words(item), item.source)


def _made(facts: Sequence[OptimiserFact], renamed: Mapping[str, str]) -> dict[tuple[str, str], OptimiserFact]:
    return {(renamed.get(fact.source.path, fact.source.path), _made_words(fact)): fact for fact in facts}


def _made_words(fact: OptimiserFact) -> str:
    return f"{fact.name}({', '.join(fact.arguments)})"


def _settings(since: Since) -> Iterator[Change]:
    """Settings that came, went or have another default."""
    new, old = _by_setting(since.today.offered, since.renamed), _by_setting(since.then.offered, {})
    for key, item in new.items():
        former = old.get(key)
        if former is None:
            yield Change("added", "setting", _setting(item), item.source, how=HOW)
        elif former.default != item.default:
            place = _at(since, former.source)
            instead = former.default or "no default"
            yield Change("replaced", "setting", _setting(item), item.source, instead, "", HOW, place)
    for key, item in old.items():
        if key not in new and not _still_bound(since, key):
            yield _gone(since, "setting", _setting(item), item.source)


def _still_bound(since: Since, key: tuple[str, str]) -> bool:
    """Whether a script computes today what was a constant then."""
    path = key[0]
    file = since.today.trees.file(path) if path in since.today.trees.repository.files else None
    targets = (
        target
        for node in (file.module.nodes if file else ())
        if isinstance(node, ast.Assign)
        for target in node.targets
    )
    return any(isinstance(target, ast.Name) and target.id == key[1] for target in targets)


def _by_setting(
    offered: Sequence[HyperParameter], renamed: Mapping[str, str]
) -> dict[tuple[str, str], HyperParameter]:
    """Settings by the path that their file had, and their name; what a file has twice is left out."""
    keyed = [((renamed.get(item.source.path, item.source.path), item.name), item) for item in offered]
    counts = Counter(key for key, _ in keyed)
    return {key: item for key, item in keyed if counts[key] == 1}


def _setting(item: HyperParameter) -> str:
    return f"{item.name} = {item.default}" if item.default else item.name


def _rewritten(since: Since) -> Iterator[Change]:
    """Methods, functions and scripts that do something else; of what is new, functions alone are told."""
    instead = f"that of {since.revision.short}"
    for pair in since.pairs:
        item = pair.new or pair.old
        if item is None or not pair.differs or item.kind == "class":
            continue
        name = item.place[1] or item.place[0]
        if pair.new is not None and pair.old is not None:
            if name.rpartition(".")[2] not in FRAMES:
                place = _at(since, pair.old.source)
                yield Change("replaced", item.kind, name, pair.new.source, instead, "", HOW, place)
        elif item.kind == "function" and pair.new is not None:
            yield Change("added", item.kind, name, item.source, how=HOW)
        elif item.kind == "function":
            yield _gone(since, item.kind, name, item.source)


def diffs_since(since: Since) -> list[Diff]:
    """A listing of each definition that changed."""
    found = (
        compare_lines(pair.new, pair.old, baseline=since.baseline, mark=f"at {since.revision.short}")
        for pair in since.pairs
        if pair.new is not None and pair.old is not None and pair.differs
    )
    return [diff for diff in found if diff is not None]
