"""How far the run table gets without a paperback.toml: which numbers that studies print can be asked for.

`python inference.py CASES` prints, for each folder in CASES that holds `raw/` and `expected.csv`, the roles
that were inferred, how many of the printed numbers one question gives (`paperback table`, or
`paperback value --where ...`), and what the author would still be asked. `expected.csv` has the columns
table, model, dataset, metric, value, std. A number is given when it rounds to the printed one.
"""

import argparse
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from paperback.errors import PaperbackError
from paperback.evidence.estimate import Estimate, estimate, spread
from paperback.runs import Protocol, RunTable, find_metric, parse_protocol, read_runs
from paperback.runs.derive import is_rule
from paperback.settings import Settings

Row = Mapping[str, str]
_ASKED = ("unknown-role", "side-table", "mixed-variant", "conflicting-logs", "item-log")
_MOST = 3


@dataclass(frozen=True)
class Question:
    """What is asked for a printed row: a metric of the runs whose roles are named like the row.

    Attributes:
        metric: Name, logged key or rule, by the printed metric; "" for any other.
        split: The split.
        names: Printed name to a pattern of the name in the logs, where they differ.
        spread: The metric that is printed as spread, where it is no spread over runs.
        over: What is averaged away; None leaves it to the tool.
        told_apart: The roles of which the study prints several names.
        also: Further settings, from the row.
        evaluation: Expression on the printed metric whose group counts the evaluations; empty where runs are
            printed at their end.
    """

    metric: Mapping[str, str]
    split: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    spread: str = ""
    over: tuple[str, ...] | None = None
    told_apart: frozenset[str] = frozenset()
    also: Callable[[Row], dict[str, str]] = lambda _: {}
    evaluation: str = ""


# Names and the statistic of a run are the author's choice, and are asked; everything else is inferred.
QUESTIONS: dict[str, Question] = {
    "rtdl_table2_json": Question(
        {"": "score"}, "test", {"AD": "adult", "CA": "california_housing", "CO": "covtype", "EP": "epsilon",
        "HI": "higgs_small", "JA": "jannis", "MI": "microsoft", "YA": "yahoo", "YE": "year",
        "FT-T": "ft_transformer"},
    ),
    "tabm_readme_json": Question({"": "score"}, "test"),
    "pythia_lm_eval_json": Question(
        {"acc %": "acc", "ppl": "ppl", "acc": "acc"}, spread="acc_stderr",
        also=lambda row: {"num_fewshot": "0" if row["table"].startswith("0") else "5"},
    ),
    "sb3_zoo_monitor": Question(
        {"mean_reward": "mean r over steps", "eval_timesteps": "sum l over steps",
         "eval_episodes": "count r over steps"},
        spread="pstdev r over steps",
    ),
    "zsc_levergame_tensorboard": Question({"": "return_mean"}, evaluation=r" eval (\d+)$"),
    "domainbed_sweep_jsonl": Question({"": "env0_in_acc"}),
    "tree_of_thoughts_json": Question(
        {"success %": "mean infos.r over steps", "Letter success %": "mean infos.r_letter over steps",
         "Word success %": "mean infos.r_word over steps",
         "Game success %": "mean infos.r_word == 1 over steps"},
        names={"Game of 24": "game24", "Mini Crosswords": "crosswords",
               "IO prompt": "gpt-4_0.7_naive_standard_sample_100_start900_end1000",
               "CoT prompt": "gpt-4_0.7_naive_cot_sample_100_start900_end1000",
               "IO": "gpt-4_0.7_naive_standard_sample_10_start0_end20",
               "CoT": "gpt-4_0.7_naive_cot_sample_10_start0_end20"},
    ),
    "wandb_runs_messy": Question({"": "loss"}, "train"),
}  # fmt: skip


def plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def agrees(ours: float | None, printed: str) -> bool:
    """Whether a fraction, a percentage or an error with a minus sign rounds to the printed number."""
    if ours is None:
        return False
    unit = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    slack = unit / 2 + Decimal("1e-9")
    return any(abs(Decimal(repr(scale * ours)) - Decimal(printed)) <= slack for scale in (1, 100, -1))


