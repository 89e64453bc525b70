"""A typing that failed, mended where the failure tells which sizes would have to be equal."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from paperback.code.equations.form import Add, Expr, Num, Sym
from paperback.code.equations.sizes import Misfit, Walked
from paperback.code.equations.typings import Guess, Typing, as_list

MOST_REPAIRS = 12
PATIENCE = 12


@dataclass(slots=True)
class Mended:
    """Typings that a failure suggests: at once where the code asks for equal sizes, else later."""

    soon: list[Typing] = field(default_factory=list)
    late: list[Typing] = field(default_factory=list)

    def failed(self, typing: Typing, error: Exception) -> None:
        better = repaired(typing, error)
        if better is not None:
            (self.soon if getattr(error, "firm", isinstance(error, Walked)) else self.late).append(better)

    def among(self, choices: Iterator[Typing]) -> Iterator[Typing]:
        """The choices, with those that were mended between them."""
        for count, typing in enumerate(choices, 1):
            yield typing
            yield from self._taken(self.soon)
            if count % PATIENCE == 0:
                yield from self._taken(self.late)
        yield from self._taken(self.late)

    def _taken(self, waiting: list[Typing]) -> Iterator[Typing]:
        for _ in range(MOST_REPAIRS):
            if waiting:
                yield waiting.pop(0)
        waiting.clear()


def repaired(typing: Typing, error: Exception) -> Typing | None:
    """`typing` with the two sizes equal that `error` names; None where nothing is to be mended.

    An argument whose rows the code goes through one by one, though their number is a symbol, becomes a list.
    A size that is a setting of its own becomes that of the axis. Sizes of two axes become one, and that of an
    axis becomes a number, only where the code itself asks for it.
    """
    if isinstance(error, Walked) and error.source in typing.guesses:
        given = as_list(error.source.removeprefix("init."), typing.guesses[error.source])
        return Typing({**typing.guesses, error.source: given})
    if not isinstance(error, Misfit) or error.sizes is None:
        return None
    letters = {axis for guess in typing.guesses.values() for axis in guess.axes}
    for one, other in (error.sizes, error.sizes[::-1]):
        if not isinstance(one, Sym) or one == other:
            continue
        if one.name not in letters:
            return _given(typing, one.name, other, letters)
    solved = _solved(*error.sizes) or _solved(*error.sizes[::-1])
    if solved is not None and solved[0] in letters:
        return _renamed(typing, *solved, letters)
    # The number of rows keeps its letter.
    rows_first = sorted((error.sizes, error.sizes[::-1]), key=lambda pair: pair[0] == Sym("N"))
    for one, other in rows_first:
        if error.firm and isinstance(one, Sym) and one.name in letters:
            return _renamed(typing, one.name, other, letters)
    return None


def _solved(size: Expr, other: Expr) -> tuple[str, Expr] | None:
    """The letter and the number that make `C - 2` equal to a number of at least two."""
    if not (isinstance(size, Add) and len(size.terms) == 2 and isinstance(other, Num) and other.value > 1):
        return None
    first, constant = size.terms
    if isinstance(first, Sym) and isinstance(constant, Num):
        return first.name, Num(other.value - constant.value)
    return None


def _given(typing: Typing, name: str, size: Expr, letters: set[str]) -> Typing | None:
    """The setting `name` as the size of an axis, or as a number."""
    guess = _as_guess(size, letters)
    if guess is None:
        return None
    for key, old in typing.guesses.items():
        if old.role == "whole" and key.removeprefix("init.") == name:
            return Typing({**typing.guesses, key: guess})
        if old.role == "settings" and name not in old.value:
            return Typing({**typing.guesses, key: replace(old, value={**old.value, name: guess})})
    return None


def _as_guess(size: Expr, letters: set[str]) -> Guess | None:
    if isinstance(size, Sym) and size.name in letters:
        return Guess("size", (size.name,))
    if isinstance(size, Num) and size.value.denominator == 1:
        return Guess("constant", value=int(size.value))
    return None


def _renamed(typing: Typing, letter: str, size: Expr, letters: set[str]) -> Typing | None:
    if isinstance(size, Num) and size.value.denominator == 1 and size.value > 0:
        new = str(size.value)
    elif isinstance(size, Sym) and size.name in letters:
        new = size.name
    else:
        return None
    changed = {
        key: replace(guess, axes=tuple(new if axis == letter else axis for axis in guess.axes))
        for key, guess in typing.guesses.items()
    }
    return Typing(changed)
