"""What a repository's layout tells: side tables, names, trials of a search, compound folders, and audits."""

import csv
import io
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from paperback.errors import ReadError, SettingsError
from paperback.evidence import pivot
from paperback.runs import RunTable, describe_runs, final, read_runs, show_runs
from paperback.runs.place import named_settings
from paperback.runs.trial import TRIAL
from paperback.settings import Settings, TableSettings
from paperback.walk import walk

DEFAULTS = Settings()


def read(root: Path, files: Mapping[str, Any], settings: Settings = DEFAULTS) -> RunTable:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_runs(root, settings)


def result(acc: float = 0.5, **config: Any) -> dict[str, Any]:
    return {"config": config, "metrics": {"test": {"acc": acc}}}


def found(table: RunTable, kind: str) -> list[str]:
    return [finding.message for finding in table.findings if finding.kind == kind]


def rows_of(*rows: tuple[Any, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


NAMED = {f"out/{name}/result.json": {"metrics": {"test": {"acc": i / 4}}} for i, name in enumerate("wxyz")}
LIST = rows_of(
    ("run", "method", "seed"), ("old/out/w", "a", 1), ("out/x", "a", 2), ("./out/y/", "b", "1"), ("q", "b", 9)
)


def test_a_side_table_tells_method_and_seed(tmp_path: Path) -> None:
    """The longest common end of the path finds the run; what the table says is a role, and it is a source."""
    settings = Settings(tables=(TableSettings("lists/{dataset}.csv", "run"),))
    table = read(tmp_path, {**NAMED, "lists/ring.csv": LIST}, settings)
    identity = {run.id: dict(run.identity) for run in table.runs}
    assert identity["out/w"] == {"method": "a", "dataset": "ring", "seed": "1"}
    assert identity["out/y"] == {"method": "b", "dataset": "ring", "seed": "1"}
    assert identity["out/z"] == {}
    assert found(table, "side-table") == ["lists/ring.csv: 1 of 4 rows name no run that was read"]
    assert "lists/ring.csv" in table.files
    assert {source.path for source in table.runs[0].sources} == {"out/w/result.json", "lists/ring.csv"}


def test_a_side_table_may_say_which_runs_count(tmp_path: Path) -> None:
    """With `only`, a run that no table names is left out."""
    settings = Settings(tables=(TableSettings("list.csv", "run", only=True),))
    assert [run.id for run in read(tmp_path, {**NAMED, "list.csv": LIST}, settings).runs] == [
        "out/w",
        "out/x",
        "out/y",
    ]


def test_a_side_table_is_proposed(tmp_path: Path) -> None:
    """A file that names runs is told with what to declare; nothing of it is used."""
    table = read(tmp_path, {**NAMED, "list.csv": LIST, "other.csv": "a,b\n1,2\n3,4\n"})
    (finding,) = [finding for finding in table.findings if finding.kind == "side-table"]
    assert "column 'run' names 3 of 4 runs and tells method, seed" in finding.message
    assert 'file = "list.csv", path = "run"' in finding.mend
    assert "method" not in table.roles


def lists(**cells: tuple[tuple[str, int], ...]) -> dict[str, str]:
    return {
        f"lists/{name}.csv": rows_of(("run", "seed"), *((f"models/{run}", seed) for run, seed in rows))
        for name, rows in cells.items()
    }


def test_tables_that_name_every_run_once_are_used(tmp_path: Path) -> None:
    """Their columns are settings, and which table named the run is one too."""
    files = NAMED | lists(ring=(("w", 1), ("x", 2)), star=(("y", 1), ("z", 2)))
    table = read(tmp_path, files)
    assert [run.setting("table") for run in table.runs] == ["ring", "ring", "star", "star"]
    assert [run.identity["seed"] for run in table.runs] == ["1", "2", "1", "2"]
    assert [run.identity["dataset"] for run in table.runs] == ["ring", "ring", "star", "star"]
    assert {source.path for source in table.runs[0].sources} == {"out/w/result.json", "lists/ring.csv"}
    (finding,) = [finding for finding in table.findings if finding.kind == "side-table"]
    assert "lists/ring.csv and 1 more: column 'run' names each of the 4 runs once" in finding.message
    assert 'file = "lists/{dataset}.csv", path = "run"' in finding.mend


@pytest.mark.parametrize(
    "files",
    [
        lists(ring=(("w", 1), ("x", 2)), star=(("y", 1), ("w", 2))),
        lists(ring=(("w", 1), ("x", 2), ("y", 3), ("z", 4), ("q", 5))),
        lists(ring=(("w", 1), ("x", 2), ("y", 3))),
    ],
    ids=["a run twice", "another run", "not all runs"],
)
def test_tables_that_leave_a_doubt_are_not_used(tmp_path: Path, files: dict[str, str]) -> None:
    """They are proposed, a group of them once."""
    table = read(tmp_path, NAMED | files)
    assert "seed" not in table.roles
    (message,) = found(table, "side-table")
    assert message.endswith("tells seed; it is not used")


@pytest.mark.parametrize(
    ("declared", "error", "words"),
    [
        (TableSettings("none.csv", "run"), SettingsError, "there is no such table"),
        (TableSettings("list.csv", "runs"), SettingsError, "Did you mean 'run'"),
        (TableSettings("empty.csv", "run", only=True), ReadError, "no run below"),
    ],
)
def test_a_side_table_that_cannot_be_used_is_refused(
    tmp_path: Path, declared: TableSettings, error: type[Exception], words: str
) -> None:
    """The file, the column and the near miss are named."""
    files = {**NAMED, "list.csv": LIST, "empty.csv": "run,seed\nnowhere,1\n"}
    with pytest.raises(error, match=words):
        read(tmp_path, files, Settings(tables=(declared,)))


def test_names_are_taken_apart_by_expressions(tmp_path: Path) -> None:
    """The first expression that the id holds gives the settings."""
    files = {f"out/{m}.{d}-{s}/result.json": result() for m in ("a", "b") for d in ("q", "r") for s in (1, 2)}
    table = read(
        tmp_path,
        files,
        Settings(run_names=(r"/(?P<method>\w+)\.(?P<dataset>\w+)-(?P<seed>\d+)$", r"(?P<x>.)")),
    )
    assert table.runs[0].identity == {"method": "a", "dataset": "q", "seed": "1"}
    assert table.roles["method"].how == "name pattern"
    assert len(pivot(table, "acc", split="test").cells) == 4


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("runs/lr=0.1,bs=32/0", {"lr": 0.1, "bs": 32}),
        ("runs/lr=1e-3_weight_decay=0_net=mlp", {"lr": 0.001, "weight_decay": 0, "net": "mlp"}),
        ("runs/mlp-lr=0.1-bn=True", {"lr": 0.1, "bn": True}),
        ("runs/lr_0.1_seed_3", {"lr": 0.1, "seed": 3}),
        ("runs/resnet_50_step_100", {}),
        ("runs/a.json#lr=3", {}),
    ],
)
def test_settings_are_read_from_names(name: str, settings: dict[str, Any]) -> None:
    """`key=value` of any key; `key_value` of known ones only."""
    assert named_settings(name) == settings