def named(table: RunTable, role: str, printed: str, question: Question) -> dict[str, str]:
    """The value of the role that the printed name means; empty where the study prints one name only."""
    if role not in table.roles:
        return {role: printed} if role in question.told_apart else {}
    wanted = plain(question.names.get(printed, printed))
    values = table.roles[role].values
    found = [value for value in values if plain(value) == wanted] or [
        value for value in values if plain(value).endswith(wanted)
    ]
    return {role: found[0] if len(found) == 1 else printed}


def given(table: RunTable, row: Row, question: Question) -> Iterator[bool]:
    """Whether the runs give each number of the row."""
    metric = question.metric.get(row["metric"], question.metric.get("", ""))
    found = asked(table, metric, row, question)
    yield found is not None and agrees(found.value, row["value"])
    if row["std"] and question.spread:
        around = asked(table, question.spread, row, question)
        yield around is not None and agrees(around.value, row["std"])
    elif row["std"]:
        spreads = [] if found is None else [spread(found, "std", ddof=ddof) for ddof in (0, 1)]
        yield any(agrees(each, row["std"]) for each in spreads)


def asked(table: RunTable, metric: str, row: Row, question: Question) -> Estimate | None:
    """The estimate of the metric for the row; None where there is none."""
    method = named(table, "method", row["model"], question)
    where = {**method, **named(table, "dataset", row["dataset"], question), **question.also(row)}
    try:
        split = question.split or find_metric(table, metric)[0].split
        if counted := re.search(question.evaluation or "$^", row["metric"]):
            table = replace(table, protocol=evaluation(table, metric, where, int(counted[1])))
        return estimate(table, metric, split=split, where=where, over=question.over)
    except PaperbackError:
        return None


def evaluation(table: RunTable, metric: str, where: Mapping[str, str], place: int) -> Protocol:
    """The choice of the step at which the runs were evaluated for the `place`th time, from 0."""
    runs = (run for run in table.runs if where.items() <= run.identity.items() and metric in run.series)
    steps = [run.series[metric].steps for run in runs]
    return parse_protocol(f"at step {steps[0][place]}") if steps and place < len(steps[0]) else table.protocol


def questions(table: RunTable) -> list[str]:
    """What the author would be asked."""
    found = []
    for finding in table.findings:
        role = re.search(r"known to be the (\w+)", finding.message)
        if finding.kind in _ASKED:
            found.append(f"which setting is the {role[1]}" if role else finding.message[:60])
    return found


def report(case: Path) -> tuple[int, int]:
    """Prints one line of the table; the numbers that were given and all of them."""
    with (case / "expected.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if line.strip()))
    columns = {"method": "model", "dataset": "dataset"}
    several = {role for role, column in columns.items() if len({row[column] for row in rows}) > 1}
    question = replace(QUESTIONS.get(case.name, Question({})), told_apart=frozenset(several))
    rules = {text: text for text in (*question.metric.values(), question.spread) if is_rule(text)}
    table = read_runs(case / "raw", Settings(derived=rules))
    answers = [right for row in rows if row["value"] for right in given(table, row, question)]
    roles = ", ".join(f"{name} {role.confidence:.0%}" for name, role in table.roles.items()) or "none"
    still = questions(table)
    shown = "; ".join(still[:_MOST]) + (f"; {len(still) - _MOST} more" if len(still) > _MOST else "")
    print(f"| {case.name} | {len(table.runs)} | {roles} | {sum(answers)} of {len(answers)} | {shown} |")
    return sum(answers), len(answers)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", type=Path, help="a folder of studies")
    folder = parser.parse_args(arguments).cases
    print("| study | runs | roles | printed numbers given | still asked |\n|---|---|---|---|---|")
    studies = [case for case in sorted(folder.iterdir()) if (case / "expected.csv").is_file()]
    found = [report(case) for case in studies]
    print(f"given {sum(one for one, _ in found)} of {sum(total for _, total in found)}")


if __name__ == "__main__":
    main()
