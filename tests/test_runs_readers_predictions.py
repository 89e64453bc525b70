"""Files of predictions: items that two models were asked, scored one by one."""

import math
from pathlib import Path
from typing import Any

import pytest

from paperback.build import gather
from paperback.claims import Word, state_claims
from paperback.runs import RunTable
from paperback.runs.readers import predictions
from paperback.settings import Settings, open_repository


def table_csv(wrong: int, *, rows: int = 40, name: str = "idx") -> str:
    lines = [f"{name},label,prediction,passage"]
    lines += [f"{place},cat,{'dog' if place < wrong else 'cat'},p{place % 20}" for place in range(rows)]
    return "\n".join(lines) + "\n"


def test_answers_are_items_of_their_model(repository: Any) -> None:
    """Each row is right or wrong; the file names the model; passages are the clusters that are weighed."""
    table: RunTable = repository(
        {"preds/ours/test.csv": table_csv(0), "preds/base/test.csv": table_csv(20)},
        paths=("preds/{method}/{dataset}.csv",),
    )
    assert table.formats == {"predictions": 2}
    assert len(table.runs) == 80
    assert table.metrics["accuracy"].direction == "higher"
    told = {key: table.runs[0].params[key] for key in ("label", "prediction")}
    assert told == {"label": "cat", "prediction": "dog"}
    (verdict,) = state_claims(table, Settings(proposal="ours"), metric="accuracy")
    assert (verdict.word, verdict.design, verdict.n) == (Word.SUPPORTED, "d", 20)
    assert verdict.gain == pytest.approx(0.5)


def test_confidence_makes_a_reliability_diagram(tmp_path: Path) -> None:
    """How sure a model was stands beside whether it was right; classes and confidences are drawn."""
    for method, wrong in (("ours", 5), ("base", 9)):
        lines = [f"{i},{i % 2},{(i + (i % wrong == 0)) % 2},{0.5 + i / 100}" for i in range(50)]
        place = tmp_path / "preds" / f"{method}.csv"
        place.parent.mkdir(exist_ok=True)
        place.write_text("idx,label,prediction,confidence\n" + "\n".join(lines) + "\n")
    (tmp_path / "paperback.toml").write_text(
        '[runs]\npaths = ["preds/{method}.csv"]\n[study]\nmetric = "accuracy"\n'
    )
    material = gather(tmp_path, open_repository(tmp_path))
    graphs = {graph.key for graph in material.story.graphs}
    assert {"reliability", "confusion"} <= graphs


def test_numbers_are_off_by_a_distance(repository: Any) -> None:
    """Labels with decimals make a regression: absolute and squared error, lower is better."""
    lines = '{"y_true": 1.5, "y_pred": 2.0}\n{"y_true": 3, "y_pred": "x"}\n{"y_true": 2.25, "y_pr'
    table = repository({"ours.jsonl": lines})
    errors = [run.finals["absolute_error"].value for run in table.runs]
    assert errors[0] == 0.5
    assert math.isnan(errors[1])
    assert table.runs[0].finals["squared_error"].value == 0.25
    assert table.metrics["absolute_error"].direction == "lower"
    assert "truncated-log" in {finding.kind for finding in table.findings}


def test_a_large_test_set_is_summed_up(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many items for a record each are one record with their mean, and that is told."""
    monkeypatch.setattr(predictions, "MOST_ITEMS", 30)
    table = repository({"preds/ours.csv": table_csv(10)})
    (run,) = table.runs
    assert run.finals["accuracy"].value == 0.75
    assert "many-items" in {finding.kind for finding in table.findings}


@pytest.mark.parametrize(
    "text", ["", "label,prediction\n", "label,prediction\na\n", "id,label,text\n1,2,3\n"]
)
def test_what_holds_no_answers_is_no_log(repository: Any, text: str) -> None:
    """Empty files, half rows and training data beside a run change nothing."""
    run = {"config": {"method": "m", "seed": 0}, "metrics": {"acc": 0.5}}
    table = repository({"data.csv": text, "runs/0.json": run})
    assert [list(each.finals) for each in table.runs] == [["metrics.acc"]]
