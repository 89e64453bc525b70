"""A repository's logs read into one table of runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from paperback.errors import ReadError
from paperback.finding import Finding
from paperback.runs.collect import Collected, collect, formats
from paperback.runs.companion import companions_of, read_companion
from paperback.runs.folder import join
from paperback.runs.key import parse_key
from paperback.runs.observe import observe
from paperback.runs.roles import assign_roles
from paperback.runs.run import Run
from paperback.runs.table import RunTable
from paperback.runs.template import fields_of
from paperback.runs.units import judge_metrics
from paperback.settings import FILE, Settings


def read_runs(
    root: Path, settings: Settings, *, progress: Callable[[int, int], None] | None = None
) -> RunTable:
    """Every run below `root`, with roles and metrics; what could not be read is a finding.

    Args:
        root: The repository.
        settings: What the author declares.
        progress: Called with the number of files read so far and of all that may be logs.

    Raises:
        ReadError: Not a single run was found.
        SettingsError: A declared role names a key that no run has.
    """
    collected = collect(root, settings, progress)
    runs, conflicts = join(collected.logs)
    if not runs:
        raise _nothing(root, collected, settings)
    files = {s.path: s.digest for log in collected.logs for s in (log.file.source(), *log.beside)}
    settled, unread = _add_companions(root, runs, collected.companions, files)
    placed = [_add_fields(run, settings.paths) for run in settled]
    fields = frozenset(key for run in placed for key in _fields(run, settings.paths))
    keys = {key: parse_key(key) for run in placed for key in (*run.finals, *run.series)}
    identified, roles, unknown = assign_roles(placed, fields, settings)
    metrics, mixed = judge_metrics(identified, keys, settings)
    noticed = observe(identified, roles, fields)
    findings = (*collected.findings, *unread, *conflicts, *unknown, *mixed, *noticed)
    return RunTable(
        identified, roles, metrics, dict(sorted(keys.items())), findings, dict(sorted(files.items()))
    )


def _add_companions(
    root: Path, runs: Sequence[Run], paths: Sequence[str], files: dict[str, str]
) -> tuple[list[Run], list[Finding]]:
    """The runs with the settings that lie in files beside their logs; what a log itself says counts first."""
    by_folder: dict[str, list[str]] = {}
    for path in paths:
        folder = path.rpartition("/")[0].removesuffix("/.hydra").removesuffix("/files")
        by_folder.setdefault(folder, []).append(path)
    findings: list[Finding] = []
    settled = []
    for run in runs:
        for path in companions_of(run.id, by_folder.get(run.id, ())):
            params, source, bad = read_companion(root, path)
            findings += bad
            if params:
                files[path] = source.digest
                run = replace(run, params={**params, **run.params}, sources=(*run.sources, source))
        settled.append(run)
    return settled, findings


def _fields(run: Run, templates: Sequence[str]) -> Mapping[str, str]:
    for source in run.sources:
        fields = fields_of(source.path, templates)
        if fields is not None:
            return fields
    return {}


def _add_fields(run: Run, templates: Sequence[str]) -> Run:
    return replace(run, params={**run.params, **_fields(run, templates)}) if templates else run


def _nothing(root: Path, collected: Collected, settings: Settings) -> ReadError:
    known = ", ".join(formats())
    where = f" and excludes {', '.join(settings.exclude)}" if settings.exclude else ""
    return ReadError(
        f"no run log below {root}: {collected.seen} files were looked at{where} (formats known: {known})",
        mend=f'Name the logs in {FILE}: [runs] paths = ["runs/{{method}}/{{dataset}}/{{seed}}/result.json"].',
    )
