"""What one file says, before its names are followed into other files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paperback.code.inventory import DataFact, HyperParameter, LoopFact, LossFact, OptimiserFact, SeedFact
from paperback.code.layers import MadeLayer
from paperback.code.names import Import
from paperback.finding import Finding
from paperback.source import Source


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class; whether it is a neural module is decided when its bases have been followed.

    Attributes:
        bases: Resolved names of the bases; `written` are the same as source text.
        methods: Names of the methods it defines.
        operators: Operators that its methods apply beyond wiring layers together, with their places.
        returns_loss: Whether a forward method computes a library's loss.
        terms: Terms of the sum that forward returns.
        constructor: Defaults of its constructor.
        wiring: What its forward does beyond assembling layers, with its places.
    """

    name: str
    bases: tuple[str, ...]
    written: tuple[str, ...]
    doc: str
    layers: tuple[MadeLayer, ...]
    parameters: tuple[str, ...]
    methods: tuple[str, ...]
    operators: tuple[tuple[str, Source], ...]
    returns_loss: bool
    terms: tuple[str, ...]
    constructor: tuple[HyperParameter, ...]
    source: Source
    wiring: tuple[tuple[str, Source], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function that may be a loss or a custom derivative, or builds a sequence of layers.

    Attributes:
        role: `loss`, `criterion` (a loss where it is differentiated), `derivative`, `sequence`, `kernel` or
            `component`.
        operators: Of a component, the operators that it applies beyond layers, with their places.
        base: What a sequence is made as: `Sequential`, `Model` or `Pipeline`.
    """

    name: str
    role: str
    doc: str
    terms: tuple[str, ...]
    layers: tuple[MadeLayer, ...]
    source: Source
    base: str = "Sequential"
    operators: tuple[tuple[str, Source], ...] = ()


@dataclass(frozen=True, slots=True)
class LossUse:
    """The expression behind one `.backward()`.

    Attributes:
        target: Resolved name of the class or function that computed it; empty for one built in place.
        name: What it is called in the code.
        terms: Terms of the sum, as source text.
    """

    target: str
    name: str
    terms: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that one file says.

    Attributes:
        entry: `main guard`, `command line`, `notebook` or `script`; empty for a library file.
        test: Whether it belongs to the tests.
        defined: Names of the classes and functions at its top level.
        dynamic: Prefixes of modules imported by a name made at run time; `*` where it has no fixed prefix.
        changes: Changed steps of training with the rule's phrase.
        made: Optimisers and schedulers with their resolved names.
        estimators: Resolved names of library estimators that are made.
        frameworks: Framework of each import of one.
    """

    path: str
    digest: str = ""
    lines: int = 0
    entry: str = ""
    test: bool = False
    imports: tuple[Import, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    defined: frozenset[str] = frozenset()
    dynamic: tuple[str, ...] = ()
    classes: tuple[ClassFacts, ...] = ()
    functions: tuple[FunctionFacts, ...] = ()
    losses: tuple[LossFact, ...] = ()
    uses: tuple[LossUse, ...] = ()
    made: tuple[tuple[str, OptimiserFact], ...] = ()
    loops: tuple[LoopFact, ...] = ()
    hyperparameters: tuple[HyperParameter, ...] = ()
    data: tuple[DataFact, ...] = ()
    changes: tuple[tuple[str, Source], ...] = ()
    estimators: tuple[tuple[str, Source], ...] = ()
    frameworks: tuple[str, ...] = ()
    seeds: tuple[SeedFact, ...] = ()
    findings: tuple[Finding, ...] = ()
