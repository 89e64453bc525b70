"""What was built: the facts that are read from source code, each with its file and line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from paperback.code.diff import Diff
from paperback.code.network import Network
from paperback.code.procedure import Algorithm
from paperback.code.record import Recorded
from paperback.finding import Finding
from paperback.source import Source

LossKind = Literal["custom", "library", "inline"]
# `CosineAnnealingLR`, `ReduceLROnPlateau`, `ExponentialDecay`, `get_linear_schedule_with_warmup`.
_SCHEDULE = re.compile(r"LR$|LROn|Sched|_schedule|Annealing|Decay$|_decay|with_warmup|constant_lr")
ChangeKind = Literal["added", "removed", "replaced"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer made in a module's constructor or in a sequence.

    Attributes:
        kind: The class as the code names it, without its package: `Linear`, `ReLU`, `ThresholdEncoding`.
        arguments: Positional arguments, then `name=value`, as source text.
        attribute: The attribute it is bound to (`self.head`), or the place in its sequence; may be empty.
        custom: Whether its class is defined in this repository.
        source: Where it is made.
        repeat: What it is repeated over, as source text (`range(depth)`); empty when it is made once.
        when: The condition it is made under, as source text; empty when it is always made.
        key: Its name in a table of layers (`ModuleDict`); empty outside one.
    """

    kind: str
    arguments: tuple[str, ...]
    attribute: str
    custom: bool
    source: Source
    repeat: str = ""
    when: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class ModuleFact:
    """A class that is a neural network module, or a function or assignment that builds an `nn.Sequential`.

    Attributes:
        name: Qualified name inside its file.
        bases: Base classes as source text.
        doc: First paragraph of the docstring, one line; may be empty.
        layers: In the order they are made.
        parameters: Names bound to `nn.Parameter` (or registered as such).
        overrides: Which of `forward`, `backward`, `training_step`, ... it defines.
        source: Its first line.
    """

    name: str
    bases: tuple[str, ...]
    doc: str
    layers: tuple[Layer, ...]
    parameters: tuple[str, ...]
    overrides: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class AutogradFact:
    """A `torch.autograd.Function`, or another custom derivative (`custom_vjp`, `custom_gradient`)."""

    name: str
    doc: str
    has_forward: bool
    has_backward: bool
    source: Source


@dataclass(frozen=True, slots=True)
class LossFact:
    """A loss: written here, a library's, or an expression built in the training loop.

    Attributes:
        terms: Terms of the sum, as source text; a subtracted one begins with `-`.
    """

    name: str
    kind: LossKind
    doc: str
    terms: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class ObjectiveFact:
    """What one backward call differentiates.

    Attributes:
        name: What the code calls it.
        entering: Names of the network outputs, batch tensors and settings that it is a function of.
        decided: Which arms of conditions on settings were taken, in words.
        definition: The function or loss of the repository that it is as a whole; empty where it is more.
        reason: Why it cannot be sliced from the statements before the call; empty where it was.
        source: The backward call.
    """

    name: str
    entering: tuple[str, ...]
    decided: tuple[str, ...]
    reason: str
    source: Source
    definition: str = ""

    @property
    def place(self) -> str:
        """`train.py:88`, under which its equation is asked for."""
        return f"{self.source.path}:{self.source.line}"


@dataclass(frozen=True, slots=True)
class OptimiserFact:
    """An optimiser or scheduler that is made: class name and arguments as source text."""

    name: str
    arguments: tuple[str, ...]
    source: Source

    @property
    def is_schedule(self) -> bool:
        """Whether it changes the learning rate, and not the parameters."""
        return bool(_SCHEDULE.search(self.name))


@dataclass(frozen=True, slots=True)
class LoopFact:
    """A training or evaluation loop.

    Attributes:
        function: Qualified name of the function it stands in; empty at module level.
        steps: What happens in it, without the loops inside it, in order, in the field's words: `forward`,
            `loss`, `zero_grad`, `backward`, `clip gradients`, `optimiser step`, `scheduler step`,
            `EMA update`, `train one epoch`, `validate`, `log`, `checkpoint`, `early stop`, `fit`, ...
        source: The line of the `for` or `while`.
    """

    function: str
    steps: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class HyperParameter:
    """A setting that the code offers: an argparse or click option, a dataclass field, a module constant.

    Attributes:
        name: Without dashes: `learning_rate`.
        default: Default value as source text; empty for none.
        help: Help text or comment; may be empty.
        how: `argparse`, `dataclass`, `click`, `constant`, `constructor`.
    """

    name: str
    default: str
    help: str
    how: str
    source: Source


