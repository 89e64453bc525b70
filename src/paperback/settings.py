"""What the author declares in paperback.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from paperback.errors import ReadError, SettingsError, near_miss
from paperback.toml_values import FILE as FILE
from paperback.toml_values import known as _known
from paperback.toml_values import table as _table
from paperback.toml_values import value as _value

Scalar = str | int | float | bool
Direction = Literal["higher", "lower", "unknown"]
PdfEngine = Literal["auto", "latexmk", "tectonic", "typst", "none"]
ClaimKind = Literal[
    "better",
    "ablation hurts",
    "not worse than",
    "equivalent",
    "best of",
    "reaches with fewer steps",
    "scales as",
]
CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)
_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """What the author says of one metric.

    Attributes:
        name: How the metric is called in the paper.
        unit: Unit of the logged values: `fraction`, `%`, `s`, ...; empty for none; None when not declared.
        direction: Whether higher or lower values are better; None when not declared.
        percent: Print a fraction as percent. Only the printing changes, never the value.
        decimals: Decimals in print; None lets the spread decide.
    """

    name: str = ""
    unit: str | None = None
    direction: Direction | None = None
    percent: bool = False
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """One claim that the author declares before looking.

    Attributes:
        kind: `better`, `ablation hurts`, `not worse than`, `equivalent`, `best of`, `scales as` or
            `reaches with fewer steps`.
        method: The method that the claim is about.
        over: The method it is compared with; empty for `best of`, which speaks of every other method,
            and for `scales as`.
        metric: Metric; empty means the study's.
        datasets: The data sets it speaks of; empty means all.
        margin: The largest difference that does not matter, in the metric's unit as logged.
        threshold: The value that `reaches with fewer steps` counts the steps to.
        size: Of `scales as`, the setting that is the size, or `method name` where names tell it.
        exponent: Of `scales as`, the exponent of the power law; the claim holds within `margin` of it.
    """

    kind: ClaimKind
    method: str
    over: str
    metric: str = ""
    datasets: tuple[str, ...] = ()
    margin: float | None = None
    threshold: float | None = None
    size: str = ""
    exponent: float | None = None


@dataclass(frozen=True, slots=True)
class TableSettings:
    """A file with one row per run that tells settings of the runs.

    Attributes:
        file: Its path relative to the root, CSV or TSV; a template such as `lists/{dataset}.csv` gives each
            of its fields as a setting too, and `*` may stand for any text.
        path: The column that names a run: its id, or as many last parts of it as tell it from all others.
        only: Whether runs that no table names are left out.
    """

    file: str
    path: str
    only: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All of paperback.toml; the defaults are what an absent file means.

    Attributes:
        title: Title of the paper; empty takes it from the notes or the repository's name.
        authors: Names as printed; empty prints an anonymous paper.
        notes: Path of the author's notes, relative to the root.
        bibliography: Path of the bibliography, relative to the root.
        paths: Path templates such as `output/{dataset}/{method}/{seed}/stats.json`.
        exclude: Glob patterns, relative to the root, of files that are not run logs.
        run_names: Regular expressions on the runs' ids; their named groups become settings of a run.
        patterns: Regular expressions for lines of text logs; named groups are steps, metrics, settings.
        tables: Files that tell settings of the runs.
        derived: Metric such as `val/acc` to the logged keys that make it, such as `mean env*_out_acc`.
        roles: Role (`method`, `dataset`, `seed`) to the configuration key or template field that plays it.
        names: Role to {value as logged: name as printed}; its order is the order of rows and columns.
        metrics: Metric to what the author says of it.
        metric: The metric that the study is about; empty means inferred.
        split: The split that is reported; empty means inferred.
        select: How a run's value is chosen, such as `best val accuracy`; empty means the last one.
        proposal: The proposed method; empty means inferred.
        baselines: Methods it is compared with.
        ablations: Methods that take a part of the proposal away.
        where: Role or configuration key to the value that a run must have to be in the study.
        benchmarks: Benchmark to glob patterns of its data sets, which count as one together.
        design: Letter of the decision table that the claims follow; empty means recognised.
        claims: Claims declared before looking.
        code: Glob patterns of the source files to read; empty means all Python files.
        code_proposal: The code of the proposal, `model.py:ThresholdNet` or a script; empty means inferred.
        code_baselines: The code of the baselines, nearest first; empty means inferred.
        code_base: Git revision that the code of today is compared with in place of the baselines' code.
        seed: Seed of every random generator that a build uses.
        graphs: How many graphs of results are drawn at most.
        show: Keys of graphs that come before all others, such as `pareto`.
    """

    title: str = ""
    authors: tuple[str, ...] = ()
    notes: str = "notes.md"
    bibliography: str = "references.bib"
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    run_names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    tables: tuple[TableSettings, ...] = ()
    derived: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    roles: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _EMPTY)
    metrics: Mapping[str, MetricSettings] = field(default_factory=lambda: _EMPTY)
    metric: str = ""
    split: str = ""
    select: str = ""
    proposal: str = ""
    baselines: tuple[str, ...] = ()
    ablations: tuple[str, ...] = ()
    where: Mapping[str, Scalar] = field(default_factory=lambda: _EMPTY)
    benchmarks: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    design: str = ""
    claims: tuple[ClaimSettings, ...] = ()
    code: tuple[str, ...] = ()
    code_proposal: str = ""
    code_baselines: tuple[str, ...] = ()
    code_base: str = ""
    seed: int = 0
    graphs: int = 4
    show: tuple[str, ...] = ()

    def name(self, role: str, value: str) -> str:
        """How `value` of `role` is printed."""
        return str(self.names.get(role, _EMPTY).get(value, value))


