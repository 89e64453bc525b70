"""Papers of real repositories' logs: every sentence about a claim, read as a reviewer would read it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from paperback.build import build_paper, gather
from paperback.check import check_paper
from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number
from paperback.paper.material import Material
from paperback.paper.printing import print_number
from paperback.paper.verdicts import detail, verdict_sentence
from paperback.settings import open_repository
from paperback.story.table import EstimateCell, MissingCell

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the real repositories' logs are not at hand")
TOT, COT = (
    "gpt-4_0.7_propose1_value3_greedy5_start900_end1000",
    "gpt-4_0.7_naive_cot_sample_100_start900_end1000",
)
TOML = {
    "tree_of_thoughts_json": f"""
        [runs]
        paths = ["logs/{{dataset}}/{{method}}.json"]
        [runs.metrics]
        any = "max infos.r|accs over steps"
        [roles]
        item = "item"
        [study]
        metric = "any"
        proposal = "{TOT}"
        [metrics.any]
        direction = "higher"
        percent = true
    """,
    "pythia_lm_eval_json": """
        [roles]
        method = "model"
        dataset = "task"
        [study]
        metric = "acc"
        proposal = "EleutherAI/pythia-v1.1-12b-deduped"
        baselines = ["EleutherAI/pythia-v1.1-12b"]
        [study.where]
        num_fewshot = 0
        [study.benchmarks]
        MMLU = "hendrycksTest-*"
        CrowS-Pairs = "crows_pairs*"
    """,
    "tabm_readme_json": r"""
        [runs]
        names = ['m/(\w+/)??((class|reg)\w+-\w+-\w+-(?P<fold>\d+)-)?(?P<dataset>[^/]+)/0-\w+/(?P<seed>\d+)']
        [study]
        metric = "score"
    """,
    "sb3_zoo_monitor": """
        [runs]
        paths = ["logs/benchmark/{method}-{dataset}/0.monitor.csv"]
        [runs.metrics]
        mean_reward = "mean r over steps"
        [study]
        metric = "mean_reward"
        proposal = "ppo"
        [metrics.mean_reward]
        direction = "higher"
    """,
    "domainbed_sweep_jsonl": """
        [roles]
        method = "args.algorithm"
        dataset = "args.test_envs"
        seed = "args.trial_seed"
        [runs.metrics]
        "test/acc" = "env{args.test_envs}_in_acc"
        "test/out_acc" = "env{args.test_envs}_out_acc"
        [study]
        metric = "acc"
        split = "test"
        select = "last; best test out_acc over args.hparams_seed"
    """,
}
Case = Callable[[str], Path]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The repository of a case with a paperback.toml of at most fifteen lines; copied once."""
    made: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in made:
            root = tmp_path_factory.mktemp("cases") / name
            shutil.copytree(CASES / name / "raw", root)
            lines = [line.strip() for line in TOML[name].strip().splitlines()]
            assert len(lines) <= 15
            (root / "paperback.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
            made[name] = root
        return made[name]

    return of


def said(parts: tuple[Inline, ...]) -> str:
    """The parts as they are printed."""
    return _plain(
        "".join(
            part.words if isinstance(part, Text) else print_number(part) if isinstance(part, Number) else "<>"
            for part in parts
        )
    )


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def sentences(material: Material) -> dict[str, str]:
    """The other method of each claim to what the paper says of it."""
    return {
        verdict.claim.over: said(
            (*verdict_sentence(verdict, material), Text(" "), *detail(verdict, material))
        )
        for verdict in material.verdicts
    }


@pytest.mark.parametrize("name", TOML)
def test_every_number_follows_from_the_logs(name: str, case: Case) -> None:
    """The paper is written, each of its numbers is computed again, and none is typed."""
    root = case(name)
    built = build_paper(root, engine="none")
    assert built.ledger["numbers"]
    review = check_paper(root)
    assert [f.message for f in review.findings if "number" in f.kind] == []
    text = (root / "paper" / "latex" / "main.tex").read_text(encoding="utf-8")
    assert not re.search(r"significant|outperform|state.of.the.art", text)


def test_problems_are_weighed_one_by_one(case: Case) -> None:
    """Of 100 games the search solves 69, not the 74 that were printed; the gain has its interval and test."""
    root = case("tree_of_thoughts_json")
    material = gather(root, open_repository(root))
    told = sentences(material)
    assert set(told) == {COT, "gpt-4_0.7_naive_standard_sample_100_start900_end1000"}
    assert told[COT].strip() == (
        f"On game24, {TOT} improves on {COT}: over the 100 items that both were asked, the gain is "
        "+20 percentage points, interval [8, 32]; it is right on 31 items where the other is wrong, and "
        "wrong on 11 where the other is right (exact McNemar, p = 0.003, Holm-adjusted over the claims). "
        "It covers the sampling of test items, not retraining."
    )
    rows = dict(material.story.tables[0].rows)
    column = material.story.tables[0].columns.index("game24")
    cell = rows[TOT][column]
    assert isinstance(cell, EstimateCell)
    assert (round(100 * cell.estimate.value), cell.estimate.n) == (69, 100)


def test_benchmarks_count_once(case: Case) -> None:
    """Fifty-seven subjects are one data set of nine, and nine do not decide."""
    root = case("pythia_lm_eval_json")
    material = gather(root, open_repository(root))
    (told,) = sentences(material).values()
    assert told.startswith(
        "Over 9 data sets, EleutherAI/pythia-v1.1-12b-deduped cannot be told apart from "
        "EleutherAI/pythia-v1.1-12b: it is ahead on 7, level on 1 and behind on 1; the median gain is +0.009,"
    )
    assert "p = 0.148" in told


def test_no_gain_is_averaged_over_scales_that_differ(case: Case) -> None:
    """Returns of Pong and of Humanoid have no mean; a single run on one environment decides nothing."""
    root = case("sb3_zoo_monitor")
    material = gather(root, open_repository(root))
    told = sentences(material)
    assert "her" not in told
    assert told["a2c"].startswith(
        "Over 29 data sets, ppo improves on a2c: it is ahead on 25, level on 1 and behind on 3 (Wilcoxon"
    )
    assert all("median gain" not in each for each in told.values())
    assert told["tqc"].startswith("Over 15 data sets, ppo performs below tqc: ")
    assert "a single seed allows no conclusion" in told["ppo_lstm"]
    assert not material.story.graphs or all(graph.key != "learning-curves" for graph in material.story.graphs)


def test_numbers_without_runs_are_told_and_not_printed(case: Case, tmp_path: Path) -> None:
    """Eight printed numbers of four data sets have no run behind them: the notes cannot print them."""
    root = tmp_path / "tabm"
    shutil.copytree(case("tabm_readme_json"), root, ignore=shutil.ignore_patterns("paper"))
    absent = ("Bike_Sharing_Demand", "SGEMM_GPU_kernel_performance", "sulfur", "visualizing_soil")
    lines = [f"{name}: {{value: score, dataset={name}}}." for name in (*absent, "adult")]
    (root / "notes.md").write_text("# Paper\n\n## E6\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    built = build_paper(root, engine="none")
    told = [f["message"] for f in built.ledger["findings"] if f["kind"] == "unresolved-value"]
    assert len(told) == len(absent)
    assert all(any(name in message for message in told) for name in absent)
    material = gather(root, open_repository(root))
    printed = {name for table in material.story.tables for name, cells in table.rows if cells}
    assert "adult" in printed
    assert not printed & set(absent)
    folds = [cell.estimate for name, cells in material.story.tables[0].rows for cell in cells
             if name == "adult" and isinstance(cell, EstimateCell)]  # fmt: skip
    assert not folds or folds[0].n >= 15


def test_an_oracle_is_called_one(case: Case) -> None:
    """Values that were chosen by looking at the test part are said to be optimistic."""
    root = case("domainbed_sweep_jsonl")
    built = build_paper(root, engine="none", force=True)
    assert "test-set-selection" in {finding["kind"] for finding in built.ledger["findings"]}
    text = (root / "paper" / "latex" / "main.tex").read_text(encoding="utf-8")
    assert "Values were chosen by looking at the test part" in text
    material = gather(root, open_repository(root))
    assert not material.verdicts
    cells = [cell for _, row in material.story.tables[0].rows for cell in row]
    assert cells
    assert not any(isinstance(cell, MissingCell) for cell in cells)
