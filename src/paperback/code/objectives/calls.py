"""Which calls of a script are computed in the formula, and which stay letters."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from paperback.code.equations.calls import BUILTINS
from paperback.code.equations.library import OPERATIONS
from paperback.code.equations.sources import Defined, Imported, Lib, SourceFile, Sources
from paperback.code.names import dotted, last
from paperback.code.objectives.refused import Refused
from paperback.code.vocabulary import family, is_loss, looks_capital

Kind = Literal["computed", "loss", "moved", "opaque"]
TENSOR_FACTS = frozenset({"shape", "T", "mT", "data", "ndim", "dtype", "device", "is_cuda", "requires_grad"})
SILENT_CALLS = ("no_grad", "inference_mode", "set_grad_enabled(False)")
_MOVES = frozenset({"cuda", "cpu", "contiguous", "numpy", "from_numpy", "Variable", "pin_memory", "to_local"})
_MOVED_TO = re.compile(r"device|cuda|rank|gpu|cpu|non_blocking", re.I)
_OUTSIDE = (
    "torch.distributions.", "torch.utils.", "torch.optim.", "torch.autograd.", "torch.distributed.",
    "torch.load", "torch.func.", "torch.jit.", "torch.compile", "torch.cuda.", "torch.backends.",
    "numpy.random.", "torch.vmap", "torch.no_grad", "torch.nn.utils.", "torch.nn.parallel.",
    "optax.incremental_update", "optax.apply_updates",
)  # fmt: skip
_COMPUTE = (
    "torch.", "numpy.", "math.", "einops.", "jax.numpy.", "jax.nn.", "jax.lax.stop_gradient", "optax.",
    "jax.scipy.special.", "tensorflow.math.", "tensorflow.reduce_", "tensorflow.square", "tensorflow.nn.",
)  # fmt: skip
_OF_NETWORKS = frozenset(
    {"parameters", "named_parameters", "train", "eval", "state_dict", "load_state_dict", "zero_grad",
     "modules"}
)  # fmt: skip
_OF_LISTS = ("append", "extend", "insert", "items", "keys")
_PRIVATE_METHODS = frozenset({"fill", "zero", "index_add", "scatter_add", "index_select", "masked_scatter"})
# Operations that are functions of the library and not methods of a tensor.
_NO_METHODS = re.compile(
    r"^(array|as_tensor|asarray|average|tensor|arange|eye|linspace|ones|zeros|stack|Tensor|Parameter"
    r"|FloatTensor|empty|full|rand|randn|one_hot|cat|concat\w*|where|normalize|meshgrid|reduce_\w+"
    r"|stop_gradient|linear|\w+_loss|copy)$"
)


def check_spelled_out(call: ast.Call) -> None:
    """Refuse a constructor that takes settings which stand elsewhere, because its defaults may not hold.

    Raises:
        Refused: It is given `*settings` or `**settings`.
    """
    if any(isinstance(part, ast.Starred) for part in call.args) or any(
        word.arg is None for word in call.keywords
    ):
        raise Refused(f"the settings of `{ast.unparse(call)}` stand elsewhere", call.lineno)


@dataclass(slots=True)
class Callees:
    """What the names of one file stand for when they are called.

    Attributes:
        networks: Dotted names whose parameters are trained, switched or loaded somewhere in the file.
        losses: Dotted name to the constructor of the loss that it is bound to, where there is one only.
        models: Dotted name to the class of the repository that it is an instance of, where there is one only.
    """

    sources: Sources
    file: SourceFile
    networks: frozenset[str]
    losses: dict[str, ast.Call]
    models: dict[str, Defined] = field(default_factory=dict)

    def stands(self, name: str) -> bool:
        """Whether a bare name is a module, class, function or built-in rather than a value of the script."""
        found = self.sources.resolve(self.file, name)
        if isinstance(found, Lib | Imported):
            return True
        if isinstance(found, Defined):
            return isinstance(found.node, ast.FunctionDef | ast.ClassDef)
        return name in BUILTINS and name not in self.file.names

    def library(self, function: ast.expr) -> str:
        """The dotted name of a library's function or class; empty for anything else."""
        head, dot, rest = dotted(function).partition(".")
        found = self.sources.resolve(self.file, head)
        if isinstance(found, Lib):
            return found.name + dot + rest
        if found is None and not dot and head in BUILTINS:
            return f"builtins.{head}"
        return ""

    def defined(self, function: ast.expr) -> ast.FunctionDef | ast.ClassDef | None:
        """The definition in the repository that a bare or module-qualified name calls."""
        head, _, rest = dotted(function).partition(".")
        found = self.sources.resolve(self.file, head)
        if isinstance(found, Imported) and rest:
            found = self.sources.resolve(found.file, rest)
        elif rest:
            return None
        if isinstance(found, Defined) and isinstance(found.node, ast.FunctionDef | ast.ClassDef):
            return found.node
        return None

    def loss(self, function: ast.expr) -> ast.Call | None:
        """The constructor of a loss that `function` is, or is bound to."""
        written = dotted(function)
        if written in self.losses:
            return self.losses[written]
        return function if isinstance(function, ast.Call) and self.makes_loss(function) else None

    def makes_loss(self, call: ast.Call) -> bool:
        """Whether a call makes an object that computes a loss: a library's or the repository's."""
        if is_loss(self.library(call.func)) and looks_capital(last(dotted(call.func))):
            return True
        found = self.defined(call.func)
        return isinstance(found, ast.ClassDef) and (
            bool(re.search(r"(loss|criterion)", found.name, re.I)) or self._holds_nothing(found)
        )

    def _holds_nothing(self, node: ast.ClassDef) -> bool:
        """Whether a class computes on several arguments and has no layers and no parameters of its own."""
        methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        forward = next((item for item in methods if item.name in ("forward", "__call__")), None)
        if forward is None or len(forward.args.args) < 3:
            return False
        made = [item.func for item in ast.walk(node) if isinstance(item, ast.Call)]
        return not any(looks_capital(last(dotted(item))) and not is_loss(self.library(item)) for item in made)

    def makes_network(self, value: ast.expr) -> bool:
        """Whether a value is a new module that is no loss."""
        if not isinstance(value, ast.Call) or self.makes_loss(value):
            return False
        found = self.defined(value.func)
        bases = [last(dotted(base)) for base in found.bases] if isinstance(found, ast.ClassDef) else []
        return family(self.library(value.func)) == "module" or any("Module" in base for base in bases)

    def kind(self, call: ast.Call) -> Kind:
        """How a call is read; of methods, the object is looked at by the caller."""
        name = last(dotted(call.func))
        if self.loss(call.func) is not None:
            return "loss"
        if _moves(call, name):
            return "moved"
        library = self.library(call.func)
        if library:
            return "computed" if _computes(library) else "opaque"
        if self.defined(call.func) is not None:
            function = isinstance(self.defined(call.func), ast.FunctionDef)
            given = [*call.args, *(word.value for word in call.keywords)]
            # A function that is given nothing draws or loads what it gives.
            known = function and given and not any(self.is_network(item) for item in given)
            return "computed" if known else "opaque"
        if isinstance(call.func, ast.Attribute) and name in _OF_LISTS:
            return "computed"
        if isinstance(call.func, ast.Attribute) and is_tensor_method(name):
            return "opaque" if self.is_network(call.func.value) else "computed"
        return "opaque"

    def is_network(self, node: ast.expr) -> bool:
        return dotted(node) in self.networks