def open_repository(root: Path) -> Settings:
    """The settings of the repository `root`.

    Raises:
        ReadError: `root` is no folder.
        SettingsError: paperback.toml cannot be used.
    """
    if not root.is_dir():
        raise ReadError(f"{root} is not a folder", mend="Name the folder that holds your code and logs.")
    return read_settings(root)


def read_settings(root: Path) -> Settings:
    """What `root/paperback.toml` declares; the defaults where there is no such file.

    Raises:
        SettingsError: The file is not TOML, or a key or value in it is not known.
    """
    path = root / FILE
    if not path.is_file():
        return Settings()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{FILE}: not readable as TOML: {error}", mend="Mend the file.") from error
    return parse_settings(data)


def parse_settings(data: Mapping[str, Any]) -> Settings:
    """`Settings` of the tables and keys of a parsed paperback.toml.

    Raises:
        SettingsError: A key or value is not known; names it, the allowed ones and the nearest.
    """
    _known("the file", data, _TABLES)
    values: dict[str, Any] = {}
    for table, keys in _SCALARS.items():
        section = dict(_table(table, data.get(table, {})))
        if table == "runs":
            values |= _runs(section)
        if table == "study":
            values |= _narrowed(section)
        _known(f"[{table}]", section, keys)
        values |= {key: _value(f"[{table}] {key}", given, keys[key]) for key, given in section.items()}
    values |= _code(_table("code", data.get("code", {})))
    values["roles"] = {
        role: _value(f"[roles] {role}", key, str)
        for role, key in _table("roles", data.get("roles", {})).items()
    }
    values["names"] = {
        role: {
            value: _value(f"[names.{role}] {value}", name, str)
            for value, name in _table(f"names.{role}", table).items()
        }
        for role, table in _table("names", data.get("names", {})).items()
    }
    values["metrics"] = {
        metric: MetricSettings(**_fields(f"metrics.{metric}", table, _METRIC))
        for metric, table in _table("metrics", data.get("metrics", {})).items()
    }
    if values.get("design", "") not in ("", *DESIGNS):
        raise SettingsError(
            f"{FILE}: [study] design is {values['design']!r}", mend=near_miss(values["design"], DESIGNS)
        )
    values["claims"] = tuple(_claim(table) for table in _value("[[claims]]", data.get("claims", []), list))
    _check_paths(values.get("paths", ()))
    return Settings(**values)


def _runs(section: dict[str, Any]) -> dict[str, Any]:
    """The tables inside [runs], which are taken out of `section`."""
    tables = _value("[[runs.tables]]", section.pop("tables", []), list)
    derived = _table("runs.metrics", section.pop("metrics", {}))
    names = _value("[runs] names", section.pop("names", []), tuple)
    for pattern in names:
        _check_pattern("names", pattern, "(?P<method>[^/]+)-(?P<seed>[0-9]+)$")
    patterns = _value("[runs] patterns", section.pop("patterns", []), tuple)
    for pattern in patterns:
        _check_pattern("patterns", pattern, "epoch (?P<epoch>[0-9]+): loss (?P<loss>[0-9.]+)")
    return {
        "tables": tuple(_side_table(table) for table in tables),
        "derived": {key: _value(f"[runs.metrics] {key}", text, str) for key, text in derived.items()},
        "run_names": names,
        "patterns": patterns,
    }


def _narrowed(section: dict[str, Any]) -> dict[str, Any]:
    """The tables inside [study], which are taken out of `section`."""
    where = _table("study.where", section.pop("where", {}))
    for key, value in where.items():
        if not isinstance(value, str | int | float):
            raise SettingsError(f"{FILE}: [study.where] {key} is {value!r}", mend="Give one value.")
    benchmarks = _table("study.benchmarks", section.pop("benchmarks", {}))
    return {
        "where": dict(where),
        "benchmarks": {
            name: _value(f"[study.benchmarks] {name}", given, tuple) for name, given in benchmarks.items()
        },
    }


