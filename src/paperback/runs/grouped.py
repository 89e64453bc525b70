"""Findings of one kind told in one sentence, with how many there are and the first few of them."""

from collections import defaultdict
from collections.abc import Iterable

from paperback.finding import Finding
from paperback.source import Source

# So many of one kind are told one by one.
FEW = 3
_SENTENCES = {
    "crashed-run": "{n} runs did not end well",
    "run-without-metrics": "{n} runs logged no metric",
    "nan-metric": "{n} runs end in a metric that is NaN",
    "duplicate-run": "{n} runs stand in more than one place",
    "unequal-seeds": "{n} combinations of method and data set lack seeds or runs that others have",
    "unequal-steps": "methods were trained for different numbers of steps, in {n} different ways",
    "mixed-variant": "{n} methods mix variants",
}


def grouped(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with those of one kind and one mend as one, where they are more than a few.

    It stands where the first of them stood, names the first few, and holds all of them as its `cases` and
    `sources`. The order is kept, so whoever finds puts the worst first.
    """
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        alike[finding.kind, finding.mend].append(finding)
    told: list[Finding] = []
    for (kind, _), found in alike.items():
        told += [_one(found)] if kind in _SENTENCES and len(found) > FEW else found
    return tuple(told)


def _one(found: list[Finding]) -> Finding:
    kind, mend = found[0].kind, found[0].mend
    cases = tuple(finding.message for finding in found)
    lead = _SENTENCES[kind].format(n=len(found))
    message = f"{lead}: {'; '.join(cases[:FEW])}; and {len(found) - FEW} more"
    sources: dict[Source, None] = dict.fromkeys(source for finding in found for source in finding.sources)
    return Finding(kind, message, tuple(sources), mend, cases)
