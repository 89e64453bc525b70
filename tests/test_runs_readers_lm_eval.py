"""lm-evaluation-harness results in both schemas, and those of a published study."""

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paperback.runs import RunTable, Status, read_runs
from paperback.runs.readers import lm_eval
from paperback.runs.readers.log import LogFile
from paperback.settings import Settings

CASE = Path(__file__).resolve().parents[2] / "shared" / "cases" / "pythia_lm_eval_json"
Repository = Callable[..., RunTable]
NEW: dict[str, Any] = {
    "results": {
        "mmlu": {"acc,none": 0.5, "acc_stderr,none": 0.01, "alias": "mmlu"},
        "mmlu_law": {"acc,none": 0.25, "alias": " - law"},
        "gsm8k": {"exact_match,strict-match": 0.1, "exact_match,flexible-extract": 0.2, "ppl,none": "N/A"},
    },
    "group_subtasks": {"mmlu": ["mmlu_law"], "gsm8k": []},
    "configs": {"gsm8k": {"task": "gsm8k"}},
    "versions": {"mmlu": 2, "mmlu_law": 1.0, "gsm8k": 3.0},
    "n-shot": {"mmlu_law": 5, "gsm8k": 8},
    "higher_is_better": {"mmlu": {"acc": True}, "gsm8k": {"exact_match": True, "ppl": False}},
    "n-samples": {"mmlu_law": {"original": 100, "effective": 10}, "gsm8k": {"original": 7, "effective": 7}},
    "config": {
        "model": "hf",
        "model_args": "pretrained=org/net,dtype=float16",
        "limit": 10.0,
        "random_seed": 0,
    },
    "git_hash": "c0ffee0",
    "model_name": "org/net",
    "total_evaluation_time_seconds": "12.5",
    "pretty_env_info": "PyTorch version: 2\nOS: Linux\nGPU 0: A100\n",
}
OLD: dict[str, Any] = {
    "results": {"piqa": {"acc": 0.75, "acc_stderr": 0.01}},
    "versions": {"piqa": 0},
    "config": {
        "model": "hf-causal",
        "model_args": "pretrained=org/net,revision=step1",
        "num_fewshot": 0,
        "limit": None,
    },
}


def test_every_task_is_a_run(repository: Repository) -> None:
    """Model, task, shots and level are settings; the data say which direction is better."""
    table = repository({"out/org__net/results_2026.json": NEW})
    runs = {run.id.split("#")[1]: run for run in table.runs}
    assert sorted(runs) == ["gsm8k", "mmlu", "mmlu_law"]
    run = runs["gsm8k"]
    wanted = {
        "model": "org/net", "task": "gsm8k", "num_fewshot": 8, "task_version": 3.0, "task_level": "task",
        "model_args.dtype": "float16", "random_seed": 0, "config.model": "hf",
    }  # fmt: skip
    assert {key: run.params[key] for key in wanted} == wanted
    assert {key: final.value for key, final in run.finals.items()} == {
        "exact_match,strict-match": 0.1, "exact_match,flexible-extract": 0.2,
    }  # fmt: skip
    assert run.directions["exact_match,strict-match"] == "higher"
    assert run.facts == {"duration": 12.5, "gpu": "A100", "os": "Linux"}
    assert (run.status, run.commit) == (Status.FINISHED, "c0ffee0")
    assert {key: final.value for key, final in runs["mmlu"].finals.items()} == {
        "acc": 0.5,
        "acc_stderr": 0.01,
    }
    assert (runs["mmlu"].params["task_level"], runs["mmlu_law"].params["task_group"]) == ("group", "mmlu")


def test_a_part_of_the_items_is_told(repository: Repository) -> None:
    """Numbers of ten items are not those of a benchmark."""
    table = repository({"out/results_2026.json": NEW})
    (finding,) = [finding for finding in table.findings if finding.kind == "partial-evaluation"]
    assert "mmlu_law (10 of 100)" in finding.message
    assert "gsm8k" not in finding.message
    old = {**OLD, "config": {**OLD["config"], "limit": 10}}
    (finding,) = lm_eval.read(LogFile("r.json", Path("x"), json.dumps(old).encode(), "d")).findings
    assert "limit 10" in finding.message


def test_the_old_schema_is_read(repository: Repository) -> None:
    """The model is what was loaded, not the class that loads."""
    (run,) = repository({"evals/net.json": OLD}).runs
    assert run.id == "evals/net.json#piqa"
    assert (run.params["model"], run.params["model_args.revision"]) == ("org/net", "step1")
    assert (run.params["num_fewshot"], run.finals["acc"].value) == (0, 0.75)


