"""A repository's logs read into one table of runs."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from paperback.errors import NoRunError, ReadError
from paperback.finding import Finding
from paperback.runs.audit import audit
from paperback.runs.cache import YOUNG, clock_of
from paperback.runs.choose import NOT_SELECTED, choose_runs, only_of
from paperback.runs.collect import Collected, collect, formats, reading_version
from paperback.runs.companion import companions_of, read_companion
from paperback.runs.derive import Rule, derive, is_rule, parse_rules
from paperback.runs.drift import drift
from paperback.runs.folder import join
from paperback.runs.grouped import grouped
from paperback.runs.hydra import add_hydra
from paperback.runs.key import parse_key
from paperback.runs.narrow import OUTSIDE, SUMMED_UP, gather_benchmarks, narrow, without_sums
from paperback.runs.observe import observe
from paperback.runs.place import named_settings
from paperback.runs.roles import assign_roles
from paperback.runs.run import Run
from paperback.runs.seal import Seal, seal
from paperback.runs.select import Protocol, parse_protocol
from paperback.runs.side_table import add_tables, find_tables
from paperback.runs.snapshot import keep_table, kept_table
from paperback.runs.table import RunTable
from paperback.runs.template import fields_of
from paperback.runs.trial import TRIAL, set_trials_apart
from paperback.runs.units import judge_metrics
from paperback.settings import FILE, Settings, open_repository
from paperback.version import VERSION

# Of what was found unreadable where nothing was read, so much is told.
_TOLD = 3


def read_runs(
    root: Path,
    settings: Settings,
    *,
    progress: Callable[[int, int], None] | None = None,
    cache: Path | None = None,
) -> RunTable:
    """Every run below `root`, with roles and metrics; what could not be read is a finding.

    Args:
        root: The repository.
        settings: What the author declares.
        progress: Called with the number of files read so far and of all that may be logs; before the first is
            read, with 0 and the number of files looked through so far.
        cache: A folder for what was read, so that unchanged files need not be read again; it never changes
            the result and may be deleted at any time. None keeps nothing.

    Raises:
        NoRunError: Not a single run was found.
        SettingsError: A declared role, table, metric or selection names something that no run has.
    """
    # What the author wrote wrongly is told before a long read.
    protocol, rules = parse_protocol(settings.select), parse_rules(settings.derived)
    if cache is None or not root.is_dir():
        return _read(root, settings, progress, cache, protocol=protocol, rules=rules)
    now = clock_of(cache)
    found = seal(root, settings.exclude)
    state = _state(root, settings, found)
    table = kept_table(cache, state, protocol)
    if table is None:
        table = _read(root, settings, progress, cache, protocol=protocol, rules=rules)
        if now is not None and found.youngest < now - YOUNG and _is_covered(table, settings, found):
            keep_table(cache, state, table)
    elif progress:
        progress(1, 1)
    return table


def _state(root: Path, settings: Settings, found: Seal) -> bytes:
    """What the table depends on: the files, the code that reads them, and what the author declares."""
    parts = (str(root.resolve()), VERSION, reading_version(settings), repr(settings), found.digest())
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=32).digest()


def _is_covered(table: RunTable, settings: Settings, found: Seal) -> bool:
    """Whether the seal covers every file that was read: a reader may open one where nothing is looked for."""
    declared = {each.file for each in settings.tables if "{" not in each.file}
    return {*table.files, *declared} <= found.paths()


def _read(
    root: Path,
    settings: Settings,
    progress: Callable[[int, int], None] | None,
    cache: Path | None,
    *,
    protocol: Protocol,
    rules: Sequence[Rule],
) -> RunTable:
    collected = collect(root, settings, progress, cache)
    joined, conflicts = join(collected.logs)
    if not joined:
        raise _nothing(root, collected, settings)
    files = {s.path: s.digest for log in collected.logs for s in (log.file.source(), *log.beside)}
    settled, unread = _add_companions(root, joined, collected.companions, files)
    settled, lost = add_hydra(root, settled, collected.companions, files)
    placed, fields, said = _place(root, settled, collected.tables, settings)
    files |= {source.path: source.digest for run in placed for source in run.sources if source.digest}
    table = _study(placed, fields, settings, protocol=protocol, rules=rules)
    formats = Counter(log.reader for log in collected.logs)
    return replace(
        table,
        findings=(*collected.findings, *unread, *lost, *conflicts, *said, *table.findings),
        files=dict(sorted(files.items())),
        formats=dict(sorted(formats.items())),
    )


def _study(
    placed: Sequence[Run],
    fields: Mapping[str, str],
    settings: Settings,
    *,
    protocol: Protocol,
    rules: Sequence[Rule],
) -> RunTable:
    """The runs with roles and metrics under the author's protocol, and what is noticed of them."""
    runs, trials, searched = set_trials_apart(placed, _declared(placed, settings.paths))
    identified, roles, unknown = assign_roles(runs, fields, settings)
    inside, outside = narrow(identified, settings)
    roles = only_of(roles, inside) if outside else roles
    inside, sums = without_sums(inside, roles)
    identified, roles = gather_benchmarks(inside, roles, settings)
    derived = derive(identified, rules, (*protocol.over, *(role.key for role in roles.values())))
    keys = {key: parse_key(key) for run in derived for key in (*run.finals, *run.series)}
    metrics, mixed = judge_metrics(derived, keys, settings)
    reported, rejected, unclear = choose_runs(derived, protocol, roles=roles, keys=keys, metrics=metrics)
    roles = only_of(roles, reported) if rejected else roles
    tried = {why: found for why, found in ((TRIAL, trials), (NOT_SELECTED, rejected)) if found}
    found = (*observe(reported, roles, frozenset(fields)), *audit(reported, tried, roles, protocol))
    apart = tried | {why: found for why, found in ((OUTSIDE, outside), (SUMMED_UP, sums)) if found}
    findings = (*searched, *unknown, *mixed, *unclear, *grouped(found), *drift(reported, roles))
    return RunTable(reported, roles, metrics, dict(sorted(keys.items())), findings, {}, protocol, apart)


