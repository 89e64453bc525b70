"""Real repositories' logs, where they are at hand."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from paperback.runs import RunTable, final, history, read_runs
from paperback.settings import Settings

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the real repositories' logs are not at hand")
RTDL = {
    "AD": "adult", "CA": "california_housing", "CO": "covtype", "EP": "epsilon", "HI": "higgs_small",
    "JA": "jannis", "MI": "microsoft", "YA": "yahoo", "YE": "year",
    "AutoInt": "autoint", "DCN2": "dcn2", "FT-T": "ft_transformer", "GrowNet": "grownet", "MLP": "mlp",
    "NODE": "node", "ResNet": "resnet", "SNN": "snn", "TabNet": "tabnet",
}  # fmt: skip


def expected(case: str) -> list[dict[str, str]]:
    with (CASES / case / "expected.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if line.strip()))


def agrees(ours: float, printed: str, slack: float = 1e-9) -> bool:
    unit = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    return abs(Decimal(repr(ours)) - Decimal(printed)) <= unit / 2 + Decimal(slack)


def cells(table: RunTable, metric: str, split: str) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in table.runs:
        value = final(table, run, metric, split)
        assert value is not None
        found[run.identity["method"], run.identity["dataset"]].append(value.value)
    return found


@pytest.mark.parametrize(
    "paths",
    [(), ("output/{dataset}/{method}/{variant}/{seed}/stats.json",)],
    ids=["nothing declared", "path template"],
)
def test_every_cell_of_a_published_table_is_the_mean_of_its_runs(paths: tuple[str, ...]) -> None:
    """79 printed numbers of nine methods follow from 1185 runs, with or without a template."""
    table = read_runs(CASES / "rtdl_table2_json" / "raw", Settings(paths=paths))
    assert len(table.runs) == 1185
    assert table.roles["seed"].values == tuple(str(seed) for seed in range(15))
    found = cells(table, "score", "test")
    rows = expected("rtdl_table2_json")
    assert len(rows) == 79
    for row in rows:
        values = found[RTDL[row["model"]], RTDL[row["dataset"]]]
        assert len(values) == 15
        assert agrees(abs(float(np.mean(values))), row["value"]), row


def test_a_cell_from_another_variant_is_told() -> None:
    """One method's runs on one data set stand in another folder than all others."""
    template = "output/{dataset}/{method}/{variant}/{seed}/stats.json"
    table = read_runs(CASES / "rtdl_table2_json" / "raw", Settings(paths=(template,)))
    (finding,) = [finding for finding in table.findings if finding.kind == "mixed-variant"]
    assert "ft_transformer" in finding.message
    assert "default on yahoo" in finding.message


def test_monitor_logs_give_the_published_returns() -> None:
    """Mean and population spread over the episodes of each of 199 agents are the printed ones."""
    template = "logs/benchmark/{method}-{dataset}/0.monitor.csv"
    table = read_runs(CASES / "sb3_zoo_monitor" / "raw", Settings(paths=(template,)))
    returns = {}
    for run in table.runs:
        series = history(table, run, "r")
        assert series is not None
        returns[run.identity["method"], run.identity["dataset"]] = series.values
    rows = [row for row in expected("sb3_zoo_monitor") if row["metric"] == "mean_reward"]
    assert len(rows) == 199
    for row in rows:
        values = returns[row["model"], row["dataset"]]
        assert agrees(float(values.mean()), row["value"]), row
        assert agrees(float(values.std()), row["std"]), row


def test_event_files_give_the_published_learning_curves() -> None:
    """Mean and population spread over 320 seeds are the printed ones, as far as single precision carries."""
    root = CASES / "zsc_levergame_tensorboard" / "raw"
    table = read_runs(root, Settings())
    runs = {run.id.rsplit("/", 1)[-1]: run for run in table.runs}
    wanted: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in expected("zsc_levergame_tensorboard"):
        wanted[row["dataset"]].append(row)
    assert len(wanted) == 2
    for dataset, rows in wanted.items():
        with (root / f"results/model_lists/{dataset}.csv").open(encoding="utf-8") as stream:
            names = [row["model_path"].rsplit("/", 1)[-1] for row in csv.DictReader(stream)]
        curves = [history(table, runs[name], "return_mean") for name in names]
        values = np.array([curve.values for curve in curves if curve is not None])
        assert len(values) == 320
        for place, row in enumerate(rows):
            # The authors averaged 0.10000000149 where 0.1 was logged, and print eight decimals.
            slack = float(np.finfo(np.float32).eps) * float(np.abs(values[:, place]).max())
            assert agrees(float(values[:, place].mean()), row["value"], slack), row
            assert agrees(float(values[:, place].std()), row["std"], slack), row


def test_a_sweep_in_json_lines_has_one_run_per_file() -> None:
    """The seed that never comes back is no seed; the one that is crossed with the settings is."""
    table = read_runs(CASES / "domainbed_sweep_jsonl" / "raw", Settings())
    assert len(table.runs) == 40
    assert table.roles["seed"].key == "args.trial_seed"
    assert {len(run.series["env0_in_acc"].values) for run in table.runs} == {5}