def test_compound_folders_are_taken_apart(tmp_path: Path) -> None:
    """`environment__method__seed__time`, as reinforcement learning libraries name runs."""
    files = {
        f"runs/{env}__{method}__{seed}__17000{i}{j}{seed}{seed}00/result.json": {
            "metrics": {"return": 1.0 + seed}
        }
        for i, env in enumerate(("Hopper-v4", "CartPole-v1"))
        for j, method in enumerate(("ppo", "dqn"))
        for seed in (1, 2, 3)
    }
    table = read(tmp_path, files)
    assert table.runs[0].identity == {"method": "dqn", "dataset": "CartPole-v1", "seed": "1"}
    assert {name: len(role.values) for name, role in table.roles.items()} == {
        "method": 2,
        "dataset": 2,
        "seed": 3,
    }


def test_a_name_that_holds_the_method_is_no_data_set(tmp_path: Path) -> None:
    """A folder composed of method and rate tells the method, so it is not crossed with it."""
    files = {
        f"runs/{m}-{lr}/{s}/result.json": result(method=m, lr=lr, seed=s)
        for m in ("a", "b") for lr in (1, 2) for s in (0, 1)
    }  # fmt: skip
    assert "dataset" not in read(tmp_path, files).roles


def searched() -> dict[str, Any]:
    final_runs = {f"runs/{m}/{s}/result.json": result(method=m, seed=s) for m in ("a", "b") for s in (0, 1)}
    trials = rows_of(
        ("method", "trial", "lr", "val_acc"), ("a", 0, 0.1, 0.5), ("a", 1, 0.2, 0.6), ("b", 0, 0.1, 0.5)
    )
    return {**final_runs, "tuning/trials.csv": trials}