@dataclass(frozen=True, slots=True)
class DataFact:
    """A data set that is loaded: the call or class, as source text, with its docstring where it has one."""

    name: str
    doc: str
    source: Source


@dataclass(frozen=True, slots=True)
class SeedFact:
    """A generator of random numbers that is seeded: whose it is, and the seed as source text."""

    generator: str
    seed: str
    source: Source


@dataclass(frozen=True, slots=True)
class Level:
    """The level of modeling, 1 to 3, and the rules that fired, each with its place.

    Attributes:
        unreachable: Rules that would have fired, but no entry point reaches what they speak of.
        baseline: Rules that fired on what the baseline has too, so that they do not count.
    """

    number: int
    reasons: tuple[tuple[str, Source], ...]
    unreachable: tuple[tuple[str, Source], ...] = ()
    baseline: tuple[tuple[str, Source], ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """What the paper proposes and what it is compared with, as the code shows it.

    Attributes:
        proposal: Name of the class, or path of the script.
        baseline: The nearest baseline; empty where none is known.
        how: How it was found: `settings`, `parent class`, `sibling model`, `git revision`; empty without a
            baseline.
        source: Where the proposal is defined.
        against: Where the baseline is defined; None where none is known.
    """

    proposal: str
    baseline: str
    how: str
    source: Source
    against: Source | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in which the proposal differs from its baseline.

    Attributes:
        what: `layer`, `component`, `operator`, `parameter`, `backward`, `loss`, `method`, `step` or, since a
            revision, also `optimiser`, `setting`, `function` or `script`.
        words: What was added or removed, or what stands there now.
        instead: What stood there before; empty unless `kind` is `replaced`.
        when: The condition that switches it on, as source text; empty where it is always so.
        how: `settings`, `parent class`, `sibling model`, `configuration flag`, `library` or `git revision`.
        source: Where it is, or where the baseline has what was removed.
        against: Where the baseline has what was replaced; None where it has no place of its own.
    """

    kind: ChangeKind
    what: str
    words: str
    source: Source
    instead: str = ""
    when: str = ""
    how: str = ""
    against: Source | None = None

    def __str__(self) -> str:
        condition = f" when {self.when}" if self.when else ""
        instead = f" in place of {self.instead}" if self.instead else ""
        return f"{self.kind} {self.what} {self.words}{instead}{condition}"


@dataclass(frozen=True, slots=True)
class Inventory:
    """All facts of the code, in the order of path and line.

    Attributes:
        files: Path to digest, of every source file that was read.
        lines: Number of lines read.
        diffs: Definitions beside their baseline, the most telling first.
        objectives: What the training loops differentiate.
        checked: Place to what the last numeric check of its equation found.
        base: The commit that the code is compared with; empty where it is no revision.
        rivals: Files of other methods than the one that the author named.
        framework: `torch`, `keras`, `jax`, `sklearn` or empty: what most modules are written in.
    """

    modules: tuple[ModuleFact, ...] = ()
    autograd: tuple[AutogradFact, ...] = ()
    losses: tuple[LossFact, ...] = ()
    optimisers: tuple[OptimiserFact, ...] = ()
    loops: tuple[LoopFact, ...] = ()
    hyperparameters: tuple[HyperParameter, ...] = ()
    data: tuple[DataFact, ...] = ()
    level: Level | None = None
    framework: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    lines: int = 0
    findings: tuple[Finding, ...] = ()
    contrast: Contrast | None = None
    changes: tuple[Change, ...] = ()
    diffs: tuple[Diff, ...] = ()
    algorithm: Algorithm | None = None
    network: Network | None = None
    checked: Mapping[str, Recorded] = field(default_factory=dict)
    objectives: tuple[ObjectiveFact, ...] = ()
    base: str = ""
    rivals: frozenset[str] = frozenset()
    seeds: tuple[SeedFact, ...] = ()
