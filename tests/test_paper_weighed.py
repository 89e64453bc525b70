"""Papers of studies whose unit is an item, a cluster, a task's run, a curve or a trial, from logs to check."""

# ruff: noqa: E501 - a case with its whole sentence stands on one line

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from builders import said
from paperback.build import build_paper, gather
from paperback.check import check_paper
from paperback.claims import Verdict, Word
from paperback.paper.material import Material
from paperback.paper.verdicts import detail, takeaway, verdict_sentence
from paperback.settings import open_repository

Sign = int


def write(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def items(root: Path, sign: Sign, *, tasks: int = 1, clusters: int = 0) -> None:
    """Sixty items a task, of which one model answers all and the other two in three, or both the same."""
    for method, wrong in (("ours", sign < 0), ("base", sign > 0)):
        for task in range(tasks):
            lines = [
                {
                    "doc_id": place,
                    "doc": {"subject": f"s{place % clusters}"} if clusters else {},
                    "acc": float(
                        not (wrong and place % 3 == 0) and not (sign == 0 and place % 7 == (method == "ours"))
                    ),
                }
                for place in range(60)
            ]
            text = "".join(json.dumps(line) + "\n" for line in lines)
            write(root, f"out/{method}/samples_task{task}.jsonl", text)
    write(root, "paperback.toml", '[study]\nproposal = "ours"\n')


def results(root: Path, rows: list[dict[str, object]], metric: str) -> None:
    for place, row in enumerate(rows):
        config = {key: value for key, value in row.items() if key != "value"}
        write(
            root,
            f"runs/{place}.json",
            json.dumps({"config": config, "metrics": {"test": {metric: row["value"]}}}),
        )
    write(
        root,
        "paperback.toml",
        f'[study]\nproposal = "ours"\nmetric = "{metric}"\n[metrics.{metric}]\ndirection = "higher"\n',
    )


def tasks(root: Path, sign: Sign) -> None:
    rng = np.random.default_rng(2)
    rows: list[dict[str, object]] = [
        {"method": m, "dataset": f"game{t}", "seed": s, "value": 0.05 * t + shift * sign + rng.normal(0, 0.1)}
        for t in range(12)
        for m, shift in (("ours", 0.3), ("base", 0.0))
        for s in range(5)
    ]
    results(root, rows, "normalized_score")


def trials(root: Path, sign: Sign) -> None:
    rng = np.random.default_rng(4)
    rows: list[dict[str, object]] = [
        {
            "method": m,
            "lr": float(rng.uniform()),
            "hparams_seed": k,
            "value": 0.8 + shift * sign + 0.01 * rng.normal(),
        }
        for m, shift in (("ours", 0.05), ("base", 0.0))
        for k in range(20)
    ]
    results(root, rows, "accuracy")


def curves(root: Path, sign: Sign) -> None:
    rng = np.random.default_rng(0)
    for method, pace in (("ours", 1.0 + 0.5 * sign), ("base", 1.0)):
        for seed in range(5):
            noisy = pace * (1 + 0.05 * rng.normal())
            lines = [json.dumps({"step": step, "reward": noisy * step}) for step in range(50)]
            write(root, f"runs/{method}/{seed}/log.jsonl", "\n".join(lines) + "\n")
    toml = """
    [runs]
    paths = ["runs/{method}/{seed}/log.jsonl"]
    [study]
    metric = "reward"
    [[claims]]
    kind = "reaches with fewer steps"
    method = "ours"
    over = "base"
    threshold = 15.0
    """
    write(root, "paperback.toml", toml)


def two_tasks(root: Path, sign: Sign) -> None:
    items(root, sign, tasks=2)


def clusters(root: Path, sign: Sign) -> None:
    items(root, sign, clusters=20)


STUDIES: dict[str, tuple[Callable[[Path, Sign], None], str]] = {
    "c": (items, r"(On task0, )?ours {verb} base: over the # items that both were asked, the gain is #, interval \[#, #\]; it is right on # items? where the other is wrong, and wrong on # where the other is right \((exact McNemar, p #|no test: .*)\)\. It covers the sampling of test items, not retraining\."),
    "c on two": (two_tasks, r"ours {verb} base: on task0, over the # items that both were asked, .*; on task1, over the # items .*\. That it holds on all of them has p #, the largest of these\. It covers the sampling of test items, not retraining\."),
    "d": (clusters, r"(On task0, )?ours {verb} base: over # items in # clusters, the gain is #(, interval \[#, #\])?; clustering multiplies the variance by # \((cluster-robust t|sign flips of whole clusters), p #\)\. (Fewer than thirty clusters\. )?It covers the sampling of clusters of test items, not retraining\."),
    "e": (tasks, r"ours {verb} base: over # tasks with at least # runs each, the interquartile mean is # against #, a gain of #, interval \[#, #\]; a run of it is better than one of the other with probability #, interval \[#, #\] \(t with the bootstrap's error, p #\)\. It speaks of exactly these tasks\."),
    "f": (curves, r"ours {verb} base: to reach #, the other takes # times as many steps \(ratio of geometric means\), interval \[#, #\] with # runs each \(.*, p #\)\. "),
    "g": (trials, r"ours {verb} base: at an equal budget of # trials, the expected best is # against #, a gain of #, interval \[#, #\]; the order holds from # trials? on \(t with the bootstrap's error, p #\)\. It speaks of the searched score; the score of the winner needs fresh runs\."),
}  # fmt: skip
VERBS = {
    Word.SUPPORTED: r"(?:consistently )?(?:improves on|reaches the threshold in fewer steps than)",
    Word.CONTRADICTED: r"(?:performs below|needs more steps to the threshold than)",
    Word.INCONCLUSIVE: r"(?:cannot be told apart(?:, in steps to the threshold,)? from|is not shown to differ, on every data set, from)",
}
WORDS = {1: Word.SUPPORTED, -1: Word.CONTRADICTED, 0: Word.INCONCLUSIVE}


def told(root: Path) -> tuple[Verdict, Material]:
    material = gather(root, open_repository(root))
    (verdict,) = material.verdicts
    return verdict, material


@pytest.mark.parametrize("sign", WORDS)
@pytest.mark.parametrize("name", STUDIES)
def test_each_design_has_a_sentence_for_each_verdict(name: str, sign: Sign, tmp_path: Path) -> None:
    """The sentence has the verb that the verdict allows, the numbers of its design, and nothing typed."""
    make, pattern = STUDIES[name]
    make(tmp_path, sign)
    verdict, material = told(tmp_path)
    assert (verdict.word, verdict.design) == (WORDS[sign], name[0])
    sentence = said(verdict_sentence(verdict, material))
    assert re.fullmatch(pattern.format(verb=VERBS[verdict.word]), sentence), sentence
    everything = " ".join((sentence, said(detail(verdict, material)), said(takeaway(material))))
    assert not re.search(r"significant|outperform|state of the art|\bprove", everything)
    assert bool(verdict.needed) == (verdict.word is Word.INCONCLUSIVE)


@pytest.mark.parametrize("name", STUDIES)
def test_the_paper_is_recomputed_from_the_logs(name: str, tmp_path: Path) -> None:
    """Every number of the paper follows from the logs again, and none is typed."""
    make, _ = STUDIES[name]
    make(tmp_path, 1)
    built = build_paper(tmp_path, engine="none")
    assert built.ledger["claims"][0]["verdict"] == "supported"
    kinds = {number["recipe"]["kind"] for number in built.ledger["numbers"]}
    assert {"assessment", "weighed"} <= kinds or name == "c on two"
    review = check_paper(tmp_path)
    assert review.numbers > 5
    assert [f.message for f in review.findings if "number" in f.kind] == []


def test_a_search_is_shown_at_one_budget(tmp_path: Path) -> None:
    """The main table holds what half of the smallest search is expected to reach, and how many trials that is."""
    from paperback.evidence.best_of import expected_best

    trials(tmp_path, 1)
    for place in range(6):
        (tmp_path / f"runs/{20 + place}.json").unlink()
    material = gather(tmp_path, open_repository(tmp_path))
    rows = {name: cells[0] for name, cells in material.story.tables[0].rows}
    assert rows["Trials"].quantity.value == 7
    scores = {
        method: [
            run.finals["metrics.test.accuracy"].value
            for run in material.table.runs
            if run.identity["method"] == method
        ]
        for method in ("ours", "base")
    }
    assert {name: len(found) for name, found in scores.items()} == {"ours": 20, "base": 14}
    for name, found in scores.items():
        assert rows[name].quantity.value == pytest.approx(expected_best(np.array(found))[6])
    assert [name for name, cell in rows.items() if getattr(cell, "mark", "") == "best"] == ["ours"]


def test_an_edited_log_is_told(tmp_path: Path) -> None:
    """An item that turns right changes counts, interval and p of the claim."""
    items(tmp_path, 1)
    build_paper(tmp_path, engine="none")
    path = tmp_path / "out/base/samples_task0.jsonl"
    path.write_text(path.read_text().replace('"acc": 0.0', '"acc": 1.0', 1))
    changed = [f.message for f in check_paper(tmp_path).findings if f.kind == "number-changed"]
    assert any("weighed" in message or "p_adjusted" in message for message in changed)
    assert len(changed) > 3
