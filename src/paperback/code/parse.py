"""Source text to syntax trees, without ever running it."""

import ast
import io
import json
import re
import tokenize
import warnings
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperback.finding import Finding
from paperback.source import Source, digest, relative

LARGEST_FILE = 4_000_000
LARGEST_NOTEBOOK = 64_000_000
LONGEST_TEXT = 300
_MAGIC = re.compile(r"^(\s*)(%|!|\?)")


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one source file; a notebook's code cells stand one after the other.

    Attributes:
        path: POSIX path relative to the repository's root.
        lines: Lines as UTF-8, the unit in which a syntax tree counts columns.
        cells: First line and cell number of each code cell; empty for a plain file.
    """

    path: str
    digest: str
    lines: tuple[bytes, ...]
    cells: tuple[tuple[int, int], ...] = ()

    def place(self, node: ast.AST) -> Source:
        """Where `node` stands; in a notebook the line counts from the top of its cell."""
        line: int = getattr(node, "lineno", 1)
        if not self.cells:
            return Source(self.path, line, "", self.digest)
        start, cell = self.cells[max(0, bisect_right(self.cells, (line, 1 << 30)) - 1)]
        return Source(self.path, line - start + 1, f"cell {cell}", self.digest)

    def of(self, node: ast.expr) -> str:
        """What the author wrote for `node`, on one line, cut where it is very long."""
        if node.end_lineno == node.lineno and node.lineno <= len(self.lines):
            text = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode(errors="replace")
        else:
            text = _unparsed(node)
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " …"

    def line(self, number: int) -> str:
        """Line `number`, counted from 1; empty beyond the end."""
        return self.lines[number - 1].decode(errors="replace") if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's text and tree; `tree` is None where it could not or need not be parsed."""

    text: Text
    tree: ast.Module | None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Cells:
    lines: list[str] = field(default_factory=list)
    starts: list[tuple[int, int]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def parse_file(path: Path, root: Path) -> Parsed:
    """The text and tree of one file; whatever hinders reading comes back as a finding."""
    name = relative(path, root)
    try:
        size = path.stat().st_size
        if size > (LARGEST_NOTEBOOK if path.suffix == ".ipynb" else LARGEST_FILE):
            return _unread(
                name, "large-source", f"{name} was not read: {size / 1e6:.0f} MB of source in one file"
            )
        data = path.read_bytes()
    except OSError as error:
        return _unread(name, "unreadable-source", f"{name} was not read: {error.strerror or error}")
    return parse_notebook(name, data) if path.suffix == ".ipynb" else parse_bytes(name, data)


def parse_bytes(name: str, data: bytes) -> Parsed:
    """The text and tree of Python source in any encoding that it declares."""
    mark = digest(data)
    try:
        text = _decoded(data)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return _unread(name, "unreadable-source", f"{name} was not read: {error}", mark)
    found = Text(name, mark, tuple(line.encode() for line in text.split("\n")))
    try:
        return Parsed(found, _tree(text))
    except _NOT_PYTHON as error:
        return Parsed(found, None, (_syntax_finding(name, error),))


def parse_notebook(name: str, data: bytes) -> Parsed:
    """The text and tree of a notebook's code cells; a cell that is not Python is left out and told."""
    mark = digest(data)
    try:
        notebook = json.loads(data)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        sources = [
            (i, _cell_source(cell)) for i, cell in enumerate(cells, 1) if cell.get("cell_type") == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        return _unread(name, "unreadable-source", f"{name} was not read as a notebook: {error!r}", mark)
    joined = _Cells()
    for number, source in sources:
        _add_cell(joined, name, number, source)
    encoded = tuple(line.encode(errors="replace") for line in joined.lines)
    text = Text(name, mark, encoded, tuple(joined.starts))
    try:
        return Parsed(text, _tree("\n".join(joined.lines)), tuple(joined.findings))
    except _NOT_PYTHON as error:
        return Parsed(text, None, (*joined.findings, _syntax_finding(name, error)))


_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        # An invalid escape in the author's string is no concern of ours.
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _decoded(data: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.StringIO(data.decode(encoding), newline=None).read()


def _unread(name: str, kind: str, message: str, mark: str = "") -> Parsed:
    return Parsed(Text(name, mark, ()), None, (Finding(kind, message, (Source(name, digest=mark),)),))


def _syntax_finding(name: str, error: BaseException, cell: int = 0) -> Finding:
    line = error.lineno if isinstance(error, SyntaxError) else None
    why = error.msg if isinstance(error, SyntaxError) else (str(error) or type(error).__name__)
    place = Source(name, line, f"cell {cell}" if cell else "")
    python2 = "print" in why or "exec" in why
    mend = (
        "Convert it from Python 2 to Python 3."
        if python2
        else "Mend it, or leave it out with [code] include."
    )
    return Finding("not-python", f"{place} is not Python 3: {why}", (place,), mend)


def _cell_source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _add_cell(joined: _Cells, name: str, number: int, source: str) -> None:
    # `%%bash` and its like give the whole cell to another language.
    if source.lstrip().startswith("%%") and not source.lstrip().startswith(("%%time", "%%capture")):
        return
    lines = [_MAGIC.sub(r"\1pass # \2", line) for line in source.splitlines()]
    try:
        _tree("\n".join(lines))
    except _NOT_PYTHON as error:
        joined.findings.append(_syntax_finding(name, error, number))
        return
    joined.starts.append((len(joined.lines) + 1, number))
    joined.lines.extend(lines or [""])


def _unparsed(node: ast.expr) -> str:
    try:
        return " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError, AttributeError, KeyError):
        return "…"
