"""Hydra: what a job was configured with, for every run that lies in or below the job's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from paperback.finding import Finding
from paperback.runs.companion import read_companion
from paperback.runs.readers.yaml_text import read_yaml
from paperback.runs.run import Run, Scalar
from paperback.source import Source, digest

_CONFIG = "/.hydra/config.yaml"


@dataclass(frozen=True, slots=True)
class _Job:
    """One job: its settings, what its command changed, and the files that say so."""

    params: Mapping[str, Scalar]
    overrides: str
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]


def add_hydra(
    root: Path, runs: Sequence[Run], companions: Sequence[str], files: dict[str, str]
) -> tuple[list[Run], list[Finding]]:
    """The runs with the settings of their job, and a finding for each job without a run.

    The choice of a group, such as `model=resnet`, becomes the setting `choices.model`. Interpolations such as
    `${optim.lr}` stay text, because Hydra resolves them only in the program.

    Args:
        root: The repository.
        runs: Runs with what their own logs say, which counts first.
        companions: Path of every settings file.
        files: Takes the digest of every file that is read here.
    """
    folders = {
        f"/{path}".removesuffix(_CONFIG).lstrip("/") for path in companions if f"/{path}".endswith(_CONFIG)
    }
    if not folders:
        return list(runs), []
    jobs: dict[str, _Job] = {}
    added = []
    for run in runs:
        folder = _nearest(run.id, folders)
        if folder is None:
            added.append(run)
            continue
        job = jobs.get(folder)
        if job is None:
            job = jobs[folder] = _read(root, folder)
        added.append(_with(run, job))
    for job in jobs.values():
        files |= {source.path: source.digest for source in job.sources}
    findings = [finding for job in jobs.values() for finding in job.findings]
    return added, [
        *findings,
        *(_lost(folder) for folder in sorted(folders - jobs.keys()) if _is_leaf(folder, folders)),
    ]


def _nearest(name: str, folders: set[str]) -> str | None:
    """The innermost job folder that holds the run."""
    place = name.split("#", 1)[0]
    while True:
        if place in folders:
            return place
        if not place:
            return None
        place = place.rpartition("/")[0]


def _is_leaf(folder: str, folders: set[str]) -> bool:
    return not any(other != folder and other.startswith(f"{folder}/") for other in folders)


def _with(run: Run, job: _Job) -> Run:
    known = {source.path for source in run.sources}
    sources = (*run.sources, *(source for source in job.sources if source.path not in known))
    facts = {"overrides": job.overrides, **run.facts} if job.overrides else run.facts
    return replace(run, params={**job.params, **run.params}, sources=sources, facts=facts)


def _read(root: Path, folder: str) -> _Job:
    start = f"{folder}/.hydra/" if folder else ".hydra/"
    params, source, findings = read_companion(root, f"{start}config.yaml")
    sources = [source] if source.digest else []
    choices: dict[str, Scalar] = {}
    settings = _yaml(root, f"{start}hydra.yaml", sources)
    for group, choice in _choices(settings).items():
        if not str(group).startswith("hydra/"):
            choices[f"choices.{str(group).replace('/', '.')}"] = None if choice is None else str(choice)
    overrides = _yaml(root, f"{start}overrides.yaml", sources)
    words = [str(word) for word in overrides] if isinstance(overrides, list) else []
    return _Job({**choices, **params}, " ".join(words), tuple(sources), findings)


def _yaml(root: Path, path: str, sources: list[Source]) -> Any:
    """The document, whose source is added; None where it is missing or broken."""
    try:
        data = (root / path).read_bytes()
        value = read_yaml(data)
    except (OSError, ValueError):
        return None
    sources.append(Source(path, digest=digest(data)))
    return value


def _choices(settings: Any) -> Mapping[Any, Any]:
    for key in ("hydra", "runtime", "choices"):
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings if isinstance(settings, dict) else {}


def _lost(folder: str) -> Finding:
    message = f"{folder or '.'}: a Hydra job that left no metrics"
    return Finding(
        "run-without-metrics", message, (Source(folder or "."),), "Run it again, or delete its folder."
    )
