"""How many wrong variants of verified equations the check refuses.

    python benchmarks/equations/mutants.py packages --python PYTHON_WITH_TORCH

Every verified equation of the suite is changed in one place: a term or factor dropped, a sign flipped, a
number moved by one, a sum for a maximum, two symbols swapped, a stop-gradient dropped, an order reversed.
`--every 3` takes each third equation only, `--only dice_loss,MCCLoss` those named, `--sample 200` at most so
many mutants of one equation, drawn with a fixed seed. A mutant counts as killed when values or gradients
differ. Survivors are printed: most are equal to the original in mathematics.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
from suite import SUITE

from paperback.code.equations import establish
from paperback.code.equations.check import compare_page
from paperback.code.equations.execute import CheckError, run
from paperback.code.equations.form import (
    MINUS,
    Add,
    Cmp,
    El,
    Expr,
    Mul,
    Num,
    Order,
    Red,
    Sg,
    Sym,
    Var,
    children,
    num,
    rebuild,
    walk,
)  # fmt: skip
from paperback.code.equations.page import read_page

Mutator = Callable[[Expr], Iterator[Expr]]


def dropped(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Add):
        for at in range(len(expr.terms)):
            rest = expr.terms[:at] + expr.terms[at + 1 :]
            yield rest[0] if len(rest) == 1 else Add(rest)
    if isinstance(expr, Mul):
        for at, factor in enumerate(expr.factors):
            rest = expr.factors[:at] + expr.factors[at + 1 :]
            if factor not in (MINUS, num(1)):
                yield rest[0] if len(rest) == 1 else Mul(rest)


def flipped(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Add):
        for at, term in enumerate(expr.terms):
            yield Add((*expr.terms[:at], Mul((MINUS, term)), *expr.terms[at + 1 :]))


def moved(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Num):
        yield Num(expr.value + 1)
    if isinstance(expr, Cmp):
        yield Cmp(expr.op, expr.left, Add((expr.right, num(1))))


def peaked(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Red) and expr.kind in ("sum", "max"):
        yield replace(expr, kind="max" if expr.kind == "sum" else "sum")


def swapped(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, El):
        own = [item for item in expr.index if isinstance(item, Var)]
        if len(own) > 1 and own[0] != own[1]:
            yield El(expr.name, (expr.index[1], expr.index[0], *expr.index[2:]))
    if isinstance(expr, Sym) and expr.name not in ("pi", "inf"):
        yield Mul((num(2), expr))


def released(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Sg):
        yield expr.body


def reversed_order(expr: Expr) -> Iterator[Expr]:
    if isinstance(expr, Order):
        yield replace(expr, op="<=" if expr.op == ">=" else ">=")


MUTATORS: dict[str, Mutator] = {
    "dropped": dropped, "sign": flipped, "one more": moved, "sum or maximum": peaked, "symbol": swapped,
    "stop-gradient": released, "order": reversed_order,
}  # fmt: skip


def mutants(expr: Expr, mutate: Mutator) -> Iterator[Expr]:
    """`expr` with one place changed, for every place outside the ranges of sums."""
    yield from mutate(expr)
    sizes = {id(size) for _, size in expr.ranges} if isinstance(expr, Red) else set()
    for child in children(expr):
        if id(child) in sizes:
            continue
        for other in mutants(child, mutate):
            yield rebuild(expr, lambda item, child=child, other=other: other if item is child else item)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("packages", type=Path)
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--every", type=int, default=1)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--sample", type=int, default=sys.maxsize)
    options = arguments.parse_args()
    killed: Counter[str] = Counter()
    made: Counter[str] = Counter()
    whole = 0
    items = [(path, name) for path, names in SUITE.items() for name in names][:: options.every]
    if options.only:
        items = [(path, name) for path, name in items if name in options.only.split(",")]
    for path, name in items:
        found = establish(
            options.packages / path,
            name,
            root=options.packages / path.partition("/")[0],
            python=options.python,
        )
        derivation, plan = found.derivation, found.derivation.plan
        if not found.verdict.word.startswith("verified") or plan is None:
            continue
        try:
            samples = run(plan, python=options.python, timeout=60, rng=np.random.default_rng(7))[::3]
        except CheckError:
            continue
        page = read_page(derivation.lines, plan.notation)
        base = compare_page(page, derivation, samples)
        survivors = 0
        every = [
            (word, key, body)
            for word, mutate in MUTATORS.items()
            for key, equation in page.equations.items()
            for body in mutants(equation.body, mutate)
        ]
        drawn = every if len(every) <= options.sample else Random(7).sample(every, options.sample)
        whole += len(every)
        for word, key, body in drawn:
            equation = page.equations[key]
            other = replace(page, equations={**page.equations, key: replace(equation, body=body)})
            verdict = compare_page(other, derivation, samples)
            made[word] += 1
            if verdict.word == base.word and verdict.reason == base.reason:
                survivors += 1
                print(f"    survives: {word} in {name}: {_difference(equation.body, body)}")
            else:
                killed[word] += 1
        print(
            f"{name}: {survivors} survive; {sum(killed.values())} of {sum(made.values())} killed", flush=True
        )
    print()
    for word in MUTATORS:
        if made[word]:
            print(
                f"{word:16s} {killed[word]:5d} of {made[word]:5d} killed  {100 * killed[word] / made[word]:5.1f} %"  # noqa: E501
            )
    tried = sum(made.values())
    if tried:
        share = 100 * sum(killed.values()) / tried
        print(f"{'all':16s} {sum(killed.values()):5d} of {tried:5d} killed  {share:5.1f} %")
        print(f"{tried} of {whole} mutants were tried")


def _difference(before: Expr, after: Expr) -> str:
    """The smallest part that changed."""
    while type(before) is type(after):
        pairs = [(a, b) for a, b in zip(children(before), children(after), strict=False) if a != b]
        if len(pairs) != 1 or len(list(children(before))) != len(list(children(after))):
            break
        before, after = pairs[0]
    names = {item.name for item in walk(before) if isinstance(item, El | Sym)}
    return f"{type(before).__name__} of {', '.join(sorted(names)) or 'numbers'} -> {type(after).__name__}"


if __name__ == "__main__":
    main()
