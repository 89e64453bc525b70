"""How often equal methods are called better, by the rule that papers are written by.

All methods draw from the same distribution, so every "supported" is false. Printed is the share of
simulated studies with one or more: the declared proposal against every baseline, and the best method picked
after looking.

    python benchmarks/evidence/families.py [studies]
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from paperback.claims import Word, state_claims
from paperback.evidence.family import best_against
from paperback.evidence.pivot import pivot
from paperback.runs import Final, Metric, MetricKey, Role, Run, RunTable, Status
from paperback.settings import ClaimSettings, Settings
from paperback.source import Source

METRIC = Metric("acc", "acc", "fraction", "higher", False, None, "declared")
SOURCE = Source("simulated.json", key="acc")


def study(values: np.ndarray, *, paired: bool) -> RunTable:
    """The run table of values, shape (methods, data sets, seeds)."""
    runs = tuple(
        Run(
            f"{m}/{d}/{s}",
            finals={"acc": Final(float(value), SOURCE)},
            status=Status.FINISHED,
            identity={"method": f"m{m}", "dataset": f"d{d}", "seed": str(s if paired else s + 1000 * m)},
        )
        for (m, d, s), value in np.ndenumerate(values)
    )
    roles = {
        name: Role(name, name, tuple(sorted({run.identity[name] for run in runs})), "declared", 1.0)
        for name in ("method", "dataset", "seed")
    }
    return RunTable(runs, roles, {"acc": METRIC}, {"acc": MetricKey("acc", "acc", "")}, (), {})


def declared(table: RunTable) -> bool:
    """Whether the proposal, named before looking, is supported against any baseline."""
    verdicts = state_claims(table, Settings(proposal="m0"), metric="acc")
    return any(verdict.word is Word.SUPPORTED for verdict in verdicts)


def picked(table: RunTable, values: np.ndarray) -> tuple[bool, bool]:
    """Whether the best of all, picked after looking, is supported; and whether any difference of it is."""
    name = f"m{int(values.mean(axis=(1, 2)).argmax())}"
    claims = (ClaimSettings("best of", name, ""),)
    (verdict,) = state_claims(table, replace(Settings(), claims=claims), metric="acc")
    rivals = best_against(pivot(table, "acc"), name, ())
    return verdict.word is Word.SUPPORTED, any(p is not None and p < 0.05 for p, _ in rivals.values())


def simulate(k: int, datasets: int, seeds: int, studies: int) -> Iterator[tuple[bool, bool, bool]]:
    rng = np.random.default_rng([k, datasets, seeds])
    for _ in range(studies):
        values = rng.normal(0.8, 0.01, size=(k, datasets, seeds)) + rng.normal(0, 0.05, size=(1, datasets, 1))
        table = study(values, paired=False)
        yield declared(table), *picked(table, values)


def main() -> None:
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"share of {studies} null studies with a false claim, % (5 is allowed; standard error about 0.5)")
    print("methods  data sets  seeds | declared before  best picked after  any difference of the best")
    for datasets, seeds in ((1, 3), (1, 5), (3, 5), (8, 2)):
        for k in (2, 5, 10):
            found = np.array(list(simulate(k, datasets, seeds, studies))).mean(axis=0) * 100
            print(
                f"{k:7}  {datasets:9}  {seeds:5} | {found[0]:15.2f}  {found[1]:17.2f}  {found[2]:26.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
