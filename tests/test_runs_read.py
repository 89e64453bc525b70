"""A repository's logs read into a table: formats, joining, roles and findings."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from paperback.errors import ReadError, SettingsError
from paperback.runs import READERS, RunTable, Status, final, find_metric, history, read_runs
from paperback.settings import MetricSettings, Settings

DEFAULTS = Settings()


def write(root: Path, files: Mapping[str, Any]) -> Path:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, (str, bytes)) else json.dumps(content)
        place.write_bytes(data.encode() if isinstance(data, str) else data)
    return root


def read(root: Path, files: Mapping[str, Any], settings: Settings = DEFAULTS) -> RunTable:
    return read_runs(write(root, files), settings)


def kinds(table: RunTable) -> list[str]:
    return sorted(finding.kind for finding in table.findings if finding.kind != "unknown-role")


def result(method: str = "mlp", dataset: str = "adult", seed: int = 0, acc: float = 0.9) -> dict[str, Any]:
    return {"config": {"method": method, "dataset": dataset, "seed": seed}, "metrics": {"test": {"acc": acc}}}


def grid(**changes: Any) -> dict[str, Any]:
    return {
        f"runs/{dataset}/{method}/{seed}/result.json": result(method, dataset, seed, 0.5 + seed / 10)
        for method in ("mlp", "cnn")
        for dataset in ("adult", "wine")
        for seed in range(3)
    } | changes


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_reader_has_a_docstring(reader: Any) -> None:
    """A reader names its format and says what it reads."""
    assert reader.name
    assert reader.__doc__
    assert reader.accepts.__doc__
    assert reader.read.__doc__


def test_leaves_of_one_document_are_sorted(tmp_path: Path) -> None:
    """Sections decide first, then names; text is a setting and other numbers are final metrics."""
    document = {
        "seed": 3, "lr": 0.1, "n_parameters": 10, "time": 1.5, "best_epoch": 4, "note": "x",
        "config": {"model": {"k": 2, "layers": [1, 2]}}, "metrics": {"val": {"acc": 0.5}, "auc": "0.75"},
        "train_loss": [3, 2, 1], "history": {"epoch": [1, 2], "val_loss": [0.5, 0.4]},
        "log_history": [{"step": 10, "loss": 2.0}, {"step": 20, "loss": 1.0, "eval_loss": 1.5}],
    }  # fmt: skip
    run = read(tmp_path, {"runs/a/result.json": document}).runs[0]
    assert run.params == {
        "seed": 3,
        "lr": 0.1,
        "note": "x",
        "config.model.k": 2,
        "config.model.layers": "[1,2]",
    }
    assert {key: value.value for key, value in run.finals.items()} == {
        "n_parameters": 10, "time": 1.5, "best_epoch": 4, "metrics.val.acc": 0.5, "metrics.auc": 0.75,
    }  # fmt: skip
    found = {key: (s.axis, s.steps.tolist(), s.values.tolist()) for key, s in run.series.items()}
    assert found == {
        "train_loss": ("step", [0, 1, 2], [3, 2, 1]),
        "history.val_loss": ("epoch", [1, 2], [0.5, 0.4]),
        "log_history.loss": ("step", [10, 20], [2, 1]),
        "log_history.eval_loss": ("step", [20], [1.5]),
    }
    assert run.finals["metrics.val.acc"].source.key == "metrics.val.acc"


def test_json_that_is_no_log_is_left_alone(tmp_path: Path) -> None:
    """Manifests, settings, notebooks, data sets and schemas are no runs."""
    files = {
        "runs/a/result.json": result(),
        "package.json": {"name": "x", "version": "1", "scripts": {"test": "loss"}},
        "configs/mlp.json": {"loss": {"weight": 2}, "seed": 1},
        "runs/a/config.json": {"lr": 0.1, "loss_scale": 3},
        "ds_config.json": {"fp16": {"loss_scale": 0}},
        "data/items.json": [{"question": "a", "score": 3}, {"question": "b", "score": 4}],
        "data/table.csv": "age,score\n1,2\n",
        "logs/tsconfig.json": "{ // comment with loss\n}",
        "notebook.ipynb": {"cells": [{"metrics": {"loss": 1}}]},
        "vocab.json": {"loss": 1, "acc": 2},
    }
    table = read(tmp_path, files)
    assert [run.id for run in table.runs] == ["runs/a"]
    assert table.findings == ()
    assert table.runs[0].params["lr"] == 0.1


@pytest.mark.parametrize(
    ("name", "content", "values", "axis"),
    [
        ("log.jsonl", '{"epoch": 1, "loss": 2}\n{"epoch": 2, "loss": NaN}\n', [2, "nan"], "epoch"),
        ("log.txt", '{"epoch": 1, "loss": 2}\n{"epoch": 2, "loss": 1}\n', [2, 1], "epoch"),
        ("log.csv", "epoch,loss\n1,2\n2,1\n", [2, 1], "epoch"),
        ("log.csv", "\ufeffstep;loss\r\n1;2\r\n2;1\r\n", [2, 1], "step"),
        ("log.tsv", "step\tloss\nstep\tloss\n1\t2\n2\t\n3\t1\n", [2, 1], "step"),
        ("0.monitor.csv", '#{"env_id": "Ant"}\nr,l,t\n2,5,1\n1,6,2\n', [2, 1], "episode"),
    ],
    ids=["jsonl", "text", "csv", "bom-semicolon", "tsv-repeated-header", "monitor"],
)
def test_one_row_per_step_is_a_history(
    tmp_path: Path, name: str, content: str, values: list[Any], axis: str
) -> None:
    """Rows that count steps are the history of one run."""
    table = read(tmp_path, {f"runs/a/{name}": content})
    series = history(table, table.runs[0], "r" if "monitor" in name else "loss")
    assert series is not None
    assert [("nan" if value != value else value) for value in series.values.tolist()] == values
    assert series.axis == axis
    assert "truncated-log" not in kinds(table)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("results.csv", "method,seed,acc\nmlp,0,0.5\nmlp,1,0.6\n"),
        ("results.json", [{"method": "mlp", "seed": seed, "acc": 0.5 + seed / 10} for seed in (0, 1)]),
        ("results.jsonl", '{"method":"mlp","seed":0,"acc":0.5}\n{"method":"mlp","seed":1,"acc":0.6}'),
    ],
    ids=["csv", "json", "jsonl"],
)
def test_one_record_per_run_gives_one_run_each(tmp_path: Path, name: str, content: Any) -> None:
    """A table of results holds a run in every row, addressed by file and record."""
    table = read(tmp_path, {name: content})
    assert [run.identity["seed"] for run in table.runs] == ["0", "1"]
    assert [final(table, run, "acc").value for run in table.runs] == [0.5, 0.6]  # type: ignore[union-attr]
    assert all(run.id.startswith(f"{name}#") for run in table.runs)


@pytest.mark.parametrize(
    ("files", "kind", "place"),
    [
        ({"runs/b/result.json": '{"metrics": {"acc": 0.5'}, "truncated-log", "runs/b/result.json"),
        ({"runs/b/log.jsonl": '{"step":1,"loss":1}\n{"step":2,"lo'}, "truncated-log", "runs/b/log.jsonl:2"),
        ({"runs/b/log.jsonl": '{"step":1,"loss":1}\n{bad}\n{"step":2,"loss":1}\n'}, "unreadable-log", ":2"),
        ({"runs/b/log.csv": "step,loss\n1,2\n2\n3,4\n"}, "unreadable-log", "runs/b/log.csv:3"),
        ({"runs/b/result.json": {"metrics": {"acc": float("nan")}, "seed": 1}}, "nan-metric", "metrics.acc"),
        ({"runs/b/result.json": {"metrics": {"acc": 1}, "seed": 1, "status": "failed"}}, "crashed-run", "b"),
        ({"runs/b/events.out.tfevents.1": b""}, "unreadable-log", "runs/b/events.out.tfevents.1"),
    ],
    ids=["json", "jsonl-end", "jsonl-middle", "csv", "nan", "crash", "empty"],
)
def test_what_is_wrong_with_a_log_is_told(
    tmp_path: Path, files: dict[str, Any], kind: str, place: str
) -> None:
    """One bad log among good ones is a finding that names the place."""
    table = read(tmp_path, {"runs/a/result.json": result(), **files})
    (finding,) = [finding for finding in table.findings if finding.kind == kind]
    assert place in finding.message


def test_logs_of_one_folder_are_one_run(tmp_path: Path) -> None:
    """Result, history and settings that lie together make one run; all are its sources."""
    files = {
        "runs/a/result.json": result(),
        "runs/a/log.csv": "step,loss\n1,2\n",
        "runs/a/hparams.yaml": "lr: 0.5\noptim: {name: adam}\n",
        "runs/a/.hydra/config.yaml": "width: 8\n",
    }
    table = read(tmp_path, files)
    (run,) = table.runs
    assert run.id == "runs/a"
    assert sorted(source.path for source in run.sources) == sorted(files)
    assert (run.params["lr"], run.params["optim.name"], run.params["width"]) == (0.5, "adam", 8)
    assert sorted(table.files) == sorted(files)
    assert run.status is Status.FINISHED


def test_files_of_one_folder_with_names_of_their_own_are_runs(tmp_path: Path) -> None:
    """`mlp_seed0.json` beside `mlp_seed1.json` are two runs; the seed is read from the name."""
    files = {
        f"results/{method}_seed{seed}.json": {"metrics": {"acc": seed / 2}}
        for method in ("mlp", "cnn")
        for seed in (0, 1)
    }
    table = read(tmp_path, files, Settings(paths=("results/{method}_seed{seed}.json",)))
    assert [run.id for run in table.runs] == sorted(files)
    assert tuple(table.runs[0].identity.values()) == ("cnn", "0")


def test_logs_that_disagree_are_told(tmp_path: Path) -> None:
    """Two values of one metric in the logs of one run are a conflict; the first file's counts."""
    other = result(acc=0.7)
    table = read(tmp_path, {"runs/a/metrics.json": result(), "runs/a/result.json": other})
    assert kinds(table) == ["conflicting-logs"]
    assert final(table, table.runs[0], "acc", "test").value == 0.9  # type: ignore[union-attr]


