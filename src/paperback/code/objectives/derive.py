"""From a backward call to a derivation: cut out, typed, interpreted, printed."""

import ast
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from paperback.code.equations import write
from paperback.code.equations.derivation import Derivation, Symbol
from paperback.code.equations.derive import Target, trace
from paperback.code.equations.sizes import Misfit, Unknown
from paperback.code.equations.slice import module_name, sliced
from paperback.code.equations.sources import SourceFile, Sources
from paperback.code.equations.traced import Output
from paperback.code.objectives.calls import Callees, read_callees
from paperback.code.objectives.choices import OPEN, Choices, read_choices
from paperback.code.objectives.cut import Cut, cut_out
from paperback.code.objectives.entering import Entering
from paperback.code.objectives.refused import Refused
from paperback.code.objectives.shapes import Search, search, tables
from paperback.code.objectives.sites import Site, find_sites
from paperback.code.parse import parse_bytes
from paperback.code.scopes import read_scopes
from paperback.errors import ReadError
from paperback.source import Source, digest, relative

SECONDS = 4.0
MOST_LETTERS = 4
# An objective of several terms takes more lines than a definition.
MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Script:
    """One file with its backward calls and what its names stand for."""

    path: str
    file: SourceFile
    sources: Sources
    sites: tuple[Site, ...]
    callees: Callees
    choices: Choices


def read_script(path: Path, root: Path) -> Script:
    """The backward calls of a Python file; nothing of it is run.

    Raises:
        ReadError: It cannot be read or is not Python.
    """
    sources = Sources(root)
    file = sources.load(path)
    place = _place(path, root)
    parsed = parse_bytes(place, file.data)
    if parsed.tree is None:
        raise ReadError(f"{place}: not Python 3")
    nodes = list(ast.walk(file.tree))
    choices = read_choices(read_scopes(parsed.text, parsed.tree), nodes)
    return Script(
        place, file, sources, tuple(find_sites(file.tree)), read_callees(sources, file, nodes), choices
    )


def _place(path: Path, root: Path) -> str:
    try:
        return relative(path.resolve(), root.resolve())
    except ValueError:
        return path.name


def cut_at(script: Script, line: int) -> Cut:
    """The slice of the objective whose backward call stands at `line`.

    Raises:
        ReadError: No backward call stands there.
        Refused: It cannot be read as one formula.
    """
    return cut_out(_site(script, line), script.callees, script.choices)


def _site(script: Script, line: int) -> Site:
    for site in script.sites:
        if site.line <= line <= _last_line(site):
            return site
    lines = ", ".join(str(site.line) for site in script.sites) or "none"
    raise ReadError(
        f"{script.path}:{line}: no backward call stands here",
        mend=f"Name the line of one: {lines}.",
    )


def _last_line(site: Site) -> int:
    return site.line if site.function else max(site.line, site.loss.end_lineno or 0)


def derive_objective(script: Script, line: int, *, most: int = 5) -> Iterator[Derivation]:
    """Derivations of the objective at `line` under different typings, likeliest first; at least one.

    A value that is made without a gradient and not understood stays a letter, which is told. Where there is
    no equation, one derivation with the reason comes back.

    Raises:
        ReadError: No backward call stands at the line.
    """
    site = _site(script, line)
    source = Source(script.path, site.line, site.name, digest(script.file.data))
    letters: dict[int, str] = {}
    try:
        cut = cut_out(site, script.callees, script.choices)
        for _ in range(MOST_LETTERS):
            tried = _Tried()
            yield from _derived(script, cut, source, most, tried)
            if tried.count:
                return
            first = cut.constant.get(tried.line, 0)
            if not first or first in letters:
                break
            letters[first] = f"it is not understood: {tried.reason}"
            cut = cut_out(site, script.callees, script.choices, letters)
        reason = f"{tried.reason} (line {tried.line})" if tried.line else tried.reason
        yield Derivation(site.name, "fallback", reason=f"not understood: {reason}", source=source)
    except Refused as error:
        yield Derivation(site.name, "fallback", reason=str(error), source=source)


@dataclass(slots=True)
class _Tried:
    """How many typings fitted, and of the others the failure that came furthest."""

    count: int = 0
    line: int = 0
    reason: str = "nothing fits"
    rank: int = -1

    def failed(self, line: int, reason: str, rank: int) -> None:
        """Remember a failure; an operation that is not known says more than shapes that do not fit."""
        if (rank, line) >= (self.rank, self.line):
            self.rank, self.line, self.reason = rank, line, reason


