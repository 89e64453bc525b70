"""Which arguments are tensors, of which axes, and which are scalars: assumptions to try in order."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from paperback.code.equations.argument_names import (
    HOLDERS,
    INDICES,
    LABELS,
    MASKS,
    MEASURES,
    OPTIONAL_OFF,
    SCALARS,
    SHAPES,
    STRUCTURAL,
    WEAK,
    WHOLE,
    is_scalar_name,
)
from paperback.code.equations.documented import documented

MOST_TYPINGS = 600
# Losses of real numbers whose names hold that of a loss of labels.
_NO_LABELS = (
    r"binary_cross_entropy|BinaryCrossEntropy|sigmoid_cross_entropy"
    r"|(gaussian|poisson)_nll_loss|(Gaussian|Poisson)NLLLoss|self\.\w*nll_loss"
)
_OF_TENSORS = {"shape", "dtype", "device", "ndim", "T", "weight", "bias", "data"}
_LISTS = re.compile(r"(list|List|Sequence|Iterable|tuple|Tuple)\[(torch\.)?Tensor(, \.\.\.)?\]")


@dataclass(frozen=True, slots=True)
class Guess:
    """What one argument is taken to be.

    Attributes:
        role: "tensor", "real" (a scalar symbol), "whole" (a size symbol), "number" (on both sides of each
            threshold), "optimizer" (whose groups of parameters are written), "constant", "size" (of an axis),
            "default", "tuple" or "list" (of tensors with the names in `value`), "settings" (an object that
            holds them) or "callable".
        axes: Size letters of a tensor.
        kind: "real", "label", "mask" for a tensor.
        value: What a constant is; of labels the size that they count up to, where that is known.
    """

    role: str
    axes: tuple[str, ...] = ()
    kind: str = "real"
    value: Any = None
    documented: bool = False


LETTERS = (Guess("size", ("C",)), Guess("size", ("D",)))


@dataclass(frozen=True, slots=True)
class Typing:
    """One assumption about every argument, constructor arguments under `init.`."""

    guesses: dict[str, Guess] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signature:
    """The arguments of what is derived, and the words of its source that hint at shapes."""

    arguments: tuple[tuple[str, ast.expr | None, ast.expr | None, bool], ...]
    text: str
    compares_labels: bool
    uses_labels: bool
    axis_lines: tuple[str, ...]
    code: str = ""


def signature(nodes: list[ast.FunctionDef], doc: str, *, init: ast.FunctionDef | None) -> Signature:
    """Arguments of the constructor `init` and of the first of `nodes`, and hints from all of them."""
    arguments = []
    for node, is_init in ((init, True), (nodes[0], False)):
        if node is None:
            continue
        spec = node.args
        names = [*spec.posonlyargs, *spec.args]
        defaults: list[ast.expr | None] = [None] * (len(names) - len(spec.defaults)) + list(spec.defaults)
        pairs = [*zip(names, defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
        for arg, default in pairs:
            if arg.arg not in ("self", "cls", "ctx"):
                arguments.append((arg.arg, arg.annotation, default, is_init))
    text = "\n".join(
        [doc, *(ast.get_docstring(node) or "" for node in nodes), *(ast.unparse(n) for n in nodes)]
    )
    code = "\n".join(ast.unparse(node) for node in (*nodes, init) if node is not None)
    return Signature(tuple(arguments), text, _compares(nodes), _indexes(text), _axes(nodes), code)


def _compares(nodes: list[ast.FunctionDef]) -> bool:
    return any(_compares_labels(item) for node in nodes for item in ast.walk(node))


def _compares_labels(item: ast.AST) -> bool:
    if isinstance(item, ast.Attribute):
        return item.attr in ("eq", "ne")
    if not (isinstance(item, ast.Compare) and isinstance(item.ops[0], ast.Eq | ast.NotEq)):
        return False
    sides = (item.left, item.comparators[0])
    if any(isinstance(side, ast.Constant) for side in sides):
        return False
    return bool(re.search(r"label|target|\by\b", ast.unparse(item)))


def _indexes(text: str) -> bool:
    words = (
        "gather",
        "one_hot",
        "cross_entropy",
        "nll_loss",
        "CrossEntropy",
        "NLLLoss",
        "scatter",
        ".long()",
        "index_select",
        "sparse_categorical",
        "take_along_axis",
        "arange(len(",
    )
    if re.search(r"\[[^\[\]]*\b\w*(idx|index|indices|perm)\w*\b", text):
        return True
    plain = re.sub(_NO_LABELS, "", text)
    return any(word in plain for word in words)


def _axes(nodes: list[ast.FunctionDef]) -> tuple[str, ...]:
    """Lines that name an axis: all of them stand for the method itself, each for itself elsewhere."""
    words = (
        "dim=",
        "dim =",
        "dim)",
        "axis=",
        "softmax",
        "normalize",
        ".t()",
        ".T)",
        ".T ",
        "matmul",
        "mm(",
        "cosine",
        " @ ",
        "shape[1]",
        "size(1)",
        "sum(1)",
        "sum(-1)",
        "mean(1)",
        "cdist",
        "pairwise",
        "cross_entropy",
        "logsumexp",
        "triplet",
        "norm(",
        "[:, ",
        "argmax",
        "transpose",
        "batchmean",
        "kl_divergence",
    )
    found: list[str] = []
    for at, node in enumerate(nodes):
        lines = re.sub("binary_cross_entropy|sigmoid_cross_entropy", "", ast.unparse(node)).splitlines()
        hits = [line for line in lines if any(word in line for word in words)]
        found += ["*"] if hits and at == 0 else hits
    return tuple(found)


def _on_axes(name: str, sig: Signature) -> bool:
    return any(line == "*" or re.search(rf"\b{re.escape(name)}\b", line) for line in sig.axis_lines)


def _annotation(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def guesses(signature: Signature, *, init: bool) -> dict[str, list[Guess]]:
    """For every argument what it may be, likeliest first."""
    found = {}
    for name, annotation, default, is_init in signature.arguments:
        if is_init == init:
            found[("init." if is_init else "") + name] = _options(
                name, _annotation(annotation), default, signature, init
            )
    return found


def _options(name: str, annotation: str, default: ast.expr | None, sig: Signature, init: bool) -> list[Guess]:
    value = _literal(default)
    if default is not None and value is not ...:
        return _with_default(name, annotation, value, sig, init)
    if default is not None:
        return [Guess("default")]
    special = _special(name, annotation, sig, init)
    if special:
        return special
    if "Tensor" in annotation or "Array" in annotation or "ndarray" in annotation:
        return _tensors(name, sig)
    if annotation.startswith("float"):
        return [Guess("real")]
    if annotation.replace(" ", "") in ("Optional[float]", "float|None"):
        return [Guess("real"), Guess("constant", value=None)]
    if annotation.startswith("int"):
        letters = [*_documented_sizes(sig), *LETTERS]
        return [Guess("whole"), *letters, Guess("constant", value=2), Guess("constant", value=3)]
    if annotation.startswith("bool"):
        return [Guess("constant", value=True), Guess("constant", value=False)]
    if annotation.startswith("str"):
        return [Guess("constant", value="mean")]
    if WHOLE.search(name) or name in ("dim", "channels", "features", "heads", "depth", "width"):
        return [Guess("whole"), *LETTERS, Guess("constant", value=2), *([] if init else _tensors(name, sig))]
    if is_scalar_name(name) and (init or name not in WEAK):
        return [Guess("real"), *_tensors(name, sig)]
    return [Guess("real"), Guess("whole"), *_tensors(name, sig)[:3]] if init else _tensors(name, sig)


def _special(name: str, annotation: str, sig: Signature, init: bool) -> list[Guess]:
    """What an argument is that is neither a tensor nor a number; empty where it is one."""
    if _holds_settings(name, annotation, sig.code, init):
        return [Guess("settings", value={})]
    if _is_called(name, annotation, sig.code) and not MEASURES.search(name):
        return [Guess("callable")]
    parts = _unpacked(name, annotation, sig.code)
    if parts:
        real = [guess for guess in _tensors(name, sig) if guess.kind == "real"]
        return [replace(guess, role="tuple", value=parts) for guess in real[:4]]
    if _LISTS.fullmatch(annotation):
        return [as_list(name, guess) for guess in _tensors(name, sig) if guess.kind == "real"][:5]
    return []


def _holds_settings(name: str, annotation: str, code: str, init: bool) -> bool:
    """Whether an argument holds settings: by its name, or where a constructor only reads from it."""
    if HOLDERS.match(name):
        return bool(re.search(rf"\b{name}\.\w", code))
    body = re.sub(r"def \w+\(.*", "", code)
    read = re.findall(rf"\b{name}\.(\w+)\b(?!\()", body)
    only = len(re.findall(rf"\b{name}\b", body)) == len(read) > 0
    return init and only and not (set(read) & _OF_TENSORS or "Tensor" in annotation)


def _is_called(name: str, annotation: str, code: str) -> bool:
    if "Callable" in annotation or re.fullmatch(r"((torch\.)?nn\.)?Module", annotation):
        return True
    kept = [name, *(rf"self\.{attr}" for attr in re.findall(rf"self\.(\w+) = {name}\b(?!\()", code))]
    return not annotation and any(re.search(rf"(?<![\w.]){item}\(", code) for item in kept)


def _unpacked(name: str, annotation: str, code: str) -> tuple[str, ...]:
    """The names that the code gives the members of a tuple of tensors."""
    found = re.search(rf"^\s*\(?(\w+(?:, \w+)+)\)? = {name}$", code, re.M)
    if found:
        return tuple(found.group(1).split(", "))
    if re.match(r"[Tt]uple\[(torch\.)?Tensor, (torch\.)?Tensor\]$", annotation):
        return f"{name}_first", f"{name}_second"
    return ()


def as_list(name: str, guess: Guess) -> Guess:
    """A list of tensors as `guess` is one, taken to hold two."""
    parts = (f"{name}_1", f"{name}_2")
    return replace(guess, role="list", kind="real", value=parts, documented=False)


def _documented_sizes(sig: Signature) -> list[Guess]:
    """Sizes of axes that the words of the source name, other than those that are tried anyway."""
    found = [documented(name, sig.text) or () for name, *_ in sig.arguments]
    tried = {guess.axes[0] for guess in LETTERS} | {"N"}
    letters = dict.fromkeys(letter for axes in found for letter in axes)
    return [Guess("size", (letter,)) for letter in letters if letter.isalpha() and letter not in tried]


def _literal(node: ast.expr | None) -> Any:
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ...


def _with_default(name: str, annotation: str, value: Any, sig: Signature, init: bool) -> list[Guess]:
    if value is None and _is_called(name, annotation, sig.code) and not MEASURES.search(name):
        return [Guess("callable"), Guess("constant", value=None)]
    if value is None:
        given = _tensors(name, sig) if "Tensor" in annotation or not annotation else []
        if init or name in OPTIONAL_OFF or not given:
            scalar = [Guess("real")] if "float" in annotation else []
            return [Guess("constant", value=None), *scalar, *given[:4]]
        return [*given, Guess("constant", value=None)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [Guess("constant", value=value)]
    real = isinstance(value, float) or annotation.startswith("float") or name in SCALARS
    if name in STRUCTURAL and isinstance(value, int) and not (name == "p" and isinstance(value, float)):
        return [Guess("constant", value=value)]
    if real and abs(value) != float("inf"):
        return [Guess("real", value=value), Guess("constant", value=value)]
    if WHOLE.search(name) and value > 2:
        return [Guess("whole", value=value), Guess("constant", value=value)]
    return [Guess("constant", value=value)]


def _tensors(name: str, sig: Signature) -> list[Guess]:
    shapes = list(SHAPES)
    if _on_axes(name, sig):
        shapes[:2] = [shapes[1], shapes[0]]
    doc = documented(name, sig.text)
    if doc is not None:
        shapes = [doc, *(shape for shape in shapes if shape != doc)]
    real = [Guess("tensor", shape, documented=shape == doc) for shape in shapes]
    if name in MASKS or name.endswith("mask"):
        return [Guess("tensor", shape, "mask") for shape in shapes[:4]] + real[:2]
    if name in LABELS or INDICES.search(name) or name.endswith(("label", "labels", "target", "targets")):
        tops = [doc] if doc else []
        labels = [
            Guess("tensor", s, "label", None, s == doc)
            for s in (*tops, ("N",), ("N", "H", "W"), ("N", "T"), ("N", "C"))
        ]
        if re.search("perm", name):
            labels.insert(0, Guess("tensor", ("N",), "label", "N"))
        return [*labels, *real] if sig.uses_labels or sig.compares_labels else [*real, *labels]
    return real


def typings(sig: Signature) -> Iterator[Typing]:
    """Assumptions about all arguments together: equal axes and first choices first."""
    options = {**guesses(sig, init=True), **guesses(sig, init=False)}
    names = list(options)
    limited = [options[name][:9] for name in names]
    ranked: list[tuple[float, int, tuple[Guess, ...]]] = []
    for count, choice in enumerate(product(*(range(len(item)) for item in limited))):
        if count > 40_000:
            break
        picked = tuple(item[at] for item, at in zip(limited, choice, strict=True))
        ranked.append((_cost(picked, choice), count, picked))
    ranked.sort(key=lambda item: item[:2])
    for _, _, picked in ranked[:MOST_TYPINGS]:
        yield Typing(dict(zip(names, picked, strict=True)))


def _cost(picked: tuple[Guess, ...], choice: tuple[int, ...]) -> float:
    """Later choices cost more; tensors of unrelated shapes cost more than those of one shape."""
    cost = 0.0
    shapes = [
        guess.axes
        for guess in picked
        if guess.role == "tensor" and guess.kind == "real" and not guess.documented
    ]
    cost += 0.3 * max(choice[at] for at in range(len(choice))) if choice else 0
    cost += sum(0.05 * at for at in choice)
    cost += 2.0 * (len(set(shapes)) - 1 if shapes else 0)
    labels = [guess for guess in picked if guess.kind in ("label", "mask")]
    for guess in labels:
        if shapes and not (set(guess.axes) <= set(max(shapes, key=lambda shape: len(tuple(shape))))):
            cost += 2.0
        if (
            shapes
            and guess.kind == "label"
            and len(max(shapes, key=lambda shape: len(tuple(shape)))) - len(guess.axes) not in (0, 1)
        ):
            cost += 0.8
        if guess.kind == "label" and guess.axes in shapes:
            cost += 1.2
    cost += sum(
        _detour(guess)
        for guess, at in zip(picked, choice, strict=True)
        if guess.role not in ("tensor", "size", "tuple", "list") and at
    )
    return cost


def _detour(guess: Guess) -> float:
    """The price of another reading of a scalar; its own default as a constant is the cheapest."""
    return 0.6 if guess.role == "constant" and guess.value is not None else 1.5