def samples(values: Iterable[float], *, key: str = "acc", **more: Any) -> str:
    """The lines that `--log_samples` writes, with a subject for every other item."""
    return "".join(
        json.dumps({"doc_id": place, "doc": {"subject": f"s{place % 2}", "text": "x" * 300}, "resps": [["1"]],
                    "target": "A", "arguments": [], "filter": "none", "metrics": [key], key: value, **more})
        + "\n"
        for place, value in enumerate(values)
    )  # fmt: skip


def test_items_are_records_of_their_model(repository: Repository) -> None:
    """Model and shots stand in the results of the same date; what sums the items up does not count twice."""
    items = [1.0, 0.0] * 10
    results = {**NEW, "results": {"gsm8k": {"acc,none": 0.5, "acc_stderr,none": 0.11}}}
    other = {**results, "config": {**NEW["config"], "model_args": "pretrained=org/other"}, "model_name": None}
    table = repository(
        {
            "out/org__net/results_2026-01-02T00-00-00.1.json": results,
            "out/org__net/results_2026-01-03T00-00-00.1.json": other,
            "out/org__net/samples_gsm8k_2026-01-02T00-00-00.1.jsonl": samples(items),
        }
    )
    records = [run for run in table.runs if "item" in run.identity]
    assert len(records) == 20
    assert {run.params["model"] for run in records} == {"org/net"}
    assert {run.params["num_fewshot"] for run in records} == {8}
    by_item = {run.identity["item"]: run for run in records}
    assert [by_item[str(place)].finals["acc"].value for place in range(20)] == items
    assert (by_item["3"].id.rpartition("#")[2], by_item["3"].params["doc.subject"]) == ("3", "s1")
    sums = [run for run in table.runs if "item" not in run.identity]
    assert [sorted(run.finals) for run in sums] == [["acc_stderr"], ["acc", "acc_stderr"]]
    assert table.roles["cluster"].key == "doc.subject"


def test_items_alone_are_read(repository: Repository) -> None:
    """Without results the folder names the model; filters are kept apart; a cut line is told."""
    lines = samples([1.0] * 12, filter="strict-match") + samples([True] * 12) + '{"doc_id": 3, "acc'
    table = repository({f"out/org__{name}/samples_piqa.jsonl": lines for name in ("net", "other")})
    assert {run.identity["method"] for run in table.runs} == {"org/net", "org/other"}
    assert {tuple(run.finals) for run in table.runs} == {("acc,strict-match", "acc")}
    assert [finding.kind for finding in table.findings].count("truncated-log") == 2


@pytest.mark.parametrize(
    "value", [{"results": {"acc": 0.5}, "seed": 1}, {"results": {"test": {"acc": 0.5}}, "seed": 1}]
)
def test_other_documents_with_results_are_plain_json(repository: Repository, value: dict[str, Any]) -> None:
    """Only what names versions and a configuration is an evaluation."""
    (run,) = repository({"runs/a/result.json": value}).runs
    assert run.params["seed"] == 1
    assert [final.value for final in run.finals.values()] == [0.5]


WHOLE = json.dumps(NEW).encode()


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
@example(604, 32)  # a key of the item counts is not what it was
def test_damage_does_not_fall(at: int, byte: int) -> None:
    """Cut or changed documents give a finding, plain JSON, or nothing."""
    data = bytearray(WHOLE)
    data[at] = byte
    for damaged in (WHOLE[:at], bytes(data)):
        lm_eval.read(LogFile("out/results.json", Path("x"), damaged, "d"))


@pytest.mark.skipif(not CASE.is_dir(), reason="the real repositories' logs are not at hand")
def test_published_numbers_follow_from_the_runs() -> None:
    """Every printed accuracy and perplexity is that of one model, task and number of shots."""
    runs = read_runs(CASE / "raw", Settings()).runs
    assert len({run.params["model"] for run in runs}) == 16
    with (CASE / "expected.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for row in rows:
        metric, shots = row["metric"].split()[0], int(row["table"].split("-")[0])
        folder = f"/pythia-{row['model'].lower()}/"
        found = [
            run.finals[metric].value * (100 if "%" in row["metric"] else 1)
            for run in runs
            if folder in run.id.replace("-deduped", "") or folder in run.id
            if run.params["task"] == row["dataset"] and run.params["num_fewshot"] == shots
        ]
        digits = len(row["value"].partition(".")[2])
        assert any(abs(value - float(row["value"])) <= 0.5 * 10**-digits + 1e-9 for value in found), row
