"""Expressions of the code as a paper would write them: without devices, casts and library prefixes."""

import ast
import copy
from collections.abc import Mapping

from paperback.code.names import dotted, resolve

_MOVES = frozenset(
    {"to", "cuda", "cpu", "item", "numpy", "float", "double", "long", "int", "half", "bool", "contiguous",
     "clone", "tolist", "requires_grad_", "eval", "train", "astype", "block_until_ready"}
)  # fmt: skip
_LIBRARIES = (
    "torch",
    "numpy",
    "jax",
    "tensorflow",
    "keras",
    "optax",
    "flax",
    "copy",
    "math",
    "random",
    "tqdm",
)
SETTINGS = frozenset(
    {"args", "arg", "config", "cfg", "conf", "hparams", "hps", "hp", "flags", "FLAGS", "opts", "opt",
     "settings", "options", "optim", "self.args", "self.config", "self.cfg", "self.hparams", "self.opt"}
)  # fmt: skip
_LONGEST = 110


def plain(node: ast.AST, aliases: Mapping[str, str], given: Mapping[str, ast.expr] | None = None) -> str:
    """An expression as source text without what only moves, casts or names a library.

    Args:
        node: An expression or the target of an assignment.
        aliases: What the names of the file were imported as.
        given: What the parameters of an expanded function stand for.
    """
    try:
        shown = _Plain(aliases, given or {}).visit(copy.deepcopy(node))
        text = " ".join(ast.unparse(ast.fix_missing_locations(shown)).split())
    except (RecursionError, ValueError, AttributeError, KeyError, TypeError):
        return "…"
    text = text[1:-1] if isinstance(node, ast.Tuple) and text.startswith("(") else text
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class _Plain(ast.NodeTransformer):
    def __init__(self, aliases: Mapping[str, str], given: Mapping[str, ast.expr]) -> None:
        self.aliases = aliases
        self.given = given

    def shown(self, node: ast.expr) -> ast.expr:
        result: ast.expr = self.visit(node)
        return result

    def visit_Name(self, node: ast.Name) -> ast.expr:
        standing = self.given.get(node.id)
        return _Plain(self.aliases, {}).shown(copy.deepcopy(standing)) if standing is not None else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        name = dotted(node)
        owner, _, tail = name.rpartition(".")
        library = resolve(name, self.aliases).partition(".")[0] in _LIBRARIES and "()" not in name
        if library or owner in SETTINGS or owner == "self" or tail in ("data", "device"):
            return ast.Name(tail) if tail != "data" else self.visit(node.value)
        self.generic_visit(node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        match node.slice:
            case ast.Constant(value=str(key)) if dotted(node.value) in SETTINGS or self._setting(node.value):
                return ast.Name(key)
        self.generic_visit(node)
        return node

    def _setting(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Subscript) and dotted(node.value) in SETTINGS

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehended(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehended(node)

    def _comprehended(self, node: ast.ListComp | ast.GeneratorExp) -> ast.expr:
        """What a comprehension runs over, where it gives each element as it is."""
        self.generic_visit(node)
        match node:
            case (
                ast.ListComp(
                    elt=ast.Name(id=name), generators=[ast.comprehension(ast.Name(id=each), over, [])]
                )
                | ast.GeneratorExp(
                    elt=ast.Name(id=name), generators=[ast.comprehension(ast.Name(id=each), over, [])]
                )
            ) if name == each:
                return over
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        written = dotted(node.func)
        tail = written.rpartition(".")[2]
        if isinstance(node.func, ast.Attribute):
            if tail in _MOVES and node.args and written.partition(".")[0] in _LIBRARIES:
                # `torch.clone(x)`
                return self.shown(node.args[0])
            if tail in _MOVES and resolve(written, self.aliases) == written:
                return self.shown(node.func.value)
            if tail == "detach":
                return ast.Call(ast.Name("stop_gradient"), [self.visit(node.func.value)], [])
            if tail in ("state_dict", "parameters") and not node.args:
                return ast.Call(ast.Name("parameters"), [self.visit(node.func.value)], [])
            if tail == "forward":
                return self.shown(ast.Call(node.func.value, node.args, node.keywords))
        if tail in ("deepcopy", "tqdm", "trange", "list", "as_tensor", "from_numpy", "Tensor", "tensor") and (
            len(node.args) >= 1 and tail != "trange"
        ):
            return self.shown(node.args[0])
        node.keywords = [
            item for item in node.keywords if item.arg not in ("device", "dtype", "non_blocking")
        ]
        self.generic_visit(node)
        return node