def is_tensor_method(name: str) -> bool:
    """Whether tensors have a method of this name that is a computation."""
    stem = name[:-1] if name.endswith("_") and not name.endswith("__") else name
    return (stem in OPERATIONS and not _NO_METHODS.match(stem)) or stem in _PRIVATE_METHODS


def _moves(call: ast.Call, name: str) -> bool:
    """Whether a call only moves a tensor to another device or library."""
    if name == "to" and isinstance(call.func, ast.Attribute):
        words = " ".join([*map(ast.unparse, call.args), *(word.arg or "" for word in call.keywords)])
        return bool(_MOVED_TO.search(words)) or not call.args
    return name in _MOVES


def moved(call: ast.Call) -> ast.expr:
    """What a call that only moves it gives back."""
    if isinstance(call.func, ast.Attribute) and last(dotted(call.func)) not in ("from_numpy", "Variable"):
        return call.func.value
    if not call.args:
        return call
    return call.args[0]


def _computes(library: str) -> bool:
    if library.startswith("builtins."):
        return True
    if library.startswith(_OUTSIDE) or not library.startswith(_COMPUTE):
        return False
    return not (library.startswith("torch.nn.") and looks_capital(last(library)))


def read_callees(sources: Sources, file: SourceFile, nodes: Sequence[ast.AST]) -> Callees:
    """What the names of `file` stand for, from all nodes of its tree."""
    made = Callees(sources, file, frozenset(), {})
    networks = {
        dotted(node.func.value)
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _OF_NETWORKS
    }
    made.networks = frozenset(name for name in networks if "()" not in name)
    bound: dict[str, list[ast.expr]] = {}
    for node in nodes:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            for part, value in _paired(target, node.value):  # type: ignore[attr-defined]
                given = _unmoved(value)
                if dotted(given) != dotted(part):
                    bound.setdefault(dotted(part), []).append(given)
    made.networks |= {name for name, values in bound.items() if any(map(made.makes_network, values))} - {"()"}
    made.models = _instances(made, bound)
    for name, values in bound.items():
        first = values[0]
        same = all(ast.dump(value) == ast.dump(first) for value in values)
        if same and isinstance(first, ast.Call) and made.makes_loss(first):
            made.losses[name] = first
    return made


def _instances(made: Callees, bound: dict[str, list[ast.expr]]) -> dict[str, Defined]:
    """Names that are bound to instances of one class of the repository."""
    found: dict[str, Defined] = {}
    for name, values in bound.items():
        heads = [dotted(value.func) for value in values if isinstance(value, ast.Call)]
        classes = [made.sources.resolve(made.file, head) for head in heads if "." not in head]
        own = [item for item in classes if isinstance(item, Defined) and isinstance(item.node, ast.ClassDef)]
        if own and all(item.node is own[0].node for item in own):
            found[name] = own[0]
    return found


def _paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Targets with their values; those of a tuple one by one."""
    match target, value:
        case ast.Tuple(elts=parts), ast.Tuple(elts=values) if len(parts) == len(values):
            return list(zip(parts, values, strict=True))
    return [(target, value)]


def _unmoved(value: ast.expr) -> ast.expr:
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr not in ("to", "cuda", "cpu"):
            break
        value = value.func.value
    return value


def is_silent(item: ast.withitem) -> bool:
    """Whether no gradient is taken in a `with` block."""
    words = ast.unparse(item.context_expr)
    return any(name in words for name in SILENT_CALLS)
