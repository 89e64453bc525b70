"""Predictions of single items against their labels: reliability and confusion."""

import re
from dataclasses import dataclass

import numpy as np

from paperback.evidence import count
from paperback.evidence.calibration import confusion, reliability
from paperback.runs import Run
from paperback.story.graph import Cloud, Curve, Heatmap, Scatter, ScatterPanel, Told
from paperback.story.told import level_told
from paperback.story.view import Drawn, Omitted, View

_LABEL = re.compile(r"(true_|gold_)?label|target|y_true|gold|truth|ground_truth")
_PREDICTION = re.compile(r"pred|prediction|predicted(_label|_class)?|y_pred")
_CONFIDENCE = re.compile(r"confidence|conf|prob|probability|p|y_prob|max_prob")
_MOST_CLASSES = 12
_MOST_METHODS = 8
_FEWEST_ITEMS = 20


@dataclass(frozen=True, slots=True)
class _Item:
    """What one record says of one item; empty or None where it does not say."""

    label: str
    prediction: str
    confidence: float | None


def confusion_matrix(view: View) -> Drawn:
    """How often each true class (row) was called each class (column), of the proposal or the first method."""
    for method, found in _by_method(view).items():
        known = [each for each in found if each.label and each.prediction]
        classes, counts = confusion([i.label for i in known], [i.prediction for i in known])
        if len(known) < _FEWEST_ITEMS or not 2 <= len(classes) <= _MOST_CLASSES:
            continue
        return Heatmap(
            key="confusion",
            caption=f"Confusion matrix of {view.method(method)}: how many items of each true class were "
            f"called each class, over all items and runs.{_unsaid(len(found) - len(known))}",
            x_label="Predicted class",
            y_label="True class",
            columns=classes,
            rows=classes,
            values=tuple(tuple(float(n) for n in row) for row in counts),
            decimals=0,
            value_label="Items",
            best=None,
            why="shows which classes are taken for which",
            note=_records(view, method),
        )
    return Omitted("no item records with a label and a prediction of few classes")


def reliability_diagram(view: View) -> Drawn:
    """Share of items that came true against the confidence, in ten bins, a point per bin and method."""
    clouds = []
    for method, found in list(_by_method(view).items())[:_MOST_METHODS]:
        pairs = [pair for each in found if (pair := _confident(each)) is not None]
        if len(pairs) < _FEWEST_ITEMS:
            continue
        bins = reliability([confidence for confidence, _ in pairs], [hit for _, hit in pairs])
        points = tuple((each.confidence, each.share) for each in bins)
        clouds.append(Cloud(view.method(method), points, tuple((each.low, each.high) for each in bins)))
    if not clouds:
        return Omitted("no item records with a label and a probability")
    ends = np.array([0.0, 1.0])
    return Scatter(
        key="reliability",
        caption="Reliability: the share of items that are right against the confidence in them. A point is a "
        "bin of confidences of equal width, at their mean; bars are Wilson intervals over items. On the "
        "dashed line confidence and share agree; below it a method is too sure. Empty bins are left out.",
        x_label="Confidence",
        y_label="Share that is right",
        panels=(ScatterPanel("", tuple(clouds), (Curve("", ends, ends, None, None, 0, ()),)),),
        why="shows whether confidence can be taken at its word",
        note=(*_records(view, ""), " ", *level_told()),
    )


def _by_method(view: View) -> dict[str, list[_Item]]:
    """The records that hold a label, the proposal's first; empty where the runs are no items."""
    if not view.shape.item:
        return {}
    found: dict[str, list[_Item]] = {}
    order = sorted(view.study.methods, key=lambda method: method != view.study.proposal) or [""]
    for method in order:
        runs = [run for run in view.table.runs if not method or run.identity.get("method") == method]
        items = [_Item(_text(run, _LABEL), _text(run, _PREDICTION), _share(run)) for run in runs]
        found[method] = [each for each in items if each.label]
    return {method: items for method, items in found.items() if items}


def _text(run: Run, wanted: re.Pattern[str]) -> str:
    for key in run.params:
        if wanted.fullmatch(key.rsplit(".", 1)[-1].lower()):
            return run.setting(key) or ""
    for key, final in run.finals.items():
        if wanted.fullmatch(key.rsplit(".", 1)[-1].lower()) and final.value.is_integer():
            return str(int(final.value))
    return ""


def _share(run: Run) -> float | None:
    for key, final in run.finals.items():
        if _CONFIDENCE.fullmatch(key.rsplit(".", 1)[-1].lower()) and 0 <= final.value <= 1:
            return final.value
    return None


def _confident(item: _Item) -> tuple[float, bool] | None:
    """The confidence in an item, and whether it came true; of two classes without a prediction, class 1."""
    if item.confidence is None:
        return None
    if item.prediction:
        return item.confidence, item.prediction == item.label
    return (item.confidence, item.label == "1") if item.label in ("0", "1") else None


def _records(view: View, method: str) -> Told:
    records = count(view.table, "runs", {"method": method} if method else None)
    return (records, "\N{NO-BREAK SPACE}records of items.")


def _unsaid(lost: int) -> str:
    return " Records without a prediction are left out." if lost else ""