def test_roles_are_read_from_names_of_keys(tmp_path: Path) -> None:
    """Method, data set and seed are found by name; a whole grid needs no finding."""
    table = read(tmp_path, grid())
    assert {name: role.key for name, role in table.roles.items()} == {
        "method": "config.method", "dataset": "config.dataset", "seed": "config.seed",
    }  # fmt: skip
    assert table.findings == ()


def test_roles_are_read_from_folders_when_no_key_tells(tmp_path: Path) -> None:
    """Known names of methods and data sets, and a folder that ends in a number."""
    files = {
        f"runs/{dataset}/{method}/seed{seed}/result.json": {"metrics": {"test": {"acc": 0.5}}}
        for dataset in ("adult", "wine")
        for method in ("mlp", "mlp_wide")
        for seed in (0, 1)
    }
    table = read(tmp_path, files)
    assert table.runs[0].identity == {"seed": "0", "method": "mlp", "dataset": "adult"}
    assert table.roles["method"].confidence < 1


def test_an_unknown_role_says_how_to_declare_it(tmp_path: Path) -> None:
    """A role that nothing plays stays empty, and the mend names paperback.toml."""
    files = {f"runs/x{place}y/result.json": {"metrics": {"acc": 1.0}} for place in range(5)}
    table = read(tmp_path, files)
    assert table.roles == {}
    assert {finding.kind for finding in table.findings} == {"unknown-role"}
    assert all("[roles]" in finding.mend for finding in table.findings)