def slice_of(script: Script, cut: Cut) -> dict[str, str]:
    """Source text by module of the slice and of the definitions that it needs."""
    file = _with_function(cut.file or script.file, cut)
    found = sliced(script.sources, file, cut.function.name)
    if of_jax(file):
        # Operators alone would run as NumPy, which gives no gradient.
        found[module_name(file)] = "import jax\n" + found[module_name(file)]
    return found


def _derived(script: Script, cut: Cut, source: Source, most: int, tried: _Tried) -> Iterator[Derivation]:
    file = _with_function(cut.file or script.file, cut)
    target = Target(file, cut.function)
    files = slice_of(script, cut)
    choices = search(cut, _tables(script))
    seen: set[tuple[str, ...]] = set()
    started = time.process_time()
    for typing in choices.typings():
        try:
            traced = trace(script.sources, target, typing)
            traced = replace(traced, outputs=(_scalar(traced.outputs[0], cut.name),))
            made = write.written(
                traced, name=cut.name, source=source, files=files, module=module_name(file), most=MOST_LINES
            )
        except (
            Exception
        ) as error:  # arbitrary source text: what fails under one typing may pass under the next
            _note(error, choices, cut, tried)
        else:
            if made.equations not in seen:
                seen.add(made.equations)
                tried.count += 1
                yield _named(made, cut)
        if tried.count >= most or time.process_time() - started > SECONDS:
            return


def _scalar(output: Output, name: str) -> Output:
    """The result as a scalar; one number with axes of size one is differentiated as well.

    Raises:
        Misfit: There are several numbers.
    """
    if any(axis.atoms for axis in output.value.axes):
        raise Misfit("what is differentiated is no scalar")
    return replace(output, name=name, value=replace(output.value, axes=()))


def _note(error: Exception, choices: Search, cut: Cut, tried: _Tried) -> None:
    line = getattr(error, "line", 0)
    known = line in choices.depends
    choices.failed(line if known else cut.line)
    reason = str(error) if isinstance(error, Unknown) else f"{type(error).__name__}: {error}"
    tried.failed(line if known else 0, reason, 0 if isinstance(error, Misfit) else 1)


def _tables(script: Script) -> frozenset[str]:
    """Origins of values that some objective of the script reduces along an axis."""
    found: frozenset[str] = frozenset()
    for site in script.sites:
        try:
            found |= tables(cut_out(site, script.callees, script.choices))
        except Refused:
            continue
    return found


def _with_function(file: SourceFile, cut: Cut) -> SourceFile:
    """The file with the slice as one more function, and without the names that it gives itself."""
    given = {arg.arg for arg in cut.function.args.args} | _stored(cut)
    names = {name: node for name, node in file.names.items() if name not in given}
    imports = file.imports
    if of_jax(file):
        # What JAX differentiates is no tensor of torch, even where the script also uses torch.
        imports = {name: found for name, found in imports.items() if found[0].partition(".")[0] != "torch"}
    return SourceFile(
        file.path, file.module, file.data, file.tree, {**names, cut.function.name: cut.function}, imports
    )


def of_jax(file: SourceFile) -> bool:
    return any(module.partition(".")[0] == "jax" for module, _ in file.imports.values())


def _stored(cut: Cut) -> set[str]:
    return {
        node.id
        for node in ast.walk(cut.function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _named(made: Derivation, cut: Cut) -> Derivation:
    """The derivation with what enters in the words of the code, and what was decided."""
    entering = {item.name: item for item in cut.entering}
    symbols = tuple(_meant(symbol, entering) for symbol in made.symbols)
    used = {symbol.name for symbol in made.symbols}
    told = [_told(item) for item in cut.entering if item.name in used]
    letters = [_told(item) for item in cut.entering if item.name in used and item.why]
    assumptions = (*cut.said, *filter(None, told), *made.assumptions)
    return replace(made, symbols=symbols, assumptions=assumptions, decided=(*cut.said, *letters))


def _meant(symbol: Symbol, entering: dict[str, Entering]) -> Symbol:
    item = entering.get(symbol.name)
    if item is None or symbol.meaning != "argument":
        return symbol
    return replace(symbol, meaning="network output" if item.kind == "network" else "input")


def _told(item: Entering) -> str:
    place = f" (line {item.line})" if item.line else ""
    if item.kind == "setting":
        return f"`{item.text}` is {item.default!r} by default" if item.default is not OPEN else ""
    if item.why:
        return f"`{item.name}`{place} stays a letter: {item.why}"
    return f"`{item.name}` stands for `{item.text}`{place}"
