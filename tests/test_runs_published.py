"""Published tables of real repositories, each with a paperback.toml of at most fifteen lines."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from paperback.evidence import Cells, pivot
from paperback.evidence.estimate import SpreadKind, estimate, spread
from paperback.runs import RunTable, read_runs
from paperback.runs.select import parse_protocol
from paperback.settings import parse_settings

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the real repositories' logs are not at hand")
Row = dict[str, str]


@cache
def read(case: str, toml: str) -> RunTable:
    assert len(toml.strip().splitlines()) <= 15
    return read_runs(CASES / case / "raw", parse_settings(tomllib.loads(toml)))


def printed(case: str, **only: str) -> list[Row]:
    with (CASES / case / "expected.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if line.strip()))
    return [row for row in rows if all(row[key] == value for key, value in only.items())]


def agrees(ours: float | None, text: str, slack: float = 1e-9) -> bool:
    """Whether `ours` rounds to the printed number."""
    unit = Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent))
    return ours is not None and abs(Decimal(repr(float(ours))) - Decimal(text)) <= unit / 2 + Decimal(slack)


def differing(
    rows: list[Row], cells: Cells, *, scale: float = 1, kind: SpreadKind = "std", ddof: int = 1
) -> Iterator[str]:
    """The printed numbers that the cells do not give."""
    for row in rows:
        found = cells.cells.get((row["model"], row["dataset"]))
        ours = None if found is None else scale * found.value
        around = None if found is None else spread(found, kind, ddof=ddof)
        if not agrees(ours, row["value"]):
            yield f"{row['model']} {row['dataset']} {row['value']} {ours}"
        if row["std"] and not agrees(None if around is None else abs(scale) * around, row["std"]):
            yield f"{row['model']} {row['dataset']} ± {row['std']} {around}"


def renamed(rows: list[Row], names: dict[str, str]) -> list[Row]:
    return [
        {
            **row,
            "model": names.get(row["model"], row["model"]),
            "dataset": names.get(row["dataset"], row["dataset"]),
        }
        for row in rows
    ]


DOMAINS = """
[roles]
method = "args.algorithm"
dataset = "args.test_envs"
seed = "args.trial_seed"
[runs.metrics]
"test/acc" = "env{{args.test_envs}}_in_acc"
{rule}
[study]
metric = "acc"
split = "test"
select = "{select}"
"""
RULES = {
    "training-domain validation set": (
        '"val/acc" = "mean env*_out_acc but env{args.test_envs}_out_acc"',
        "best val acc over args.hparams_seed",
    ),
    "leave-one-domain-out cross-validation": (
        '"val/acc" = "mean env{held}_in_acc over runs with args.test_envs + held"',
        "best val acc over args.hparams_seed",
    ),
    "test-domain validation set (oracle)": (
        '"test/out_acc" = "env{args.test_envs}_out_acc"',
        "last; best test out_acc over args.hparams_seed",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_three_rules_of_model_selection(name: str) -> None:
    """Each rule gives the published accuracies and standard errors over trials, and their averages."""
    rule, select = RULES[name]
    table = read("domainbed_sweep_jsonl", DOMAINS.format(rule=rule, select=select))
    rows = printed("domainbed_sweep_jsonl", table=f"{name} / dataset")
    envs = {"C": "[0]", "L": "[1]", "S": "[2]", "V": "[3]"}
    cells = pivot(table, "acc", split="test")
    assert len(rows) == 5
    assert not list(differing(renamed(rows[:-1], envs), cells, scale=100, kind="sem", ddof=0))
    whole = estimate(table, "acc", split="test", over=("dataset", "seed"))
    averages = printed("domainbed_sweep_jsonl", table=f"{name} / averages")
    assert agrees(100 * whole.value, rows[-1]["value"])
    assert agrees(100 * whole.value, averages[0]["value"])
    assert agrees(100 * (spread(whole, "sem", ddof=0) or 0), averages[0]["std"])
    oracle = [finding for finding in table.findings if finding.kind == "test-set-selection"]
    assert bool(oracle) == table.protocol.is_test_selected == ("oracle" in name)


def test_every_logged_record_is_read() -> None:
    """The published head count of records is that of the points."""
    rule, select = RULES["training-domain validation set"]
    table = read("domainbed_sweep_jsonl", DOMAINS.format(rule=rule, select=select))
    runs = [*table.runs, *table.apart["not selected"]]
    (row,) = printed("domainbed_sweep_jsonl", metric="total records")
    assert sum(len(run.series["env0_in_acc"].steps) for run in runs) == int(row["value"])


RTDL = """
[runs]
paths = ["output/{dataset}/{method}/{variant}/{seed}/stats.json"]
"""
RTDL_NAMES = {
    "AD": "adult", "CA": "california_housing", "CO": "covtype", "EP": "epsilon", "HI": "higgs_small",
    "JA": "jannis", "MI": "microsoft", "YA": "yahoo", "YE": "year", "AutoInt": "autoint", "DCN2": "dcn2",
    "FT-T": "ft_transformer", "GrowNet": "grownet", "MLP": "mlp", "NODE": "node", "ResNet": "resnet",
    "SNN": "snn", "TabNet": "tabnet",
}  # fmt: skip


def test_a_table_of_nine_methods_by_nine_data_sets() -> None:
    """79 printed means over 15 seeds; errors are logged with a minus sign and printed without."""
    table = read("rtdl_table2_json", RTDL)
    cells = pivot(table, "score", split="test", over=("variant", "seed"))
    rows = [
        {**row, "value": f"-{row['value']}" if row["dataset"] in ("CA", "MI", "YA", "YE") else row["value"]}
        for row in printed("rtdl_table2_json")
    ]
    assert len(rows) == 79
    assert not list(differing(renamed(rows, RTDL_NAMES), cells))
    assert {len(units) for units in cells.units.values()} == {15}


TABM = r"""
[runs]
names = ['m/(\w+/)??((classif|regression)-\w+-\w+-(?P<fold>\d+)-)?(?P<dataset>[^/]+)/0-eval\w+/(?P<seed>\d+)']
"""
UNSUPPORTED = {"Bike_Sharing_Demand", "SGEMM_GPU_kernel_performance", "sulfur", "visualizing_soil"}


def test_splits_of_a_data_set_are_pooled() -> None:
    """92 of 100 printed numbers are mean and sample spread over seeds and splits; eight have no runs."""
    table = read("tabm_readme_json", TABM)
    rows = [{**row, "model": ""} for row in printed("tabm_readme_json")]
    cells = pivot(table, "score", split="test", rows="nothing", over=("seed+fold",))
    assert len(rows) == 50
    assert {line.split()[0] for line in differing(rows, cells)} == UNSUPPORTED


MONITOR = """
[runs]
paths = ["logs/benchmark/{method}-{dataset}/0.monitor.csv"]
[runs.metrics]
mean_reward = "mean r over steps"
std_reward = "pstdev r over steps"
eval_timesteps = "sum l over steps"
eval_episodes = "count r over steps"
"""


@pytest.mark.parametrize("metric", ["mean_reward", "eval_timesteps", "eval_episodes"])
def test_returns_over_episodes(metric: str) -> None:
    """The mean, the population spread, the sum of lengths and the count of each agent's episodes."""
    table = read("sb3_zoo_monitor", MONITOR)
    rows = printed("sb3_zoo_monitor", metric=metric)
    assert len(rows) == 199
    assert not list(differing([{**row, "std": ""} for row in rows], pivot(table, metric)))
    if metric == "mean_reward":
        spreads = [{**row, "value": row["std"], "std": ""} for row in rows]
        assert not list(differing(spreads, pivot(table, "std_reward")))