def test_the_author_declares_roles_names_and_metrics(tmp_path: Path) -> None:
    """What is declared counts: the role's key, the order of its values, unit and direction."""
    settings = Settings(
        roles={"method": "config.dataset"},
        names={"method": {"wine": "Wine"}},
        metrics={"acc": MetricSettings(name="Accuracy", unit="%", direction="lower")},
    )
    table = read(tmp_path, grid(), settings)
    assert table.roles["method"].values == ("wine", "adult")
    metric = table.metrics["acc"]
    assert (metric.title, metric.unit, metric.direction, metric.how) == ("Accuracy", "%", "lower", "declared")


def test_a_declared_key_that_no_run_has_is_refused(tmp_path: Path) -> None:
    """The near miss is offered."""
    with pytest.raises(SettingsError, match=r"(?s)'config\.methd'.*Did you mean 'config\.method'\?"):
        read(tmp_path, grid(), Settings(roles={"method": "config.methd"}))


@pytest.mark.parametrize(
    ("drop", "kind", "words"),
    [
        (["runs/wine/cnn/0/result.json"], "unequal-seeds", "cnn on wine lacks seeds 0"),
        ([f"runs/wine/cnn/{seed}/result.json" for seed in range(3)], "missing-cell", "no run of cnn on wine"),
    ],
    ids=["seed", "cell"],
)
def test_holes_of_the_grid_are_told(tmp_path: Path, drop: list[str], kind: str, words: str) -> None:
    """A missing seed and a missing cell are named."""
    table = read(tmp_path, {path: data for path, data in grid().items() if path not in drop})
    assert [(finding.kind, finding.message[: len(words)]) for finding in table.findings] == [(kind, words)]


