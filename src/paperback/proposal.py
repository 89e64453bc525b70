"""paperback.toml as `paperback init` proposes it: what was inferred and why, to be corrected."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from paperback.errors import SettingsError
from paperback.evidence import Study, state_study
from paperback.runs import Metric, Role, RunTable, open_runs
from paperback.runs.expression import path_expression
from paperback.settings import FILE, Settings

Progress = Callable[[str, int, int], None]
# More would bury what the author has to look at.
_METRICS = 8
_NAMES = 60
_ROLES = ("method", "dataset", "seed")
_ASK_DIRECTION = '# direction = "higher" # or "lower"; not known, so nothing is bold and nothing is claimed'


@dataclass(frozen=True, slots=True)
class Proposal:
    """The text of a paperback.toml.

    Attributes:
        text: TOML with comments.
        summary: What was inferred, a line each, for the terminal.
    """

    text: str
    summary: tuple[str, ...]


def propose_settings(root: Path, *, progress: Progress | None = None) -> Proposal:
    """What `root` shows about roles, metrics and methods, as a paperback.toml to be corrected.

    Raises:
        ReadError: `root` is no folder or holds no run.
    """
    table, settings = open_runs(root, progress=progress)
    study = state_study(table, settings)
    expression, named = path_expression(table.runs, table.roles)
    blocks = [
        "# What Paperback inferred. Correct what is wrong; delete what you do not need.",
        _paper(settings),
        _runs(settings, expression),
        _roles(table, named),
        _study(study),
        _where(table),
        *_metrics(table, study),
        *_names(table, settings),
        _claims(study),
    ]
    return Proposal("\n\n".join(block for block in blocks if block) + "\n", _summary(table, study))


def write_proposal(root: Path, proposal: Proposal, *, force: bool) -> Path:
    """The path of the proposal, written as `root/paperback.toml`; an old file is kept as paperback.toml.old1.

    Raises:
        SettingsError: There is one already and `force` is not set.
    """
    path = root / FILE
    if path.exists():
        if not force:
            raise SettingsError(
                f"{path} exists already", mend="Correct it by hand, or replace it with --force."
            )
        number = next(n for n in range(1, 10_000) if not (root / f"{FILE}.old{n}").exists())
        path.rename(root / f"{FILE}.old{number}")
    try:
        path.write_text(proposal.text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}", mend="Check its folder."
        ) from error
    return path


def _paper(settings: Settings) -> str:
    authors = ", ".join(_quoted(name) for name in settings.authors)
    return (
        f"[paper]\n# title = {_quoted(settings.title or 'Title of the paper')}\nauthors = [{authors}]\n"
        f"notes = {_quoted(settings.notes)} # your answers to the questions of the outline\n"
        f"bibliography = {_quoted(settings.bibliography)}"
    )


def _runs(settings: Settings, expression: str) -> str:
    names = [*settings.run_names, *([expression] if expression and not settings.run_names else [])]
    if not settings.paths and not settings.exclude and not names:
        return (
            '# [runs]\n# paths = ["runs/{dataset}/{method}/{seed}/result.json"] # where folders name a run\n'
            '# exclude = ["old/**"] # files that are not run logs'
        )
    lines = ["[runs]"]
    if names:
        lines.append(f"names = [{', '.join(map(_literal, names))}] # what the runs' paths tell")
    if settings.paths:
        lines.append(f"paths = [{', '.join(map(_quoted, settings.paths))}]")
    excluded = ", ".join(map(_quoted, settings.exclude))
    lines.append(
        f"exclude = [{excluded}]" if excluded else '# exclude = ["old/**"] # files that are no run logs'
    )
    return "\n".join(lines)


def _roles(table: RunTable, named: frozenset[str]) -> str:
    lines = ["[roles] # which setting plays which part"]
    keys = {key for run in table.runs for key in run.params}
    for name in dict.fromkeys((*_ROLES, *table.roles)):
        role = table.roles.get(name)
        if role is None or not role.key:
            lines.append(f'# {name} = "" # nothing was found; name a key of the logs')
        elif name in named:
            lines.append("# " + _role(replace(role, key=name, how=f"{role.how}, by [runs] names")))
        elif role.key not in keys:
            # What only the paths tell is inferred again where nothing is declared.
            lines.append("# " + _role(role))
        else:
            lines.append(_role(role))
    return "\n".join(lines)


def _role(role: Role) -> str:
    shown = ", ".join(role.values[:6]) + (", ..." if len(role.values) > 6 else "")
    why = f"{_comment(role.how)}, {role.confidence:.0%} sure"
    many = "value" if len(role.values) == 1 else "values"
    return f"{role.name} = {_quoted(role.key)} # {len(role.values)} {many}: {_comment(shown)}; {why}"


def _study(study: Study) -> str:
    methods = ", ".join(_quoted(method) for method in study.methods)
    first = _quoted(study.proposal or "")
    return (
        f"[study]\nmetric = {_quoted(study.metric.name)} # {_comment(study.how)}\n"
        f"split = {_quoted(study.split)}\n"
        f"proposal = {first} # which method is yours? one of: {_comment(methods)}\n"
        f"baselines = [{', '.join(_quoted(name) for name in study.baselines)}]\n"
        f"ablations = [{', '.join(_quoted(name) for name in study.ablations)}]"
    )


def _where(table: RunTable) -> str:
    """The choice among variants, which is the author's."""
    role = table.roles.get("variant")
    if role is None or len(role.values) < 2:
        return ""
    counts = Counter(run.identity.get("variant") for run in table.runs)
    most = max(role.values, key=lambda value: counts[value])
    return (
        "# The runs also differ in variant. Choose the one that the study reports:\n"
        f"# [study.where]\n# variant = {_quoted(most)} # {counts[most]} of {len(table.runs)} runs"
    )