THOUGHTS = """
[runs]
paths = ["logs/{{dataset}}/{{method}}.json"]
[runs.metrics]
success = "mean infos.r|accs over steps"
any = "max infos.r|accs over steps"
letter = "mean infos.r_letter over steps"
word = "mean infos.r_word over steps"
game = "mean infos.r_word == 1 over steps"
state_game = "info.r_word == 1"
[roles]
item = "item"
[study]
select = "{select}"
"""
COT, IO, TOT, DFS, BARE = (
    "gpt-4_0.7_naive_cot_sample", "gpt-4_0.7_naive_standard_sample",
    "gpt-4_0.7_propose1_value3_greedy5_start900_end1000", "infoss_dfs_prune", "infoss_dfs_no_prune",
)  # fmt: skip
ENDS = {"game24": "_100_start900_end1000", "crosswords": "_10_start0_end20"}


@pytest.mark.parametrize(
    ("model", "metric", "select", "method", "ours", "wrong"),
    [
        ("IO prompt", "success %", "last", IO, "success", False),
        ("CoT prompt", "success %", "last", COT, "success", False),
        ("IO (best of 100)", "success %", "last", IO, "any", False),
        ("CoT (best of 100)", "success %", "last", COT, "any", False),
        ("ToT (b=5)", "success %", "last", TOT, "any", True),
        ("ToT (b=5) re-run", "success %", "last", TOT, "any", False),
        ("IO", "Letter success %", "last", IO, "letter", False),
        ("IO", "Word success %", "last", IO, "word", False),
        ("IO", "Game success %", "last", IO, "game", False),
        ("CoT", "Letter success %", "last", COT, "letter", False),
        ("CoT", "Word success %", "last", COT, "word", False),
        ("CoT", "Game success %", "last", COT, "game", False),
        *[
            (model, f"{name} success %", f"highest {by}", method, ours, False)
            for model, by, method in (
                ("ToT", "env_step", DFS),
                ("ToT +best state", "info.r_word", DFS),
                ("ToT -prune", "env_step", BARE),
            )
            for name, ours in (
                ("Letter", "info.r_letter"), ("Word", "info.r_word"), ("Game", "state_game"),
            )
        ],
    ],
)  # fmt: skip
def test_problems_are_averaged_after_their_attempts(
    model: str, metric: str, select: str, method: str, ours: str, wrong: bool
) -> None:
    """Mean or any success over attempts, the deepest or best state; one number contradicts its log."""
    table = read("tree_of_thoughts_json", THOUGHTS.format(select=select))
    (row,) = printed("tree_of_thoughts_json", model=model, metric=metric)
    dataset = "game24" if row["dataset"] == "Game of 24" else "crosswords"
    name = method + (ENDS[dataset] if method in (IO, COT) else "")
    found = estimate(table, ours, where={"method": name, "dataset": dataset}, over=("item",))
    assert agrees(100 * found.value, row["value"]) is not wrong
    assert found.n == (100 if dataset == "game24" else 20)


