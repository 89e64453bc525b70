"""Logged keys taken apart: split, containers and the metric's name."""

import re
from functools import cache

from paperback.runs.lexicon import CONTAINERS, SPLITS, UNITS, is_metric_name, word_set
from paperback.runs.metric import MetricKey

# `n_train` counts training samples; it is no metric `n` on the training split.
_COUNTS = word_set(
    """
    n num size samples len length number std count frac fraction
    """
)
_TOKEN = re.compile(r"[_\- ]")
# As tables print it above a column: `time (s)`, `acc [%]`.
_UNIT = re.compile(r"(?<=\S)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*\Z")
_PRINTED = {unit.lower(): unit for unit in UNITS.values()} | UNITS


def unit_in(key: str) -> str:
    """The unit that stands in brackets at the end of a logged key; empty where no known one does."""
    found = _UNIT.search(key)
    return _PRINTED.get(found[1].lower(), "") if found else ""


@cache
def parse_key(key: str) -> MetricKey:
    """`key` taken apart: `metrics.test.accuracy` is `accuracy` on `test`, `val_loss` is `loss` on `val`.

    A split is named by a whole component (`train/loss`) or by the first or last word of one (`eval_f1`);
    containers such as `metrics` or `results` are dropped, and so is a unit in brackets. A key that holds
    nothing else stays as it is.
    """
    plain = _UNIT.sub("", key) if unit_in(key) else key
    split = ""
    names: list[str] = []
    parts = [part for part in re.split(r"[./]", plain) if part]
    for place, part in enumerate(parts):
        word = part.lower()
        last = place == len(parts) - 1
        if word in SPLITS and not split and not (last and not names):
            split = SPLITS[word]
        elif word in CONTAINERS and not last:
            continue
        else:
            found, rest = _cut_split(word) if not split else ("", word)
            split = split or found
            names.append(_plain(rest))
    return MetricKey(key, ".".join(names) or key, split)


def _cut_split(part: str) -> tuple[str, str]:
    tokens = _TOKEN.split(part)
    for place in (0, -1, 1):
        if len(tokens) < 2 or tokens[place] not in SPLITS:
            continue
        if place == 1 and tokens[0] not in ("best", "final", "last", "mean", "avg"):
            continue
        at = place % len(tokens)
        rest = part[len(tokens[0]) + 1 :] if at == 0 else _without(part, tokens, at)
        if rest not in _COUNTS:
            return SPLITS[tokens[place]], rest
    return "", part


def _without(part: str, tokens: list[str], at: int) -> str:
    start = sum(len(token) + 1 for token in tokens[:at])
    return part[: start - 1] + part[start + len(tokens[at]) :]


def _plain(name: str) -> str:
    """Keras writes `epoch_loss`, Lightning `loss_epoch`: the loss of an epoch; `final_` says nothing."""
    for bare in (name.removeprefix("epoch_"), name.removesuffix("_epoch"), name.removeprefix("final_")):
        if bare != name and is_metric_name(bare):
            return bare
    return name
