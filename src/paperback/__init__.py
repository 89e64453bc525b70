"""Paperback turns a machine-learning repository into a paper that can be defended line by line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from paperback.version import VERSION

if TYPE_CHECKING:
    from paperback.build import build_paper
    from paperback.check import check_paper
    from paperback.errors import PaperbackError
    from paperback.evidence import Address, Estimate, estimate, pivot
    from paperback.runs import Run, read_runs
    from paperback.settings import open_repository

__version__ = VERSION

__all__ = [
    "Address",
    "Estimate",
    "PaperbackError",
    "Run",
    "build_paper",
    "check_paper",
    "estimate",
    "open_repository",
    "pivot",
    "read_runs",
]

# Importing the package must cost nothing: each name is fetched from its room when it is first used.
_ROOMS = {
    "Address": "evidence",
    "Estimate": "evidence",
    "PaperbackError": "errors",
    "Run": "runs",
    "build_paper": "build",
    "check_paper": "check",
    "estimate": "evidence",
    "open_repository": "settings",
    "pivot": "evidence",
    "read_runs": "runs",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'paperback' has no attribute {name!r}")
    return getattr(import_module(f"paperback.{_ROOMS[name]}"), name)
