"""lm-evaluation-harness: results of a model on tasks, in the schema of versions 0.3 and of 0.4."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from paperback.finding import Finding
from paperback.runs.readers import json_run
from paperback.runs.readers.leaves import flatten, number_of
from paperback.runs.readers.lm_eval_items import read_items, results_beside, task_of
from paperback.runs.readers.log import Log, LogFile, Record
from paperback.runs.run import Final, Scalar, Status
from paperback.settings import Direction
from paperback.source import Source, digest

name = "lm-evaluation-harness"
_HEAD = re.compile(rb"^(?:\xef\xbb\xbf)?\s*\{\s*\"results\"\s*:\s*\{")
_SAMPLES = re.compile(r"(?:^|/)samples_[^/]*\.jsonl?$")


def accepts(path: str, head: bytes) -> bool:
    """Whether it is a document that begins with results, or the list of a task's items."""
    if _SAMPLES.search(path):
        return b'"doc_id"' in head
    return path.endswith(".json") and _HEAD.match(head) is not None


def read(file: LogFile) -> Log:
    """One record per task, or per item of a task: task, model and shots are settings."""
    if _SAMPLES.search(file.path):
        return _items(file)
    try:
        value = json.loads(file.data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return json_run.read(file)
    if not _is_evaluation(value):
        return json_run.read(file)
    shared = _shared(value)
    records = tuple(_records(file, value, shared))
    return Log(file, name, records, tuple(_limited(file, value)))


def _items(file: LogFile) -> Log:
    """The items of one task, with the settings that the document of results beside them tells."""
    results = results_beside(file)
    if not results:
        return read_items(file, name, {}, ())
    folder = file.path.rpartition("/")[0]
    path = f"{folder}/{results}" if folder else results
    try:
        data = (file.place.parent / results).read_bytes()
        value = json.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return read_items(file, name, {}, ())
    if not _is_evaluation(value):
        return read_items(file, name, {}, ())
    settings = {key: given for key, given in _shared(value).items() if _tells_models_apart(key)}
    shots = _table(value, "n-shot").get(task_of(file))
    settings |= {"num_fewshot": shots} if isinstance(shots, int) else {}
    return read_items(file, name, settings, (Source(path, None, "", digest(data)),))


def _tells_models_apart(key: str) -> bool:
    return key in ("model", "num_fewshot") or key.startswith("model_args.") or key.endswith("seed")


def _is_evaluation(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("versions"), dict):
        return False
    results = _table(value, "results")
    return bool(results) and all(isinstance(found, dict) for found in results.values()) and "config" in value


def _records(file: LogFile, value: Mapping[str, Any], shared: Mapping[str, Scalar]) -> Iterator[Record]:
    groups = {
        group: tasks for group, tasks in _table(value, "group_subtasks").items() if isinstance(tasks, list)
    }
    group_of = {str(task): group for group, tasks in groups.items() for task in tasks}
    for task, found in value["results"].items():
        params: dict[str, Scalar] = {**shared, "task": str(task)}
        for section, key in (("n-shot", "num_fewshot"), ("versions", "task_version")):
            given = _table(value, section).get(task)
            if isinstance(given, (str, int, float)):
                params[key] = given
        if groups:
            params["task_level"] = "group" if groups.get(task) else "task"
        if task in group_of and group_of[task] != task:
            params["task_group"] = str(group_of[task])
        yield Record(
            name=str(task),
            params=params,
            finals=dict(_finals(file, str(task), found)),
            status=Status.FINISHED,
            commit=value["git_hash"] if isinstance(value.get("git_hash"), str) else None,
            facts=_facts(value),
            directions=_directions(_table(value, "higher_is_better").get(task), found),
        )


def _finals(file: LogFile, task: str, found: Mapping[str, Any]) -> Iterator[tuple[str, Final]]:
    for key, value in found.items():
        number = number_of(value)
        if number is not None:
            yield _metric(key), Final(number, file.source(f"results.{task}.{key}"))


def _metric(key: str) -> str:
    """`acc,none` is the metric without a filter; any other filter, as in `acc,flexible-extract`, stays."""
    return key.removesuffix(",none")


def _directions(higher: Any, found: Mapping[str, Any]) -> dict[str, Direction]:
    if not isinstance(higher, dict):
        return {}
    words: dict[Any, Direction] = {True: "higher", False: "lower"}
    known = {_metric(key): higher.get(key.split(",", 1)[0]) for key in found}
    return {key: words[up] for key, up in known.items() if isinstance(up, bool)}


def _shared(value: Mapping[str, Any]) -> dict[str, Scalar]:
    """Settings of the whole evaluation; the model is named by what was loaded, not by the loader."""
    config = _table(value, "config")
    params: dict[str, Scalar] = {}
    for key, item in flatten(config).items():
        if key != "model_args":
            is_scalar = item is None or isinstance(item, (str, int, float, bool))
            params[f"config.{key}" if key == "model" else key] = item if is_scalar else json.dumps(item)
    arguments = config.get("model_args")
    pairs = _pairs(arguments) if isinstance(arguments, str) else arguments
    if isinstance(pairs, dict):
        params |= {f"model_args.{key}": _plain(item) for key, item in pairs.items()}
    loaded = next(
        (params[f"model_args.{k}"] for k in ("pretrained", "model") if f"model_args.{k}" in params), None
    )
    params["model"] = _plain(value.get("model_name") or loaded or config.get("model"))
    return params


def _pairs(text: str) -> dict[str, str]:
    found = (part.partition("=") for part in text.split(",") if "=" in part)
    return {key.strip(): item.strip() for key, _, item in found}


def _plain(value: Any) -> Scalar:
    return value if value is None or isinstance(value, (str, int, float, bool)) else json.dumps(value)


def _facts(value: Mapping[str, Any]) -> dict[str, Scalar]:
    facts: dict[str, Scalar] = {}
    with suppress(ValueError):
        facts["duration"] = float(str(value.get("total_evaluation_time_seconds")))
    for line in str(value.get("pretty_env_info", "")).splitlines():
        key, _, text = line.partition(":")
        if key.strip() in ("GPU 0", "OS", "Python version") and text.strip():
            facts[{"GPU 0": "gpu", "OS": "os", "Python version": "python"}[key.strip()]] = text.strip()
    return facts


def _limited(file: LogFile, value: Mapping[str, Any]) -> Iterator[Finding]:
    """Tasks of which only a part of the items was evaluated."""
    cut = [
        f"{task} ({used:g} of {all_items:g})"
        for task, counts in _table(value, "n-samples").items()
        if isinstance(counts, dict)
        and (used := number_of(counts.get("effective"))) is not None
        and (all_items := number_of(counts.get("original"))) is not None
        and used < all_items
    ]
    limit = number_of(_table(value, "config").get("limit"))
    if not cut and limit:
        cut = [f"limit {limit:g}"]
    if cut:
        shown = ", ".join(cut[:5]) + (f" and {len(cut) - 5} more" if len(cut) > 5 else "")
        message = f"{file.path}: only a part of the items was evaluated: {shown}"
        yield Finding(
            "partial-evaluation", message, (file.source(),), "Evaluate all items, or say so in the paper."
        )


def _table(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
