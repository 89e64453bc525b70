"""A draft of a repository with code and without runs: what the code confirms, and nothing measured."""

from collections.abc import Callable
from pathlib import Path

from paperback.code import Inventory
from paperback.errors import NoRunError
from paperback.finding import Finding
from paperback.runs import RunTable, read_runs
from paperback.settings import Settings

# What a draft says of itself where a paper tells its results.
NOTHING_MEASURED = "No run was read: this draft states what the code does, and nothing in it was measured."


def read_table(
    root: Path,
    settings: Settings,
    inventory: Inventory,
    *,
    progress: Callable[[int, int], None] | None = None,
    cache: Path | None = None,
) -> RunTable:
    """Every run of `root`; a table without runs, and a finding that says so, where only code is there.

    Raises:
        NoRunError: There is neither a run nor a model, or none below the paths that the author names.
        SettingsError: paperback.toml cannot be used.
    """
    try:
        return read_runs(root, settings, progress=progress, cache=cache)
    except NoRunError as error:
        if settings.paths or inventory.level is None:
            raise
        return RunTable((), {}, {}, {}, (_no_runs(error),), {})


def _no_runs(error: NoRunError) -> Finding:
    said = "no run log was found, so the paper is a draft: no result is printed, and every claim is untested"
    return Finding("no-runs", said, (), f"See what was looked at with: paperback runs. {error.mend}")