def test_trials_of_a_search_are_kept_apart(tmp_path: Path) -> None:
    """They enter no cell, are counted by method, and the finding says how to report them after all."""
    table = read(tmp_path, searched())
    assert len(table.runs) == 4
    assert [run.identity["trial"] for run in table.apart[TRIAL]] == ["0", "1", "0"]
    (message,) = found(table, "tuning-trials")
    assert "3 records of tuning/trials.csv" in message
    assert found(table, "unequal-tuning") == [
        "methods differ in the number of trials that were not reported: a 2, b 1"
    ]
    assert pivot(table, "acc", split="test").cells["a", ""].n == 2


@pytest.mark.parametrize(
    "change",
    [
        {"tuning/trials.csv": rows_of(("method", "trial", "test_acc"), ("a", 0, 0.5), ("b", 0, 0.6))},
        {"runs/a/0/result.json": {"config": {"method": "a"}, "metrics": {"acc": 1.0}}},
    ],
    ids=["trials with a test metric", "some runs without a test metric"],
)
def test_what_logs_a_test_metric_is_no_trial(tmp_path: Path, change: dict[str, Any]) -> None:
    """Only records without a test metric, beside others that have one, are trials."""
    table = read(tmp_path, {**searched(), **change})
    tested = "test_acc" in str(change)
    assert (TRIAL in table.apart) is not tested


def test_a_folder_of_sweeps_alone_holds_the_runs(tmp_path: Path) -> None:
    """Where nothing else was run, a sweep is the study."""
    files = {
        f"sweep/{m}{s}/result.json": {"config": {"method": m, "seed": s}, "acc": 0.5}
        for m in "ab"
        for s in (0, 1)
    }
    table = read(tmp_path, files)
    assert (len(table.runs), dict(table.apart)) == (4, {})


def test_monitor_files_of_parallel_environments_are_one_run(tmp_path: Path) -> None:
    """Their episodes are put in the order in which they ended."""
    files = {
        "logs/a/0.monitor.csv": '#{"t_start": 100.0, "env_id": "Ant"}\nr,l,t\n1,5,1\n3,6,30\n',
        "logs/a/1.monitor.csv": '#{"t_start": 110.0, "env_id": "Ant"}\nr,l,t\n2,5,1\n4,6,40\n',
        "logs/b/0.monitor.csv": '#{"t_start": 110.0, "env_id": "Ant"}\nr,l,t\n2,5,1\n4,6,40\n',
    }
    table = read(tmp_path, files)
    assert [run.id for run in table.runs] == ["logs/a", "logs/b/0.monitor.csv"]
    assert table.runs[0].series["r"].values.tolist() == [1, 2, 3, 4]
    assert len(table.runs[0].sources) == 2


def test_a_variant_folder_that_one_method_mixes_is_told(tmp_path: Path) -> None:
    """Nothing declared: three methods were tuned everywhere, one not on one data set."""
    files = {
        f"out/{d}/{m}/{'default' if (m, d) == ('cnn', 'wine') else 'tuned'}/{s}/stats.json": result(
            method=m, dataset=d, seed=s
        )
        for m in ("mlp", "cnn", "gru", "svm") for d in ("adult", "wine", "iris") for s in (0, 1)
    }  # fmt: skip
    (message,) = found(read(tmp_path, files), "mixed-variant")
    assert message.startswith("cnn mixes values of part 4 of the path: default on wine; tuned on adult, iris")