def _code(section: Mapping[str, Any]) -> dict[str, Any]:
    _known("[code]", section, tuple(_CODE))
    return {_CODE[key][0]: _value(f"[code] {key}", given, _CODE[key][1]) for key, given in section.items()}


def _side_table(given: object) -> TableSettings:
    values = _fields("runs.tables", given, {"file": str, "path": str, "only": bool})
    missing = [key for key in ("file", "path") if not values.get(key)]
    if missing:
        raise SettingsError(f"{FILE}: a [[runs.tables]] table lacks {missing[0]!r}", mend="Add it.")
    return TableSettings(**values)


def _check_pattern(key: str, pattern: str, example: str) -> None:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise SettingsError(
            f"{FILE}: [runs] {key} holds {pattern!r}: {error}", mend="Mend the regular expression."
        ) from error
    if not groups:
        raise SettingsError(
            f"{FILE}: [runs] {key} holds {pattern!r}, which names no group",
            mend=f'Write it like "{example}".',
        )


_SCALARS: dict[str, dict[str, type]] = {
    "paper": {"title": str, "authors": tuple, "notes": str, "bibliography": str},
    "runs": {"paths": tuple, "exclude": tuple},
    "study": {
        "metric": str,
        "split": str,
        "select": str,
        "proposal": str,
        "baselines": tuple,
        "ablations": tuple,
        "design": str,
        "seed": int,
    },
    "story": {"graphs": int, "show": tuple},
}
DESIGNS = ("a", "b", "c", "d", "e", "f", "g", "h")
# Key of [code] to the field of `Settings` and its type.
_CODE: dict[str, tuple[str, type]] = {
    "include": ("code", tuple),
    "proposal": ("code_proposal", str),
    "baselines": ("code_baselines", tuple),
    "base": ("code_base", str),
}
_TABLES = (*_SCALARS, "code", "roles", "names", "metrics", "claims")
_METRIC = {"name": str, "unit": str, "direction": str, "percent": bool, "decimals": int}
_CLAIM = {
    "kind": str,
    "method": str,
    "over": str,
    "metric": str,
    "datasets": tuple,
    "margin": float,
    "threshold": float,
    "size": str,
    "exponent": float,
}
_CLAIM_NEEDS = {
    "not worse than": "margin",
    "equivalent": "margin",
    "reaches with fewer steps": "threshold",
    "scales as": "size",
}


def _fields(name: str, given: object, kinds: Mapping[str, type]) -> dict[str, Any]:
    table = _table(name, given)
    _known(f"[{name}]", table, tuple(kinds))
    values = {key: _value(f"[{name}] {key}", value, kinds[key]) for key, value in table.items()}
    if values.get("direction", "higher") not in ("higher", "lower", "unknown"):
        raise SettingsError(
            f"{FILE}: [{name}] direction is {values['direction']!r}", mend='Give "higher" or "lower".'
        )
    return values


def _claim(given: object) -> ClaimSettings:
    values = _fields("claims", given, _CLAIM)
    alone = values.get("kind") in ("best of", "scales as")
    wanted = ("kind", "method") if alone else ("kind", "method", "over")
    missing = [key for key in wanted if not values.get(key)]
    if missing:
        raise SettingsError(f"{FILE}: a [[claims]] table lacks {missing[0]!r}", mend="Add it.")
    if values["kind"] not in CLAIM_KINDS:
        raise SettingsError(
            f"{FILE}: [[claims]] kind is {values['kind']!r}", mend=near_miss(values["kind"], CLAIM_KINDS)
        )
    need = _CLAIM_NEEDS.get(values["kind"], "")
    if need and need not in values:
        raise SettingsError(
            f"{FILE}: a [[claims]] table of kind {values['kind']!r} lacks {need!r}",
            mend="Declare it before looking.",
        )
    if "exponent" in values and "margin" not in values:
        raise SettingsError(
            f"{FILE}: a [[claims]] table with an exponent lacks 'margin'", mend="Declare it before looking."
        )
    if values.get("margin", 1.0) <= 0:
        raise SettingsError(
            f"{FILE}: [[claims]] margin is {values['margin']}", mend="Give a number above zero."
        )
    return ClaimSettings(**{"over": "", **values})


def _check_paths(paths: tuple[str, ...]) -> None:
    for template in paths:
        names = re.findall(r"\{([^{}]*)\}", template)
        rest = re.sub(r"\{[^{}]*\}", "", template)
        wrong = [name for name in names if not name.isidentifier()]
        if not names or wrong or "{" in rest or "}" in rest:
            raise SettingsError(
                f"{FILE}: [runs] paths holds {template!r}, which is no path template",
                mend='Write it like "output/{dataset}/{method}/{seed}/stats.json".',
            )
