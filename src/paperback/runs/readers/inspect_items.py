"""Inspect AI: how each sample of an evaluation was scored, epoch by epoch."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from paperback.finding import Finding
from paperback.runs.lexicon import CLUSTER_KEYS
from paperback.runs.readers.leaves import number_in, number_of
from paperback.runs.readers.log import LogFile, Record
from paperback.runs.run import Final, Scalar

# Inspect's own values of the words, as `value_to_float` gives them.
_GRADES = {
    "C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0,
    "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0,
}  # fmt: skip
# Metrics that are the mean of the scores.
_MEANS = ("accuracy", "mean")
_LONGEST = 200


def item_records(file: LogFile, samples: Iterable[Any], evaluation: Record) -> tuple[Record, ...]:
    """One record per sample and epoch, with the value of each score and what groups the samples.

    A score has the key of the metric of the whole evaluation that is its mean, so that both are not counted.
    Samples without a score, such as those that failed, give none.

    Args:
        file: The log.
        samples: Samples, or their summaries.
        evaluation: The record of the whole evaluation, whose settings and status hold for every sample.
    """
    scored = [
        sample for sample in samples if isinstance(sample, dict) and isinstance(sample.get("scores"), dict)
    ]
    repeated = len({sample.get("epoch") for sample in scored}) > 1
    return tuple(
        Record(
            f"{sample.get('id')}_epoch_{sample.get('epoch')}",
            {**evaluation.params, **dict(_told(sample, repeated=repeated))},
            finals,
            status=evaluation.status,
            commit=evaluation.commit,
        )
        for sample in scored
        if (finals := dict(_finals(file, sample["scores"], evaluation.finals)))
    )


def failed_samples(file: LogFile, samples: Iterable[Any]) -> tuple[Finding, ...]:
    """A finding that counts the samples that ended in an error, which no score includes."""
    known = [sample for sample in samples if isinstance(sample, dict)]
    failed = sum(bool(sample.get("error")) for sample in known)
    if not failed:
        return ()
    message = f"{file.path}: {failed} of {len(known)} samples ended in an error and were not scored"
    mend = "Evaluate them again (inspect eval-retry), or say so in the paper."
    return (Finding("partial-evaluation", message, (file.source(),), mend),)


def _told(sample: Mapping[str, Any], *, repeated: bool) -> Iterator[tuple[str, Scalar]]:
    yield "item", str(sample.get("id"))
    if repeated and isinstance(sample.get("epoch"), int):
        yield "repeat", sample["epoch"]
    metadata = sample.get("metadata")
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if str(key).lower() in CLUSTER_KEYS and isinstance(value, str | int) and len(str(value)) < _LONGEST:
            yield f"metadata.{key}", value


def _finals(
    file: LogFile, scores: Mapping[str, Any], known: Mapping[str, Final]
) -> Iterator[tuple[str, Final]]:
    for scorer, score in scores.items():
        value = score.get("value") if isinstance(score, dict) else None
        parts = value if isinstance(value, dict) else {scorer: value}
        for name, part in parts.items():
            number = _number(part)
            if number is not None:
                key = _key(str(name), part, known)
                yield key, Final(number, file.source(key))


def _key(name: str, value: Any, known: Mapping[str, Final]) -> str:
    """The key of the evaluation's metric that is the mean of these scores, else the usual one."""
    for start in (name, f"{name}[mean]"):
        for metric in _MEANS:
            if f"{start}/{metric}" in known:
                return f"{start}/{metric}"
    return f"{name}/{'accuracy' if isinstance(value, str | bool) else 'mean'}"


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return _GRADES.get(value, _GRADES.get(value.lower(), number_in(value)))
    return number_of(value)