LEVERS = """
[[runs.tables]]
file = "results/model_lists/{dataset}.csv"
path = "model_path"
"""


@pytest.mark.parametrize("dataset", ["twostagelevergame", "asymmetriclevergame"])
def test_data_set_and_seed_stand_only_in_a_side_table(dataset: str) -> None:
    """Mean and population spread over 320 seeds at every evaluation, as far as single precision tells them.

    The logs hold 24 bits: a value near 2 is known to 1e-7, while eight decimals are printed. Where the
    printed numbers were averaged from the binary values (0.10000000149 for 0.1) the eighth may differ.
    """
    table = read("zsc_levergame_tensorboard", LEVERS)
    assert {table.roles[name].how for name in ("seed", "dataset")} == {"side table"}
    rows = printed("zsc_levergame_tensorboard", dataset=dataset)
    some = next(run for run in table.runs if run.identity["dataset"] == dataset)
    steps = some.series["return_mean"].steps.tolist()
    assert len(rows) == len(steps)
    ties = 0
    for row, step in zip(rows, steps, strict=True):
        at = replace(table, protocol=parse_protocol(f"at step {step}"))
        found = estimate(at, "return_mean", where={"dataset": dataset}, over=("seed",))
        assert found.n == 320
        half_bit = float(np.spacing(np.float32(max(abs(found.value), 1)))) / 2
        pairs = ((found.value, row["value"]), (spread(found, "std", ddof=0), row["std"]))
        for ours, text in pairs:
            assert agrees(ours, text, half_bit), row
            ties += not agrees(ours, text)
    assert ties <= 2


SHOTS = """
[roles]
method = "model"
dataset = "task"
shots = "num_fewshot"
"""


@pytest.mark.parametrize("row", printed("pythia_lm_eval_json") if CASES.is_dir() else [], ids=str)
def test_two_models_that_look_alike_are_told_apart(row: Row) -> None:
    """The zero-shot numbers are the model's; the four five-shot ones are its deduplicated twin's."""
    table = read("pythia_lm_eval_json", SHOTS)
    metric, _, percent = row["metric"].partition(" ")
    scale = 100 if percent else 1
    zero = row["table"] == "0-shot"
    model = f"EleutherAI/pythia-v1.1-{row['model'].lower()}"
    keys = (metric, "acc_stderr") if row["std"] else (metric,)
    ours = {}
    for name in (model, f"{model}-deduped"):
        where = {"method": name, "dataset": row["dataset"], "shots": "0" if zero else "5"}
        ours[name] = [estimate(table, key, where=where).value for key in keys]
    assert agrees(scale * ours[model][0], row["value"]) is zero
    assert agrees(scale * ours[model if zero else f"{model}-deduped"][0], row["value"])
    assert not row["std"] or agrees(ours[model][1], row["std"])


def test_crashed_and_killed_runs_are_told_from_finished_ones() -> None:
    """Exit code and last loss of each tracked run are those that its console printed."""
    table = read("wandb_runs_messy", '[study]\nmetric = "loss"\nsplit = "train"')
    runs = {run.id.rsplit("-", 1)[-1]: run for run in table.runs}
    statuses = {"0": "finished", "": "killed"}
    rows = printed("wandb_runs_messy", metric="exit code")
    assert len(rows) == len({row["model"] for row in rows}) > 40
    for row in rows:
        assert runs[row["model"]].status == statuses.get(row["value"], "failed"), row
    losses = printed("wandb_runs_messy", metric="last printed loss")
    assert losses
    last = {row["model"]: runs[row["model"]].series["train/loss"].values[-1] for row in losses}
    extra = [row["model"] for row in losses if not agrees(last[row["model"]], row["value"])]
    # A killed run had logged one step more than it had printed.
    assert all(runs[name].status == "killed" for name in extra)
    assert len(extra) <= 1
