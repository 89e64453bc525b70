"""DVCLive's folder: written here as DVCLive writes it, and by DVCLive itself."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from paperback.runs import RunTable, read_runs
from paperback.settings import Settings

Repository = Callable[..., RunTable]


def test_the_tables_of_a_folder_are_one_run(repository: Repository) -> None:
    """Folders below the metrics' place belong to the name; older tables have a time first."""
    files = {
        "dvclive/plots/metrics/train/loss.tsv": "step\tloss\n0\t1.0\n1\tnan\n2\n3\t0.25\n",
        "dvclive/plots/metrics/acc.tsv": "timestamp\tstep\tacc\n17\t0\t0.5\n18\t5\t0.75\n",
        "dvclive/metrics.json": {"train": {"loss": 0.25}, "step": 2},
        "dvclive/params.yaml": "lr: 0.1\n",
    }
    table = repository(files)
    (run,) = table.runs
    assert (run.id, run.params["lr"]) == ("dvclive", 0.1)
    assert run.series["train/loss"].steps.tolist() == [0, 1, 3]
    assert np.array_equal(run.series["train/loss"].values, [1, np.nan, 0.25], equal_nan=True)
    assert run.series["acc"].steps.tolist() == [0, 5]
    assert run.finals["train.loss"].value == 0.25
    assert [f.kind for f in table.findings if "loss.tsv:4" in f.message] == ["unreadable-log"]


def test_a_table_without_values_is_no_log(repository: Repository) -> None:
    """Only a header says nothing."""
    files = {"a/plots/metrics/acc.tsv": "step\tacc\n", "b/plots/metrics/acc.tsv": "step\tacc\n1\t2\n"}
    assert [run.id for run in repository(files).runs] == ["b"]


SCRIPT = """
from dvclive import Live
with Live("dvclive", save_dvc_exp=False, dvcyaml=None) as live:
    live.log_params({"lr": 0.1, "o": {"n": 1}})
    for i in range(9):
        live.log_metric("train/loss", 1 / (i + 3))
        live.log_metric("nan", float("nan"))
        live.next_step()
"""


def test_what_dvclive_writes_is_read_to_the_bit(tmp_path: Path, logger: Callable[..., str]) -> None:
    """A real folder."""
    logger("dvclive", SCRIPT)
    (run,) = read_runs(tmp_path, Settings()).runs
    assert run.series["train/loss"].values.tolist() == [1 / (i + 3) for i in range(9)]
    assert np.isnan(run.series["nan"].values).all()
    assert (run.params["lr"], run.params["o.n"]) == (0.1, 1)
