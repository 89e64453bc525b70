"""Trials of a hyper-parameter search, which are kept apart from the runs that are reported."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from paperback.finding import Finding
from paperback.runs.column import last_part
from paperback.runs.key import parse_key
from paperback.runs.lexicon import word_set, words
from paperback.runs.run import Run, text
from paperback.settings import FILE

TRIAL = "tuning trial"
_PLACES = word_set(
    """
    tuning tune hpo search searches gridsearch hyperopt optuna trials hparam_search sweep sweeps
    """
)
_KEYS = ("trial", "trial_id", "trial_number", "trial_index")


def set_trials_apart(
    runs: Sequence[Run], declared: frozenset[str]
) -> tuple[list[Run], tuple[Run, ...], list[Finding]]:
    """The runs to report, the trials among them by the role `trial`, and a finding that tells of these.

    A run is a trial where its path says so (`tuning/`, `trials.csv`) or a key `trial` numbers it, it logs no
    test metric, and other runs, of which neither is true, are there to be reported. Runs in a file that the
    author declares, as `declared` lists by id, are none.
    """
    tested = {run.id: _is_tested(run) for run in runs}
    trials = [
        run for run in runs if run.id not in declared and not tested[run.id] and _evidence(run) is not None
    ]
    names = {run.id for run in trials}
    rest = [run for run in runs if run.id not in names]
    if not trials or not rest or not any(tested[run.id] for run in rest):
        return list(runs), (), []
    apart = tuple(replace(run, identity={**run.identity, "trial": _number(run)}) for run in trials)
    return rest, apart, [_finding(trials, len(rest))]


def _evidence(run: Run) -> str | None:
    """What says that the run is a trial."""
    part = _trial_part(run.id.split("#", 1)[0])
    return part or next((key for key in _KEYS if _of(run.params, key) is not None), None)


@lru_cache(maxsize=4)
def _trial_part(path: str) -> str:
    """The part of a path that is called like one that holds trials; empty where none is."""
    return next((part for part in path.split("/") if not _PLACES.isdisjoint(words(part))), "")


def _number(run: Run) -> str:
    key = next((key for key in _KEYS if _of(run.params, key) is not None), None)
    value = _of(run.params, key) if key else None
    return text(value) if value is not None else run.id


def _of(params: Mapping[str, object], key: str) -> str | int | float | bool | None:
    for name, value in params.items():
        if last_part(name) == key and isinstance(value, (str, int, float)):
            return value
    return None


def _is_tested(run: Run) -> bool:
    return any(parse_key(key).split == "test" for key in (*run.finals, *run.series))


def _finding(trials: Sequence[Run], others: int) -> Finding:
    sources = tuple(sorted({source for run in trials for source in run.sources}))
    places = ", ".join(sorted({source.path for source in sources})[:3])
    told = sorted({repr(_evidence(run)) for run in trials})[0]
    message = (
        f"{len(trials)} records of {places} are taken for trials of a search ({told}, no test metric) "
        f"and kept apart from the {others} other runs"
    )
    mend = f"Where they are runs to report, name their files in {FILE}: [runs] paths; else [runs] exclude."
    return Finding("tuning-trials", message, sources, mend)