def _metrics(table: RunTable, study: Study) -> list[str]:
    """A block for the study's metric and for those that most runs report."""
    counts = Counter(table.keys[key].name for run in table.runs for key in (*run.finals, *run.series))
    first = sorted(table.metrics, key=lambda name: (name != study.metric.name, -counts[name], name))
    blocks = [_metric(table.metrics[name]) for name in first[:_METRICS]]
    rest = len(first) - _METRICS
    return [*blocks, f"# {rest} more metrics: paperback runs --json"] if rest > 0 else blocks


def _metric(metric: Metric) -> str:
    lines = [f"[metrics.{_key(metric.name)}] # unit and direction: {_comment(metric.how)}"]
    lines.append(f"# name = {_quoted(metric.title)} # as printed")
    lines.append(f"unit = {_quoted(metric.unit)}")
    known = metric.direction != "unknown"
    lines.append(f"direction = {_quoted(metric.direction)}" if known else _ASK_DIRECTION)
    if metric.unit == "fraction":
        lines.append(f"percent = {'true' if metric.percent else 'false'} # print as percent")
    return "\n".join(lines)


def _names(table: RunTable, settings: Settings) -> list[str]:
    blocks = []
    for name in ("method", "dataset"):
        if name in table.roles and table.roles[name].values:
            lines = [f"[names.{name}] # as logged = as printed; the order is that of the rows"]
            values = table.roles[name].values
            lines += [f"{_key(value)} = {_quoted(settings.name(name, value))}" for value in values[:_NAMES]]
            if len(values) > _NAMES:
                lines.append(f"# {len(values) - _NAMES} more, printed as logged")
            blocks.append("\n".join(lines))
    return blocks


def _claims(study: Study) -> str:
    if study.proposal:
        pairs = [("better", over) for over in study.baselines] + [
            ("ablation hurts", o) for o in study.ablations
        ]
        return "\n\n".join(
            f"[[claims]]\nkind = {_quoted(kind)}\nmethod = {_quoted(study.proposal)}\nover = {_quoted(over)}"
            for kind, over in pairs
        )
    return (
        '# Claims are declared before looking:\n# [[claims]]\n# kind = "better" # or "ablation hurts"\n'
        '# method = "..."\n# over = "..."'
    )


def _summary(table: RunTable, study: Study) -> tuple[str, ...]:
    roles = [
        f"{role.name}: {role.key} ({len(role.values)} values; {role.how}, {role.confidence:.0%} sure)"
        for role in table.roles.values()
        if role.key
    ]
    metric = study.metric
    what = f"{metric.unit or 'no unit'}, {metric.direction} is better, {metric.how}"
    return (
        f"runs: {len(table.runs)}",
        *roles,
        f"metric: {metric.name} on {study.split or 'no split'} ({what})",
        *(f"{finding.kind}: {finding.message}" for finding in table.findings[:8]),
    )


def _quoted(text: str) -> str:
    # TOML's basic strings have JSON's escapes, but for U+007F, which JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _literal(text: str) -> str:
    """An expression as TOML, bare of escapes where it can be."""
    plain = "'" not in text and text.isprintable()
    return f"'{text}'" if plain else _quoted(text)


def _key(text: str) -> str:
    bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if bare else _quoted(text)


def _comment(text: str) -> str:
    return " ".join(text.split())
