"""Lightning's CSV logger, which the CSV reader and the settings files beside it read together."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.runs import RunTable, history, read_runs
from paperback.settings import Settings

CASE = Path(__file__).resolve().parents[2] / "shared" / "cases" / "format_samples" / "lightning_csv_oligogym"
Repository = Callable[..., RunTable]
METRICS = """epoch,step,test_acc,train_loss_epoch,train_loss_step,val_acc
0,0,,,2.0,
0,1,,,1.5,
0,1,,,,0.25
0,1,,1.75,,
1,2,,,nan,
1,3,,,0.5,
1,3,,,,0.5
1,3,,0.75,,
2,4,0.75,,,
"""


def test_sparse_rows_are_one_run_with_its_settings(repository: Repository) -> None:
    """Several rows share a step, each with other columns; `_step` and `_epoch` forks are both kept."""
    files = {
        "lightning_logs/version_0/metrics.csv": METRICS,
        "lightning_logs/version_0/hparams.yaml": "lr: 0.1\nmodel:\n  width: 8\nnothing: null\n",
        "lightning_logs/version_1/metrics.csv": METRICS,
        "lightning_logs/version_1/hparams.yaml": "{}\n",
    }
    table = repository(files)
    run, other = table.runs
    assert (run.id, other.id) == ("lightning_logs/version_0", "lightning_logs/version_1")
    assert run.params == {"lr": 0.1, "model.width": 8, "nothing": None}
    found = {key: (s.steps.tolist(), s.values.tolist()) for key, s in run.series.items() if "step" not in key}
    assert found["val_acc"] == ([1, 3], [0.25, 0.5])
    assert found["test_acc"] == ([4], [0.75])
    assert found["train_loss_epoch"] == ([1, 3], [1.75, 0.75])
    steps = run.series["train_loss_step"]
    assert steps.steps.tolist() == [0, 1, 2, 3]
    assert steps.values.tolist()[:2] == [2.0, 1.5]
    assert steps.values[2] != steps.values[2]
    series = history(table, run, "acc", "val")
    assert series is not None
    assert series.values.tolist() == [0.25, 0.5]


@pytest.mark.skipif(not CASE.is_dir(), reason="the real repositories' logs are not at hand")
def test_166_real_versions_are_166_runs() -> None:
    """Each folder is a run, with every value of its table and no finding but that its roles are unknown."""
    table = read_runs(CASE / "raw", Settings())
    assert len(table.runs) == 166
    assert {finding.kind for finding in table.findings} <= {"unknown-role"}
    place = CASE / "raw" / "lightning_logs" / "version_99" / "metrics.csv"
    rows = [line.split(",") for line in place.read_text().splitlines()[1:]]
    run = next(run for run in table.runs if run.id.endswith("/version_99"))
    assert run.series["val_loss"].values.tolist() == [float(row[3]) for row in rows if row[3]]
    assert run.series["train_loss"].values.tolist() == [float(row[2]) for row in rows if row[2]]