def pair(**differences: tuple[Any, Any]) -> dict[str, Any]:
    """Two methods with two seeds each that differ in a setting."""
    return {
        f"runs/{m}/{s}/result.json": result(method=m, seed=s, **{k: v[place] for k, v in differences.items()})
        for place, m in enumerate(("a", "b"))
        for s in (0, 1)
    }


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        (pair(git_commit=("aaaaaaaa", "bbbbbbbb")), "mixed-commits", "commits: aaaaaaaa in 2 runs (a)"),
        (pair(torch_version=("2.1.0", "2.2.0")), "mixed-versions", "torch_version 2.1.0 in 2 runs (a)"),
        (pair(data_version=("v1", "v2")), "mixed-data", "different versions of the data: v1 in 2 runs (a)"),
        (pair(gpu_name=("A100", "H100")), "mixed-hardware", "A100 in 2 runs (a); H100 in 2 runs (b)"),
        (
            {
                f"runs/{m}/{s}/result.json": result(method=m, seed=s)
                for m, s in (("a", 0), ("a", 1), ("b", 2), ("b", 3))
            },
            "disjoint-seeds",
            "a and b",
        ),
        (
            {
                f"runs/{m}/log.jsonl": "".join(
                    json.dumps({"method": m, "seed": 0, "step": s, "loss": 1.0}) + "\n" for s in range(n)
                )
                for m, n in (("a", 10), ("b", 100))
            },
            "unequal-steps",
            "different numbers of steps: 9 (a); 99 (b)",
        ),
        (
            {"runs/a/log.jsonl": '{"step": 1, "loss": 2.0}\n{"step": 2, "loss": NaN}\n'},
            "diverged-run",
            "1 run diverged: runs/a (loss from 2 to nan)",
        ),
    ],
    ids=["commits", "versions", "data", "hardware", "seeds", "steps", "diverged"],
)  # fmt: skip
def test_unlike_conditions_are_told(tmp_path: Path, files: dict[str, Any], kind: str, words: str) -> None:
    """What differs is named with the runs and methods it goes with."""
    table = read(tmp_path, files)
    (message,) = found(table, kind)
    assert words in message


def test_equal_budgets_of_many_data_sets_are_told_once(tmp_path: Path) -> None:
    """The method that had fewer steps is named, however many methods there are."""
    files = {
        f"runs/{m}/{d}/log.jsonl": "".join(
            json.dumps({"method": m, "dataset": d, "seed": 0, "step": s, "acc": 1.0}) + "\n"
            for s in range(3 if m == "z" else 9)
        )
        for m in "abcdefgz"
        for d in ("wine", "iris")
    }
    (message,) = found(read(tmp_path, files), "unequal-steps")
    assert "on iris, wine were" in message
    assert message.endswith("steps: 2 (z); 8 (a, b, c, d, e and 2 more)")


def clock(*gaps: float, key: str = "wall_time") -> str:
    times = list(itertools.accumulate(gaps))
    return "".join(json.dumps({"step": s, "acc": 0.5, key: t}) + "\n" for s, t in enumerate(times))


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (clock(*[2.0] * 20, 3600.0, *[2.0] * 20), "runs/a (3598 of 3678 by wall_time)"),
        (clock(*[2.0] * 40, key="time/step"), ""),
        (clock(*([2.0] * 9 + [60.0]) * 6), ""),
        (clock(*[2.0] * 300, 45.0), ""),
        (clock(*[2.0] * 20, 3600.0, *[2.0] * 20, key="step_time"), ""),
        (clock(*[2.0] * 20, -20.0, 3600.0, *[2.0] * 20), ""),
    ],
    ids=["resumed", "even", "evaluations", "a little", "time of a step", "clock set back"],
)
def test_a_pause_is_told_from_work(tmp_path: Path, log: str, words: str) -> None:
    """A run that was resumed the next day did not train all night."""
    messages = found(read(tmp_path, {"runs/a/log.jsonl": log}), "paused-run")
    assert len(messages) == bool(words)
    assert all(words in message for message in messages)


