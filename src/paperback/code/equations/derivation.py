"""What a derivation says: printed lines, symbols, assumptions, place, and what the check needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paperback.code.equations.form import Cmp, Expr
from paperback.code.equations.tokens import Entry
from paperback.code.equations.typings import Guess
from paperback.code.equations.values import Hyper, Input, Opaque
from paperback.source import Source


@dataclass(frozen=True, slots=True)
class Symbol:
    """One row of the notation.

    Attributes:
        latex: How it is printed.
        name: The name in the source.
        meaning: "argument", "parameter", "hyper-parameter", "size", "intermediate", "output", "layer",
            "function" or "random draw".
        axes: Sizes of its axes in LaTeX; empty for a scalar.
        source: Where it is defined.
    """

    latex: str
    name: str
    meaning: str
    axes: tuple[str, ...] = ()
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One printed equation.

    Attributes:
        latex: What is printed.
        key: The name under which the value of its left-hand side is known.
        indices: Letters of its free indices and the sizes to which they run, in LaTeX.
    """

    latex: str
    key: str
    indices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """How the code is to be called for a check, and by which names the reader knows its symbols.

    Attributes:
        positive: Sizes that are at least one wherever the equation is compared.
        thresholds: Comparisons of a function of numbers, on both sides of which it is checked.
        settings: Of arguments that hold settings: what each setting is.
        callbacks: Arguments that are functions: whether of each entry or of whole tensors.
        arrays: Whether the code takes arrays of NumPy, JAX or Keras instead of tensors of torch.
    """

    target: str
    method: str
    kind: str
    guesses: Mapping[str, Guess]
    inputs: tuple[Input, ...]
    hypers: tuple[Hyper, ...]
    opaques: tuple[Opaque, ...]
    outputs: tuple[str, ...]
    conditions: tuple[Expr, ...]
    divisible: tuple[tuple[Expr, Expr], ...]
    notation: Mapping[str, Entry]
    functions: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    module: str = ""
    extra: Any = None
    arrays: bool = False
    positive: tuple[Expr, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    callbacks: Mapping[str, str] = field(default_factory=dict)
    thresholds: tuple[Cmp, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """An equation of what a function or class computes, or the reason why there is none.

    Attributes:
        status: "static" (derived from the source, not checked yet), "opaque" (it holds layers that stay
            letters) or "fallback" (no equation; `reason` says why).
        equations: Lines of LaTeX: outputs first, then what stands after "where".
        assumptions: What was taken for granted, in words: axes of arguments, configuration, excluded cases.
        decided: Which arms of conditions were taken and what stays a letter, in words with code in backticks.
        reason: The operation that is not understood, with its line; empty where there is an equation.
    """

    name: str
    status: str
    equations: tuple[str, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    assumptions: tuple[str, ...] = ()
    reason: str = ""
    source: Source = field(default_factory=lambda: Source(""))
    lines: tuple[Line, ...] = ()
    plan: Plan | None = None
    decided: tuple[str, ...] = ()