def test_a_run_that_stands_there_twice_is_told(tmp_path: Path) -> None:
    """Same settings and same seed in two folders."""
    table = read(tmp_path, grid(**{"runs/wine/cnn/copy/result.json": result("cnn", "wine", 0, 0.7)}))
    (finding,) = table.findings
    assert finding.kind == "duplicate-run"
    assert "different values" in finding.message


def test_percent_beside_fractions_is_told(tmp_path: Path) -> None:
    """Nothing is rescaled; a metric in two units has none."""
    table = read(tmp_path, grid(**{"runs/wine/cnn/0/result.json": result("cnn", "wine", 0, 91.5)}))
    assert kinds(table) == ["mixed-units"]
    assert table.metrics["acc"].unit == ""


def test_a_metric_is_found_by_key_or_by_name(tmp_path: Path) -> None:
    """The logged key is the only answer; the canonical name needs a split where several have it."""
    table = read(
        tmp_path, {"runs/a/result.json": {"seed": 1, "metrics": {"test": {"acc": 1}, "val": {"acc": 2}}}}
    )
    assert [key.key for key in find_metric(table, "metrics.test.acc", "val")] == ["metrics.test.acc"]
    assert [key.split for key in find_metric(table, "acc")] == ["test", "val"]
    assert [key.key for key in find_metric(table, "acc", "val")] == ["metrics.val.acc"]
    assert [key.key for key in find_metric(table, "test/acc")] == ["metrics.test.acc"]
    with pytest.raises(SettingsError, match="Did you mean 'acc'"):
        find_metric(table, "acv")
    with pytest.raises(SettingsError, match="It is logged on: test, val"):
        find_metric(table, "acc", "train")


def test_no_run_at_all_is_an_error(tmp_path: Path) -> None:
    """It names the place, the count of files, the known formats and the mend."""
    with pytest.raises(
        ReadError, match=r"(?s)no run log below .*: 1 files .*TensorBoard.*JSON.*\[runs\] paths"
    ):
        read(tmp_path, {"package.json": {}})


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """A folder that links to its parent is not entered again."""
    write(tmp_path, {"runs/a/result.json": result()})
    os.symlink(tmp_path / "runs", tmp_path / "runs" / "a" / "loop")
    assert len(read_runs(tmp_path, Settings()).runs) == 1


def test_what_is_excluded_is_not_read(tmp_path: Path) -> None:
    """Excluded patterns, environments and our own output are skipped."""
    files = {
        "runs/a/result.json": result(), "tuning/b/result.json": result(seed=1), "paper/evidence.json": {},
        "paper/runs/result.json": result(seed=2), "env/pyvenv.cfg": "", "env/runs/result.json": result(),
    }  # fmt: skip
    assert [run.id for run in read(tmp_path, files, Settings(exclude=("tuning/**",))).runs] == ["runs/a"]


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    """The last call says that all files were read."""
    calls: list[tuple[int, int]] = []
    read_runs(write(tmp_path, grid()), Settings(), progress=lambda done, total: calls.append((done, total)))
    assert calls[0] == (0, 12)
    assert calls[-1] == (12, 12)