def test_a_loss_whose_target_moves_may_grow(tmp_path: Path) -> None:
    """A critic predicts returns, which grow; NaN is a divergence all the same."""
    rows = '{"step": 1, "critic_loss": 1, "loss": 1}\n{"step": 2, "critic_loss": 900, "loss": 2}\n'
    files = {"runs/a/log.jsonl": rows, "runs/b/log.jsonl": rows.replace("900", "NaN")}
    (message,) = found(read(tmp_path, files), "diverged-run")
    assert message.startswith("1 run diverged: runs/b (critic_loss from 1 to nan)")


def test_each_data_set_has_a_version_of_its_own(tmp_path: Path) -> None:
    """Only within one data set is a second version told."""
    files = {
        f"runs/{m}/{d}/result.json": result(method=m, dataset=d, seed=0, data_version=v)
        for m in ("a", "b")
        for d, v in (("wine", "v1"), ("iris", "v2"))
    }
    assert found(read(tmp_path, files), "mixed-data") == []


def test_like_conditions_are_not_told(tmp_path: Path) -> None:
    """One commit, one machine, the same seeds and steps."""
    table = read(
        tmp_path, pair(git_commit=("aaaaaaaa",) * 2, gpu_name=("A100",) * 2, torch_version=("2.1.0",) * 2)
    )
    assert {finding.kind for finding in table.findings} <= {"unknown-role"}


@pytest.mark.parametrize(
    ("content", "finals"),
    [
        ('{"metrics": {"acc": null, "note": null}, "seed": 1}', {"metrics.acc": "nan"}),
        ('{"metrics": {"loss": ' + "9" * 400 + '}, "seed": 1}', {"metrics.loss": "inf"}),
        ('{"metrics": {"losses": [1, -' + "9" * 400 + ']}, "seed": 1}', {}),
    ],
    ids=["null", "huge", "huge in a list"],
)
def test_numbers_beyond_floats_and_null_are_read(
    tmp_path: Path, content: str, finals: dict[str, str]
) -> None:
    """A null metric is NaN, and a whole number above 1e308 infinite."""
    table = read(tmp_path, {"runs/a/result.json": content})
    assert {key: repr(value.value) for key, value in table.runs[0].finals.items()} == finals


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    """JSON takes the last one silently."""
    table = read(tmp_path, {"runs/a/result.json": '{"seed": 1, "metrics": {"acc": 0.5, "acc": 0.6}}'})
    assert found(table, "unreadable-log") == [
        "runs/a/result.json: 'acc' stands twice in one object; the last one counts"
    ]
    assert final(table, table.runs[0], "acc").value == 0.6  # type: ignore[union-attr]


def test_a_web_service_is_no_run(tmp_path: Path) -> None:
    """A `method` in every operation is not the method of a run."""
    operations = {
        f"Op{i}": {"http": {"method": "POST", "code": 200}, "errors": [], "score": 1} for i in range(5)
    }
    files = {"runs/a/result.json": result(), "sdk/service.json": {"version": "2.0", "operations": operations}}
    assert [run.id for run in read(tmp_path, files).runs] == ["runs/a"]


