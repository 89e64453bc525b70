"""Symbols of the field for the numbers of a schedule: t the step, T their number, η a rate."""

import re
from collections.abc import Iterator

_STEPS = frozenset(
    ["it", "iter", "iteration", "step", "epoch", "t", "global_step", "current_step", "cur_step", "step_num"]
)
_COUNTS = re.compile(r"^(?:(?P<first>.+)_)?(epochs?|steps?|iters?|iterations?|batches)$")
_TOTAL = ("", "n", "num", "total", "max", "train", "num_training", "num_train")
_RATE = re.compile(r"(^|_)(lr|eta|learning_rate)(_|$)")
_BASE = ("", "base", "initial", "init", "peak")
RATE = r"\eta"


def letters(stem: str) -> Iterator[str]:
    """Symbols for the name of a number, best first; none where the field has no custom."""
    name = stem.lower()
    if name in _STEPS:
        yield "t"
    counts = _COUNTS.match(name)
    if counts:
        yield from _with_index("T", counts["first"] or "", _TOTAL, "T")
    elif is_rate(name):
        yield from _with_index(RATE, _RATE.sub("_", name, count=1).strip("_"), _BASE, rf"{RATE}_{{0}}")
    if name.endswith(("gamma", "decay_rate", "decay")):
        yield r"\gamma"


def initials(stem: str) -> Iterator[str]:
    """The first letter of the last word, with the first word as its index where there are several."""
    words = [word for word in re.sub("[^a-z_]", "", stem.lower()).split("_") if word]
    if words and words[-1][0] not in "eij":
        yield rf"{words[-1][0]}_{{\mathrm{{{words[0]}}}}}" if len(words) > 1 else words[0][0]


def is_rate(name: str) -> bool:
    """Whether a name is that of a learning rate."""
    return bool(_RATE.search(name.lower())) and "decay" not in name.lower()


def _with_index(letter: str, words: str, plain: tuple[str, ...], bare: str) -> Iterator[str]:
    if words in plain:
        yield bare
    index = re.sub("[^a-z]", "", words.partition("_")[0])
    if index:
        yield rf"{letter}_{{\mathrm{{{index}}}}}"
    whole = re.sub("[^a-z]", "", words)
    if whole:
        yield rf"{letter}_{{\mathrm{{{whole}}}}}"
