"""The command `paperback`: each command parses, calls one function, prints, sets the exit code."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from paperback.errors import PaperbackError, SettingsError
from paperback.version import VERSION

if TYPE_CHECKING:
    from paperback.build import Build, Progress

P = ParamSpec("P")
NOTHING_FOUND, FINDINGS, UNUSABLE = 0, 1, 2


def _example(*lines: str) -> str:
    # The backspace sign keeps click from filling these lines.
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


class _Journey(click.Group):
    """A group that lists its commands in the order of the journey, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.commands)


@click.group(
    cls=_Journey,
    epilog=_example(
        "cd my-repo",
        "paperback init      write what was inferred into paperback.toml",
        "paperback build     write paper/main.pdf, main.html, latex/ and evidence.json",
        "paperback check     compare every printed number with the logs",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(VERSION, prog_name="paperback")
def main() -> None:
    """Turn a machine-learning repository into a paper that can be defended line by line."""


def _command(function: Callable[P, int]) -> Callable[P, None]:
    """A command whose returned number is the exit code, and whose errors are told without a traceback."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs)
        except PaperbackError as error:
            click.echo(f"error: {error}", err=True)
            code = UNUSABLE
        sys.exit(code)

    return run


_repo = click.argument("repo", type=click.Path(path_type=Path), default=".", metavar="[REPO]")
_repo_option = click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=".",
    metavar="DIR",
    help="The repository (default: here).",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
_where_option = click.option(
    "--where",
    "-w",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only runs with this role or configuration value.",
)
_over_option = click.option(
    "--over",
    multiple=True,
    help="What is averaged away, in order: seeds, with the items, folds or subsets there are.",
)
_split_option = click.option(
    "--split", default=None, metavar="SPLIT", help="train, val or test (default: the study's)."
)


@main.command(epilog=_example("paperback init my-repo"))
@_repo
@click.option(
    "--force", is_flag=True, help="Replace an existing paperback.toml; the old one is kept beside it."
)
@_command
def init(repo: Path, force: bool) -> int:
    """Write paperback.toml with what was inferred, to be corrected."""
    from paperback.proposal import propose_settings, write_proposal

    proposal = propose_settings(repo, progress=_progress())
    path = write_proposal(repo, proposal, force=force)
    for line in proposal.summary:
        click.echo(line)
    click.echo(f"wrote {path}; correct what is wrong, then run: paperback build {repo}")
    return NOTHING_FOUND


@main.command(epilog=_example("paperback build my-repo --pdf typst"))
@_repo
@click.option(
    "--pdf",
    "engine",
    type=click.Choice(["auto", "latexmk", "tectonic", "typst", "none"]),
    default="auto",
    show_default=True,
    help="What makes the PDF; auto takes latexmk or tectonic where it is installed, else the embedded typst.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Default: REPO/paper."
)
@click.option("--force", is_flag=True, help="Build even where nothing has changed.")
@_command
def build(repo: Path, engine: Any, out: Path | None, force: bool) -> int:
    """Write the paper, its page, LaTeX and ledger.

    Nothing of the repository is imported or run.
    """
    from paperback.build import build_paper

    made = build_paper(repo, engine=engine, folder=out, force=force, progress=_progress())
    _tell_build(made)
    return NOTHING_FOUND


@main.command(epilog=_example("paperback status my-repo --claims"))
@_repo
@click.option("--claims", "claims_only", is_flag=True, help="Only the claims, with numbers; faster.")
@_json_option
@_command
def status(repo: Path, claims_only: bool, as_json: bool) -> int:
    """Show where each outline item and claim stands."""
    from paperback.build import claims_status, paper_status
    from paperback.report import claims_report, status_report

    if claims_only:
        found = claims_status(repo, progress=_progress(quiet=as_json))
        click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else claims_report(found))
        decided = all(claim["verdict"] not in ("inconclusive", "untested") for claim in found["claims"])
        return NOTHING_FOUND if decided and found["claims"] else FINDINGS
    found = paper_status(repo, progress=_progress(quiet=as_json))
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else status_report(found))
    is_open = any(item["state"] == "asked" for item in found["outline"])
    return FINDINGS if is_open else NOTHING_FOUND


@main.command(epilog=_example("paperback check my-repo"))
@_repo
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="Default: REPO/paper."
)
@_json_option
@_command
def check(repo: Path, out: Path | None, as_json: bool) -> int:
    """Compare every printed number with the logs.

    Each number of the ledger is recomputed and compared with what LaTeX, HTML and PDF show; crashed runs,
    missing cells and unequal seeds are listed.
    """
    from paperback.check import check_paper

    found = check_paper(repo, folder=out, progress=_progress(quiet=as_json))
    click.echo(found.to_json() if as_json else found.to_text())
    return FINDINGS if found.findings else NOTHING_FOUND


@main.command(epilog=_example("paperback code my-repo --base HEAD~20"))
@_repo
@click.option("--base", metavar="REV", help="Git revision that the code of today is compared with.")
@_json_option
@_command
def code(repo: Path, base: str | None, as_json: bool) -> int:
    """Print what the code builds, changes and trains.

    The change is told against the baseline that the code shows, or against a revision in git, whose files
    are read and never checked out.
    """
    from dataclasses import replace

    from paperback.code import describe_code, read_code, show_code
    from paperback.settings import open_repository

    settings = open_repository(repo)
    settings = settings if base is None else replace(settings, code_base=base)
    found = describe_code(read_code(repo, settings))
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else show_code(found))
    return NOTHING_FOUND


@main.command(epilog=_example("paperback equation losses.py:FocalLoss --verify"))
@click.argument("place", metavar="FILE:NAME")
@click.option("--verify", is_flag=True, help="Run the code in a guarded subprocess and compare.")
@click.option(
    "--python", default=sys.executable, metavar="PATH", help="Interpreter of the check; needs torch."
)
@_repo_option
@_json_option
@_command
def equation(place: str, verify: bool, python: str, repo: Path, as_json: bool) -> int:
    """Print the equation of a function or class, or of the objective of a backward call (FILE:LINE).

    It is derived from the source, which is not run unless --verify is given; then only the function, or the
    statements on which the objective depends, and what they need run, with limits of time and memory and
    without network.
    """
    from paperback.equation import ask_equation, show_equation

    found = ask_equation(place, root=repo, verify=verify, python=python)
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else show_equation(found))
    return NOTHING_FOUND if found["lines"] else FINDINGS


@main.command(epilog=_example("paperback verify my-repo --python /opt/torch/bin/python"))
@_repo
@click.option(
    "--python", default=sys.executable, metavar="PATH", help="Interpreter of the check; needs torch."
)
@_json_option
@_command
def verify(repo: Path, python: str, as_json: bool) -> int:
    """Compare every equation with the code it states.

    The definitions that an equation needs run with limits of time and memory and without network; what was
    found is kept in equations.json, which build and check read.
    """
    from paperback.equation import show_verified, verify_equations

    found = verify_equations(repo, python=python, progress=_progress(quiet=as_json))
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else show_verified(found))
    told = any(item["verdict"] == "mismatch" or item["kept"] for item in found["equations"])
    return FINDINGS if told else NOTHING_FOUND


@main.command(epilog=_example("paperback runs my-repo --parquet table"))
@_repo
@click.option(
    "--parquet",
    "out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="OUT",
    help="Write runs, params, series, points and files as Parquet to this folder.",
)
@_json_option
@_command
def runs(repo: Path, out: Path | None, as_json: bool) -> int:
    """List the runs that were found, by format and role."""
    from paperback.freshness import cache_of
    from paperback.runs import open_runs
    from paperback.runs.describe import describe_runs, show_runs

    table, _ = open_runs(repo, progress=_progress(quiet=as_json), cache=cache_of(repo))
    found = describe_runs(table)
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else show_runs(found))
    if out is not None:
        from paperback.runs.parquet import write_parquet

        written = write_parquet(table, out)
        click.echo(f"wrote {', '.join(path.name for path in written)} to {out}", err=as_json)
    return FINDINGS if found["findings"] else NOTHING_FOUND


@main.command(
    epilog=_example(
        "paperback value accuracy --where method=mlp --where dataset=adult --over seed --split test"
    )
)
@click.argument("metric")
@_where_option
@_over_option
@click.option("--reduce", type=click.Choice(["mean", "median"]), default="mean", show_default=True)
@_split_option
@_repo_option
@_json_option
@_command
def value(
    metric: str,
    where: tuple[str, ...],
    over: tuple[str, ...],
    reduce: Any,
    split: str | None,
    repo: Path,
    as_json: bool,
) -> int:
    """Print one number, its interval and sources."""
    from paperback.ask import ask_value, show_value

    found = ask_value(
        repo,
        metric,
        where=_pairs(where),
        over=over or None,
        reduce=reduce,
        split=split,
        progress=_progress(quiet=as_json),
    )
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else show_value(found))
    return NOTHING_FOUND


@main.command(epilog=_example("paperback table --metric accuracy --rows method --cols dataset --split test"))
@click.option("--metric", required=True, help="Metric name or logged key.")
@click.option("--rows", default="method", show_default=True, help="Role or configuration key.")
@click.option("--cols", default="dataset", show_default=True, help="Role or configuration key.")
@_where_option
@_split_option
@_over_option
@click.option("--reduce", type=click.Choice(["mean", "median"]), default="mean", show_default=True)
@click.option("--spread", type=click.Choice(["std", "sem", "ci"]), default="std", show_default=True)
@click.option(
    "--ddof", type=click.IntRange(0, 1), default=1, show_default=True, help="1: sample, 0: population."
)
@click.option(
    "--format", "form", type=click.Choice(["md", "csv", "json", "latex"]), default="md", show_default=True
)
@_repo_option
@_command
def table(
    metric: str,
    rows: str,
    cols: str,
    where: tuple[str, ...],
    split: str | None,
    over: tuple[str, ...],
    reduce: Any,
    spread: Any,
    ddof: int,
    form: Any,
    repo: Path,
) -> int:
    """Print a metric by two roles, such as methods by data sets."""
    from paperback.ask import ask_table
    from paperback.render.listing import print_listing

    listing = ask_table(
        repo,
        metric,
        rows=rows,
        columns=cols,
        where=_pairs(where),
        split=split,
        over=over or None,
        reduce=reduce,
        spread=spread,
        ddof=ddof,
        progress=_progress(quiet=form != "md"),
    )
    click.echo(print_listing(listing, form), nl=False)
    return NOTHING_FOUND


@main.command(epilog=_example("paperback demo my-demo"))
@click.argument("folder", type=click.Path(path_type=Path), default="paperback-demo", metavar="[DIR]")
@click.option("--pdf", "engine", type=click.Choice(["auto", "latexmk", "tectonic", "typst"]), default="auto")
@_command
def demo(folder: Path, engine: Any) -> int:
    """Build the paper of the bundled example in DIR."""
    from paperback.build import build_paper
    from paperback.demo import copy_example

    copy_example(folder)
    _tell_build(build_paper(folder, engine=engine, progress=_progress()))
    return NOTHING_FOUND


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for word in given:
        key, sign, text = word.partition("=")
        if not sign or not key:
            raise SettingsError(
                f"--where {word!r} is not KEY=VALUE", mend="Write it like --where method=mlp."
            )
        pairs[key] = text
    return pairs


def _progress(*, quiet: bool = False) -> "Progress | None":
    """Tells long work on standard error, in one line that is overwritten; nothing where nobody looks."""
    if quiet or not sys.stderr.isatty():
        return None

    def tell(step: str, done: int, total: int) -> None:
        count = f" {done}/{total}" if total > 1 else ""
        click.echo(f"\r\x1b[K{step}{count} …", nl=False, err=True)
        if done == total and step == "pdf":
            click.echo("\r\x1b[K", nl=False, err=True)

    return tell


def _tell_build(made: "Build") -> None:
    from paperback.report import build_report

    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    click.echo(build_report(made))
