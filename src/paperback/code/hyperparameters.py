"""Settings that the code offers: options of a command line, fields of configurations, constants."""

import ast
import re
from collections.abc import Iterator, Sequence

from paperback.code.inventory import HyperParameter
from paperback.code.names import dotted, last, resolve
from paperback.code.scopes import CallSite, FileScopes

_CONFIGURATION = re.compile(
    r"(Config|Configuration|Args|Arguments|Params|Parameters|HParams|Hyper\w*|Settings|Options)$"
)
_OPTIONS = ("click.option", "typer.Option", "absl.flags.DEFINE_float", "absl.flags.DEFINE_integer")
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")
_SETTING = re.compile(r"^[a-z][a-z0-9_]*$")


def read_hyperparameters(file: FileScopes) -> Iterator[HyperParameter]:
    """Every setting in the file, in the order of the text within each kind."""
    for scope in file.all():
        for site in scope.calls:
            yield from _argparse(file, site)
            yield from _click(file, site)
    for scope in file.classes:
        if isinstance(scope.node, ast.ClassDef) and _is_configuration(file, scope.node):
            yield from _fields(file, scope.node)
    yield from _constants(file)


def _argparse(file: FileScopes, site: CallSite) -> Iterator[HyperParameter]:
    if last(site.written) in ("add_argument", "add_arg") and (name := _option(site.node.args)):
        yield HyperParameter(
            name, *_default_and_help(file, site.node), "argparse", file.text.place(site.node)
        )


def _click(file: FileScopes, site: CallSite) -> Iterator[HyperParameter]:
    target = resolve(site.written, file.aliases)
    if target in _OPTIONS and (name := _option(site.node.args)):
        yield HyperParameter(name, *_default_and_help(file, site.node), "click", file.text.place(site.node))


def _option(arguments: Sequence[ast.expr]) -> str:
    words = [
        item.value for item in arguments if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
    if not words:
        return ""
    # `--lr/--no-lr` offers two spellings of one switch.
    long = next((word for word in words if word.startswith("--")), words[0])
    name = long.split("/")[0].lstrip("-").replace("-", "_")
    return name if name.isidentifier() else ""


def _default_and_help(file: FileScopes, call: ast.Call) -> tuple[str, str]:
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    default = file.text.of(named["default"]) if "default" in named else ""
    if not default and isinstance(action := named.get("action"), ast.Constant):
        default = {"store_true": "False", "store_false": "True"}.get(str(action.value), "")
    return default, _words(named.get("help"))


def _words(node: ast.expr | None) -> str:
    if node is None:
        return ""
    return (
        " ".join(node.value.split()) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    )


def _is_configuration(file: FileScopes, node: ast.ClassDef) -> bool:
    decorated = any(
        "dataclass" in dotted(item.func if isinstance(item, ast.Call) else item)
        for item in node.decorator_list
    )
    based = any(last(dotted(base)) in ("NamedTuple", "BaseModel", "TypedDict") for base in node.bases)
    return bool(_CONFIGURATION.search(node.name)) and (decorated or based or not node.bases)


def _fields(file: FileScopes, node: ast.ClassDef) -> Iterator[HyperParameter]:
    for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case _:
                continue
        default, words = _field_default(file, value)
        if isinstance(after, ast.Expr) and not words:
            words = _words(after.value)
        words = words or _comment(file, statement)
        yield HyperParameter(name, default, words, "dataclass", file.text.place(statement))


def _field_default(file: FileScopes, value: ast.expr | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    if not (isinstance(value, ast.Call) and last(dotted(value.func)) in ("field", "Field")):
        return file.text.of(value), ""
    named = {keyword.arg: keyword.value for keyword in value.keywords if keyword.arg}
    words = _words(named.get("description") or named.get("help"))
    match named.get("metadata"):
        case ast.Dict(keys=keys, values=values):
            words = next(
                (_words(v) for k, v in zip(keys, values, strict=True) if k and _words(k) == "help"), words
            )
    default = named.get("default") or named.get("default_factory") or (value.args[0] if value.args else None)
    return (file.text.of(default) if default else ""), words


def _comment(file: FileScopes, statement: ast.stmt) -> str:
    line = file.text.line(statement.end_lineno or statement.lineno)
    rest = line.encode()[statement.end_col_offset or 0 :].decode(errors="replace")
    return rest.strip().lstrip("#").strip() if rest.strip().startswith("#") else ""


def _constants(file: FileScopes) -> Iterator[HyperParameter]:
    """Numbers at the top of a module; lower-case names too where it runs a configuration file over itself."""
    body = file.module.node.body
    configured = next((i for i, statement in enumerate(body) if _executes(statement)), 0)
    for i, statement in enumerate(body):
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                setting = i < configured and _SETTING.match(name) and isinstance(value, ast.Constant)
                if setting or (_CONSTANT.match(name) and _is_number(value)):
                    place = file.text.place(statement)
                    yield HyperParameter(
                        name, file.text.of(value), _comment(file, statement), "constant", place
                    )


def _executes(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id="exec"))):
            return True
    return False


def _is_number(node: ast.expr, depth: int = 0) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.UnaryOp(operand=operand):
            return depth < 9 and _is_number(operand, depth + 1)
        case ast.BinOp(left=left, right=right):
            return depth < 9 and _is_number(left, depth + 1) and _is_number(right, depth + 1)
    return False