def test_a_folder_and_a_file_that_are_not_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text above the limit might be a data set, and a closed folder might hold logs."""
    monkeypatch.setattr("paperback.runs.collect._TEXT_LIMIT", 100)
    table = read(
        tmp_path, {"runs/a/log.csv": "epoch,loss\n1,2\n", "runs/b/log.csv": "epoch,loss\n" + "1,2\n" * 50}
    )
    assert len(found(table, "large-file")) == 1


def test_problems_and_their_attempts(tmp_path: Path) -> None:
    """In a declared file each problem is an item, and its attempts are a history that a rule reduces."""
    problems = [
        {"idx": 7 + i, "tries": [i > 0, True], "infos": [{"r": 0.5}, {"r": i}], "cost": i} for i in range(3)
    ]
    settings = Settings(
        paths=("logs/{method}.json",),
        roles={"item": "item"},
        derived={"solved": "max tries over steps", "r": "mean infos.r over steps"},
    )
    table = read(tmp_path, {"logs/naive.json": problems}, settings)
    assert [run.identity["item"] for run in table.runs] == ["7", "8", "9"]
    assert [final(table, run, "r").value for run in table.runs] == [0.25, 0.75, 1.25]  # type: ignore[union-attr]
    assert pivot(table, "solved", over=("item",)).cells["naive", ""].value == 1


def test_the_outline_says_what_was_found(tmp_path: Path) -> None:
    """Counts, formats, roles with reasons, metrics, protocol and findings, for a program and for a person."""
    table = read(tmp_path, searched())
    outline = describe_runs(table)
    assert (outline["runs"], outline["formats"], outline["apart"]) == (4, {"CSV": 1, "JSON": 4}, {TRIAL: 3})
    assert outline["roles"]["method"] == {
        "key": "config.method",
        "values": ["a", "b"],
        "how": "key name 'config.method'",
        "confidence": pytest.approx(0.92, abs=0.01),
    }
    assert outline["metrics"]["acc"]["splits"] == ["test"]
    assert outline["protocol"] == "last step"
    assert json.loads(json.dumps(outline)) == outline
    shown = show_runs(outline)
    for words in (
        "4 runs in 5 files",
        "apart: 3 runs (tuning trial)",
        "method: config.method = a, b",
        "92% sure",
        "acc: test, fraction, higher is better (lexicon), 4 runs",
        "protocol: last step",
    ):
        assert words in shown


def test_a_long_outline_is_cut(tmp_path: Path) -> None:
    """Many findings of one kind are counted."""
    files = {f"runs/{s}/result.json": f'{{"metrics": {{"acc": {s}}}, "seed": {s}}} x' for s in range(9)}
    files["runs/a/result.json"] = {"metrics": {"acc": 1}, "config": {"seed": 1}}
    shown = show_runs(describe_runs(read(tmp_path, files)))
    assert "truncated-log: 6 more; --json shows all" in shown


def test_counters_are_no_list_of_metrics(tmp_path: Path) -> None:
    """`frame` and `hour` are named in a line of their own, and what is measured is not."""
    rows = "step,frame,hour,acc,framerate\n1,2,0.1,0.5,9\n2,4,0.2,0.6,9\n"
    shown = show_runs(describe_runs(read(tmp_path, {"runs/a/log.csv": rows}))).splitlines()
    assert "  counters and clocks, which measure nothing: frame, hour" in shown
    assert [line.split(":")[0] for line in shown[shown.index("metrics") + 1 :]][:2] == [
        "  acc",
        "  framerate",
    ]


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    """A file that cannot be opened is a finding, and so is a folder."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "log.csv").symlink_to(tmp_path / "gone.csv")
    table = read(tmp_path, {"runs/a/result.json": result()})
    (message,) = found(table, "unreadable-log")
    assert message == "runs/log.csv: not readable: No such file or directory"
    closed: list[str] = []
    assert list(walk(tmp_path / "gone", (), closed)) == []
    assert closed == ["."]


def test_a_link_to_a_folder_is_followed_once(tmp_path: Path) -> None:
    """Runs that lie elsewhere are read through a link; the same folder is not read twice."""
    read(tmp_path / "store", {"a/result.json": result(method="m"), "b/result.json": result(method="n")})
    (tmp_path / "repo").mkdir()
    for name in ("runs", "runs_again"):
        (tmp_path / "repo" / name).symlink_to(tmp_path / "store", target_is_directory=True)
    assert [run.id for run in read_runs(tmp_path / "repo", Settings()).runs] == ["runs/a", "runs/b"]


def test_a_named_setting_beats_nothing_that_is_logged(tmp_path: Path) -> None:
    """What the log itself says of a setting counts before the folder's name."""
    files = {"runs/lr=0.5/result.json": result(lr=0.1), "runs/lr=0.7/result.json": {"metrics": {"acc": 1}}}
    runs = read(tmp_path, files).runs
    assert [run.params["lr"] for run in runs] == [0.5, 0.7]
    assert runs[0].params["config.lr"] == 0.1
