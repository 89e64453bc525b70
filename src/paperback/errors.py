"""What stops the work.

The family::

    PaperbackError
    ├── SettingsError     paperback.toml or a command's arguments cannot be used
    ├── ReadError         an input that must be read cannot be
    │   └── NoRunError    a repository holds no run
    ├── EvidenceError     the data cannot carry the statistic that was asked for
    └── RenderError       a document could not be turned into a file
"""

from collections.abc import Iterable
from difflib import get_close_matches


class PaperbackError(Exception):
    """An error that says what failed, which value, where and what is allowed; `mend` says what to do.

    Attributes:
        what: What failed, with the value and the place.
        mend: One imperative sentence.
    """

    def __init__(self, what: str, *, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}\n  {self.mend}" if self.mend else self.what


class SettingsError(PaperbackError):
    """paperback.toml or a command's arguments cannot be used."""


class ReadError(PaperbackError):
    """An input that must be read cannot be."""


class NoRunError(ReadError):
    """A repository holds no run."""


class EvidenceError(PaperbackError):
    """The data cannot carry the statistic that was asked for."""


class RenderError(PaperbackError):
    """A document could not be turned into a file."""


def near_miss(word: str, allowed: Iterable[str]) -> str:
    """A sentence that offers the nearest allowed word, or lists the allowed ones."""
    words = sorted(allowed)
    close = get_close_matches(word, words, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not words:
        return ""
    shown = ", ".join(words[:12]) + (f" and {len(words) - 12} more" if len(words) > 12 else "")
    return f"Choose one of: {shown}."
