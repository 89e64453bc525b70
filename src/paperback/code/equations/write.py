"""A traced computation to printed lines, symbols and assumptions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from paperback.code.equations import arithmetic as ar
from paperback.code.equations.derivation import Derivation, Line, Plan, Symbol
from paperback.code.equations.form import (
    Apply,
    Call,
    El,
    Expr,
    Order,
    Red,
    Sym,
    Var,
    free,
    num,
    rebuild,
    subst,
    walk,
)
from paperback.code.equations.latex import Printer
from paperback.code.equations.layout import COLUMN, NUMBER_ROOM, broken, width
from paperback.code.equations.letters import Symbols
from paperback.code.equations.lines import Lines, authored, extract, gather
from paperback.code.equations.rounds import merged, order_text, recurrence_text
from paperback.code.equations.schedule_letters import RATE, is_rate
from paperback.code.equations.schedule_points import thresholds
from paperback.code.equations.sizes import Unknown
from paperback.code.equations.tensor import linear
from paperback.code.equations.tokens import Entry
from paperback.code.equations.traced import Output, Traced
from paperback.code.equations.values import Definition, Record
from paperback.source import Source

ROOM = COLUMN - NUMBER_ROOM
MOST_LINES = 12
MOST_KEPT = 6
_LOSSES = "loss bce criterion entropy penalty nll objective cost crossent divergence kl"
LOSSES = tuple(_LOSSES.split())


def written(
    traced: Traced,
    *,
    name: str,
    source: Source,
    files: Mapping[str, str],
    module: str,
    most: int = MOST_LINES,
) -> Derivation:
    """The derivation of `traced`, of at most `most` lines.

    Raises:
        Unknown: Some line does not fit the column, or the equation has too many lines.
    """
    record = traced.record
    outputs = [_output(record, item, at, traced) for at, item in enumerate(traced.outputs)]
    outputs, definitions = merged(outputs, record.definitions)
    record = replace(record, definitions=definitions)
    traced = replace(traced, record=record)
    keep: frozenset[str] = frozenset()
    lines = gather(outputs, record)
    if any(
        isinstance(part, Sym) and part.name.startswith("@")
        for item in (*lines.main, *lines.where)
        for whole in item.parts
        for part in walk(whole)
    ):
        raise Unknown("a value of which only the shape is known")
    taken = {*record.definitions, *(item.name for item in outputs), *record.inputs, *record.hypers}
    for _ in range(most + MOST_KEPT):
        printed, tight = _printed(lines, traced)
        if tight is None:
            made = _derivation(printed, lines, traced, name, source)
            return replace(made, plan=replace(made.plan, files=files, module=module) if made.plan else None)
        name_kept = authored(lines, record, keep, tight) if len(keep) < MOST_KEPT else None
        if name_kept is not None:
            keep |= {name_kept}
            lines = gather(outputs, record, keep)
            continue
        more = extract(lines, taken, tight)
        if more is None or len(more.main) + len(more.where) > most:
            break
        lines = more
    raise Unknown("an equation that does not fit a column")


def _output(record: Record, item: Output, at: int, traced: Traced) -> Definition:
    stem = (
        "@output" if len(traced.outputs) == 1 or (traced.kind == "autograd" and at == 0) else f"@output {at}"
    )
    axes = tuple(axis.atoms for axis in item.value.axes)
    return Definition(f"{stem}:{item.name}", axes, numeric(item.value.body), record.line)


def numeric(expr: Expr) -> Expr:
    """`expr` with `any` and `all` as extremes of indicators, which have a sign on paper."""
    inner = rebuild(expr, numeric)
    if isinstance(inner, Red) and inner.kind in ("any", "all"):
        kind = "max" if inner.kind == "any" else "min"
        return ar.compare("==", Red(kind, inner.ranges, ar.indicator(inner.body), inner.cond), num(1))
    return inner


def _names(lines: Lines) -> set[str]:
    found: set[str] = set()
    for item in (*lines.main, *lines.where):
        found.add(item.name)
        for part in (*item.parts, *(size for _, size in item.ranges)):
            found |= {x.name for x in walk(part) if isinstance(x, El | Sym | Call | Apply)}
    return found


def _sizes(record: Record) -> set[str]:
    """Symbols in the sizes of axes and in the numbers of classes."""
    sizes = {
        x.name for item in record.inputs.values() for s in item.sizes for x in walk(s) if isinstance(x, Sym)
    }
    sizes |= {
        x.name
        for item in record.inputs.values()
        if item.classes is not None
        for x in walk(item.classes)
        if isinstance(x, Sym)
    }
    return sizes


def _symbols(lines: Lines, traced: Traced) -> Symbols:
    """Symbols for every name of the lines: sizes first, intermediates last."""
    record, used = traced.record, _names(lines)
    # A permutation is called π unless the number π stands in the equation.
    symbols = Symbols((r"\pi",) if "pi" in used else ())
    for key in record.functions:
        used |= {
            x.name
            for part in (record.functions[key].body, record.functions[key].derivative)
            for x in walk(part)
            if isinstance(x, Sym)
        }
    sizes = _sizes(record)
    for name in sorted(sizes - record.hypers.keys(), key=lambda item: (len(item), item)):
        symbols.give(name, "size")
    for name, hyper in record.hypers.items():
        if name in used or name in sizes:
            scalar = "schedule" if record.numbers else "scalar"
            symbols.give(name, "size" if hyper.whole else scalar)
    for item in lines.main:
        symbols.of[item.name] = _output_symbol(item, traced, symbols, lines)
        symbols.taken.add(symbols.of[item.name])
    for name in record.inputs:
        if name in used:
            role = record.inputs[name].role
            if role == "upstream":
                symbols.of[name] = rf"\bar{{{symbols.of[lines.main[0].name]}}}"
                continue
            symbols.give(name, "tensor" if record.inputs[name].sizes else "scalar")
    for item in lines.main[1:] if traced.kind == "autograd" else ():
        symbols.of[item.name] = rf"\bar{{{symbols.of[item.name.rpartition(':')[2].removeprefix('grad_')]}}}"
    for name in record.functions:
        symbols.give(name, "operator")
    for name in record.callbacks:
        symbols.give(name, "callback")
    for name in record.opaques:
        if name in used:
            symbols.give(name, "function")
    for item in lines.where:
        symbols.give(item.name, "definition")
    return symbols


def _output_symbol(item: Definition, traced: Traced, symbols: Symbols, lines: Lines) -> str:
    target = traced.target.lower()
    name = item.name.rpartition(":")[2]
    scalar = not item.axes
    lossy = any(word in f"{target} {name}" for word in LOSSES)
    choices = [r"\mathcal{L}"] if scalar else [r"\ell"] if lossy else []
    if traced.kind == "schedule":
        choices = [RATE] if is_rate(name) or is_rate(target) else []
    if not lossy and not scalar and traced.kind == "class" and traced.record.opaques:
        choices.append(r"\hat{y}")
    if len(name) == 1 and not scalar and not any(other.name == name for other in lines.where):
        choices.insert(0, name)
    choices += ["y", "o", "f", r"\hat{y}", r"\mathcal{L}", r"\mathcal{R}", r"\mathcal{S}", r"\mathcal{T}"]
    taken = symbols.taken | set(symbols.of.values())
    inputs = {key.lower() for key in traced.record.inputs}
    return next(choice for choice in choices if choice not in taken and choice not in inputs)


def _printed(lines: Lines, traced: Traced) -> tuple["_Page", int | None]:
    """Every line in LaTeX; the second value is the first line that does not fit."""
    symbols = _symbols(lines, traced)
    page = _Page(symbols, [])
    for at, item in enumerate((*lines.main, *lines.where)):
        printer = Printer(symbols.of, frozenset(symbols.taken | set(symbols.of.values())), {})
        scope = printer.bind(item.ranges)
        index = tuple(
            linear([(Var(name), size) for name, size in axis]) if axis else num(1) for axis in item.axes
        )
        left = symbols.of[item.name] + scope.subscript(index)
        if isinstance(item.body, Order):
            text = order_text(item, symbols.of[item.name], scope, ROOM)
        elif item.recurrent:
            text = recurrence_text(item, symbols.of[item.name], scope, ROOM)
        else:
            text = broken(left, scope.show(item.body), ROOM)
        if text is None:
            return page, at
        letters = tuple((scope.indices[name], scope.show(size)) for name, size in item.ranges)
        page.lines.append(Line(text, item.name, letters))
    for key, function in traced.record.functions.items():
        if any(
            isinstance(part, Apply) and part.name == key
            for item in (*lines.main, *lines.where)
            for part in walk(item.body)
        ):
            page.lines.append(
                _function_line(key, function.variable, function.body, function.derivative, symbols)
            )
    return page, None


class _Page:
    def __init__(self, symbols: Symbols, lines: list[Line]) -> None:
        self.symbols = symbols
        self.lines = lines


def _function_line(key: str, variable: str, body: Expr, slope: Expr, symbols: Symbols) -> Line:
    taken = frozenset(symbols.taken | set(symbols.of.values()))
    letter = next(c for c in "uvwrsabcz" if c not in taken)
    printer = Printer(symbols.of, taken, {variable: letter})
    symbol = symbols.of[key]
    value, derivative = printer.show(body), printer.show(slope)
    first, second = rf"{symbol}\left({letter}\right)", rf"{symbol}'\left({letter}\right)"
    text = rf"{first} = {value},\quad {second} := {derivative}"
    if width(text) > ROOM:
        rows = [*_rows_of(f"{first} = {value},", "="), *_rows_of(f"{second} := {derivative}", ":=")]
        if max(map(width, rows)) > ROOM:
            raise Unknown("a custom function that does not fit a column")
        text = r"\begin{aligned} & " + r" \\ & ".join(rows) + r" \end{aligned}"
    if free(body) - {variable}:
        raise Unknown("a custom function of more than one scalar")
    return Line(text, key)


def _rows_of(text: str, sign: str) -> list[str]:
    """`text` on one row, or with what follows `sign` on a second one where it is too wide."""
    left, _, right = text.partition(f" {sign} ")
    return [text] if width(text) <= ROOM else [left, rf"\quad {sign} {right}"]


def _derivation(page: _Page, lines: Lines, traced: Traced, name: str, source: Source) -> Derivation:
    record, symbols = traced.record, page.symbols
    used = _names(lines)
    everything = Printer(symbols.of, frozenset(), {})
    rows = tuple(_rows(lines, traced, symbols, everything, source))
    status = "opaque" if any(key in used for key in record.opaques) else "static"
    plan = Plan(
        traced.target,
        traced.method,
        traced.kind,
        traced.typing.guesses,
        tuple(record.inputs.values()),
        tuple(record.hypers.values()),
        tuple(record.opaques.values()),
        tuple(f"{item.at}" for item in traced.outputs),
        tuple(traced.conditions),
        tuple(record.divisible),
        _notation(lines, traced, symbols),
        tuple(record.functions),
        extra=tuple(item.name for item in lines.main),
        arrays=record.arrays,
        positive=(*_lengths(lines), *record.fitting),
        settings=record.settings,
        callbacks=record.callbacks,
        thresholds=thresholds(lines) if record.numbers else (),
    )
    draws = [
        f"${symbols.of[key]}$ is drawn at random"
        for key, item in record.inputs.items()
        if item.role == "random" and key in used
    ]
    assumptions = (
        *draws,
        *_axes(traced, symbols, used, everything),
        *record.assumptions,
        *(_stated(cond, traced, symbols) for cond in traced.conditions),
    )
    return Derivation(
        name,
        status,
        tuple(line.latex for line in page.lines),
        rows,
        tuple(dict.fromkeys(assumptions)),
        "",
        source,
        tuple(page.lines),
        plan,
    )


def _lengths(lines: Lines) -> Iterable[Expr]:
    """Sizes that must not be less than one, those that depend on the round of a loop at its last."""
    for item in (*lines.main, *lines.where):
        last = {name: size for name, size in item.ranges if not free(size)}
        yield from dict.fromkeys(subst(size, last) for _, size in item.ranges)


def _stated(cond: Expr, traced: Traced, symbols: Symbols) -> str:
    for item in walk(cond):
        if isinstance(item, Sym) and item.name not in symbols.of and item.name not in ("pi", "inf"):
            symbols.give(item.name, "size" if item.name not in traced.record.hypers else "scalar")
    return f"${Printer(symbols.of, frozenset(), {}).show(cond)}$"


def _axes(traced: Traced, symbols: Symbols, used: set[str], printer: Printer) -> Iterable[str]:
    for item in traced.record.inputs.values():
        if item.role not in ("argument", "constructor"):
            continue
        shape = ", ".join(_size_text(size, symbols) for size in item.sizes)
        kind = ""
        if item.kind == "label" and item.classes is not None:
            last = _size_text(item.classes, symbols)
            kind = f", whole numbers counted from 1 up to {last} (from 0 in the code)"
        if item.kind == "mask":
            kind = ", 0 or 1"
        yield f"{item.source.removeprefix('init.')} has axes ({shape}){kind}"


def _size_text(size: Expr, symbols: Symbols) -> str:
    return Printer(symbols.of, frozenset(), {}).show(size)


def _notation(lines: Lines, traced: Traced, symbols: Symbols) -> dict[str, Entry]:
    """What the reader must know: every symbol, its kind and its axes."""
    record = traced.record
    found: dict[str, Entry] = {}
    tables = {item.name: tuple(_product(axis) for axis in item.axes) for item in (*lines.main, *lines.where)}
    for name, symbol in symbols.of.items():
        if name in tables:
            found[symbol] = Entry("tensor", name, tables[name])
        elif name in record.inputs:
            found[symbol] = Entry("tensor", name, record.inputs[name].sizes)
        elif name in record.functions or record.callbacks.get(name) == "each":
            found[symbol] = Entry("operator", name)
        elif name in record.callbacks:
            found[symbol] = Entry("function", name)
        elif name in record.opaques:
            found[symbol] = Entry("function", name, record.opaques[name].sizes)
        else:
            found[symbol] = Entry("scalar", name)
    if len(found) != len(symbols.of):
        raise Unknown("two names with one symbol")
    return found


def _product(axis: tuple[tuple[str, Expr], ...]) -> Expr:
    return ar.product_of(size for _, size in axis)


def _rows(
    lines: Lines, traced: Traced, symbols: Symbols, printer: Printer, source: Source
) -> Iterable[Symbol]:
    record = traced.record
    made = {item.name: item for item in (*lines.main, *lines.where)}
    for name, symbol in symbols.of.items():
        if name in made:
            item = made[name]
            kind = "output" if item in lines.main else "intermediate"
            scope = printer.bind(item.ranges)
            axes = tuple(scope.show(_product(axis)) for axis in item.axes)
            yield Symbol(symbol, name.rpartition(":")[2], kind, axes, _at(source, item.line))
        elif name in record.inputs:
            given = record.inputs[name]
            meaning = {"parameter": "parameter", "random": "random draw", "upstream": "gradient from above"}
            axes = tuple(printer.show(size) for size in given.sizes)
            yield Symbol(
                symbol,
                given.source.removeprefix("init."),
                meaning.get(given.role, "argument"),
                axes,
                _at(source, given.line),
            )
        elif name in record.hypers:
            hyper = record.hypers[name]
            yield Symbol(
                symbol, name, "size" if hyper.whole else "hyper-parameter", (), _at(source, hyper.line)
            )
        elif name in record.functions or name in record.opaques or name in record.callbacks:
            yield Symbol(symbol, name, "layer" if name in record.opaques else "function", (), _at(source, 0))
        else:
            yield Symbol(symbol, name, "size", (), _at(source, 0))


def _at(source: Source, line: int) -> Source:
    return replace(source, line=line or source.line, key="")