def _place(
    root: Path, runs: Sequence[Run], tables: Sequence[str], settings: Settings
) -> tuple[list[Run], dict[str, str], list[Finding]]:
    """The runs with what their paths, names and side tables say, the keys so added, and what is unclear."""
    runs = [_spelled_out(run) for run in runs]
    paths = [_fields(run, settings.paths) for run in runs]
    names = [_named(run, settings.run_names) for run in runs]
    placed = [
        replace(run, params={**run.params, **path, **name}) if path or name else run
        for run, path, name in zip(runs, paths, names, strict=True)
    ]
    fields = dict.fromkeys((key for name in names for key in name), "name pattern")
    fields |= dict.fromkeys((key for path in paths for key in path), "path template")
    if not settings.tables:
        told, findings = find_tables(root, placed, tables)
        return told, fields, findings
    placed, added, findings = add_tables(root, placed, settings.tables, tables)
    if not placed:
        raise ReadError(
            f"no run below {root} is named by the tables of {FILE}",
            mend="Check the paths in the tables, or set only = false.",
        )
    return placed, dict.fromkeys(sorted(added), "side table") | fields, findings


def _spelled_out(run: Run) -> Run:
    found = named_settings(run.id)
    return replace(run, params={**found, **run.params}) if found else run


def _named(run: Run, patterns: Sequence[str]) -> Mapping[str, str]:
    """The named groups of the first expression that the run's id holds."""
    for pattern in patterns:
        if found := re.search(pattern, run.id):
            return {name: value for name, value in found.groupdict().items() if value is not None}
    return {}


def _declared(runs: Sequence[Run], templates: Sequence[str]) -> frozenset[str]:
    return frozenset(run.id for run in runs if templates and _fields(run, templates))


def open_runs(
    root: Path,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    cache: Path | None = None,
    asked: str = "",
) -> tuple[RunTable, Settings]:
    """Every run of the repository `root`, and its settings; `progress` and `cache` as in `read_runs`.

    `asked` is the metric that will be asked for: where it is a rule such as `mean r over steps`, it is made
    as if it were declared.

    Raises:
        ReadError: `root` is no folder, or not a single run was found.
        SettingsError: paperback.toml cannot be used.
    """
    settings = open_repository(root)
    if is_rule(asked):
        settings = replace(settings, derived={**settings.derived, asked: asked})
    told = (lambda done, total: progress("runs", done, total)) if progress else None
    return read_runs(root, settings, progress=told, cache=cache), settings


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


def _nothing(root: Path, collected: Collected, settings: Settings) -> NoRunError:
    known = ", ".join(formats())
    where = f" and excludes {', '.join(settings.exclude)}" if settings.exclude else ""
    bad = "".join(f"\n  {finding.message}\n    {finding.mend}" for finding in collected.findings[:_TOLD])
    looked = f"{collected.seen} files were looked at{where}"
    return NoRunError(
        f"no run log below {root}: {looked} (formats known: {known}){bad}",
        mend=f'Name the logs in {FILE}: [runs] paths = ["runs/{{method}}/{{dataset}}/{{seed}}/result.json"].',
    )
