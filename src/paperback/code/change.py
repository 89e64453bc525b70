"""The change: what the proposal adds to its baseline, takes away, or replaces."""

from collections.abc import Iterable, Iterator, Sequence

from paperback.code.facts import FileFacts
from paperback.code.flags import read_flags
from paperback.code.inventory import AutogradFact, Change, Contrast, LossFact
from paperback.code.level import own_work
from paperback.code.linked import names_library_loss
from paperback.code.names import last
from paperback.code.repository import Place, Repository
from paperback.code.sides import Side, compare_networks
from paperback.code.subject import Subject
from paperback.source import Source

_MOST = 40


def find_contrast(subject: Subject) -> Contrast | None:
    """The proposal with its nearest baseline; None where the repository holds no network."""
    compared = subject.compared
    if compared is None:
        return None
    repository = subject.trees.repository
    baseline = nearest(subject)
    return Contrast(
        _name(compared.proposal),
        _name(baseline) if baseline else "",
        compared.how,
        _where(repository, compared.proposal),
        _where(repository, baseline) if baseline else None,
    )


def find_changes(
    subject: Subject,
    autograd: Iterable[AutogradFact],
    losses: Iterable[LossFact],
    settings: frozenset[str],
) -> tuple[Change, ...]:
    """Every change, those of the architecture first, then backward, loss and what settings switch.

    Args:
        subject: What is compared.
        autograd: Custom derivatives of the repository.
        losses: Losses of the repository.
        settings: Names of settings that may switch a part of the method on or off.
    """
    compared = subject.compared
    if compared is None:
        return ()
    baseline = nearest(subject)
    found: list[Change] = []
    new, old = subject.model(compared.proposal), subject.model(baseline) if baseline else None
    if new is not None and old is not None:
        found += compare_networks(Side(subject.trees, new), Side(subject.trees, old), compared.how)
    if baseline is not None and not compared.proposal[1] and not baseline[1]:
        found += _scripts(subject, compared.proposal[0], baseline[0], losses)
    found += _backward(subject, autograd)
    if compared.proposal[1] or baseline is None:
        found += _losses(subject, losses)
    found += read_flags(subject.trees, _files_of(subject, losses), settings)
    return tuple(dict.fromkeys(found))[:_MOST]


def _name(place: Place) -> str:
    return place[1] or place[0]


def _where(repository: Repository, place: Place) -> Source:
    facts = repository.classes.get(place)
    return facts.source if facts else Source(place[0], 1, "", repository.files[place[0]].digest)


def nearest(subject: Subject) -> Place | None:
    """The baseline that shares most kinds of layers with the proposal, the first one where several do."""
    compared = subject.compared
    if compared is None or not compared.baselines:
        return None
    kinds = {layer.kind for layer in Side(subject.trees, compared.proposal).layers()}

    def shared(place: Place) -> int:
        return len(kinds & {layer.kind for layer in Side(subject.trees, place).layers()})

    return max(compared.baselines, key=shared)


def _backward(subject: Subject, autograd: Iterable[AutogradFact]) -> Iterator[Change]:
    compared = subject.compared
    if compared is None or not compared.proposal[1]:
        return
    used = subject.trees.closure(compared.proposal)
    former = {
        place for baseline in compared.baselines if baseline[1] for place in subject.trees.closure(baseline)
    }
    for item in autograd:
        if (item.source.path, item.name) in used - former:
            words = f"a derivative of its own for {item.name}"
            yield Change("added", "backward", words, item.source, how=compared.how)


def _losses(subject: Subject, losses: Iterable[LossFact]) -> Iterator[Change]:
    """Terms that are added to a library's loss, and losses that stand alone."""
    files = subject.trees.repository.files
    counts = subject.counts()
    for loss in losses:
        if loss.kind == "library" or not loss.terms or not counts(loss.source.path):
            continue
        library = [term for term in loss.terms if names_library_loss(files[loss.source.path], term)]
        if library and len(loss.terms) > 1:
            base = _called(library[0])
            for term in loss.terms:
                if term not in library:
                    yield Change("added", "loss", f"the term {term} to {base}", loss.source, how="library")
        elif loss.kind == "custom":
            yield Change("added", "loss", last(loss.name), loss.source, how="library")


def _scripts(subject: Subject, new: str, old: str, losses: Iterable[LossFact]) -> Iterator[Change]:
    """Networks and terms of the loss that one script has and the other has not."""
    known = {item.fact.name for item in subject.models if item.fact.source.path == old}
    main = subject.model((new, ""))
    for item in subject.models:
        here = item.fact.source.path, item.fact.name
        if here[0] == new and here[1] not in known and here != main:
            own = own_work(item.facts)
            words = f"{here[1]} with {own}" if own else here[1]
            yield Change("added", "component", words, item.fact.source, how="settings")
    built = [loss for loss in losses if loss.kind != "library"]
    after = {term: loss.source for loss in built if loss.source.path == new for term in loss.terms}
    before = {term: loss.source for loss in built if loss.source.path == old for term in loss.terms}
    for kind, here_terms, there in (("added", after, before), ("removed", before, after)):
        for term, place in here_terms.items():
            if term not in there:
                words = f"the term −{term[1:]}" if term.startswith("-") else f"the term {term}"
                yield Change("added" if kind == "added" else "removed", "loss", words, place, how="settings")


def _called(term: str) -> str:
    return last(term.partition("(")[0].removeprefix("-"))


def _files_of(subject: Subject, losses: Iterable[LossFact]) -> tuple[str, ...]:
    """The files in which a setting may switch a part of the method: model, losses and training loops."""
    compared = subject.compared
    if compared is None:
        return ()
    counts = subject.counts()
    places = subject.trees.closure(compared.proposal) if compared.proposal[1] else ()
    found = dict.fromkeys(sorted(place[0] for place in places))
    found |= dict.fromkeys(loss.source.path for loss in losses if loss.kind != "library")
    files: dict[str, FileFacts] = dict(subject.trees.repository.files)
    found |= dict.fromkeys(
        path for path, file in files.items() if any(_updates(loop.steps) for loop in file.loops)
    )
    return tuple(path for path in found if counts(path))


def _updates(steps: Sequence[str]) -> bool:
    return "backward" in steps or "optimiser step" in steps
