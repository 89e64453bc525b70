"""Whether a file is an entry point, a test or a library file."""

import ast
import re
from collections.abc import Iterator

from paperback.code.names import last, resolve
from paperback.code.scopes import FileScopes

_TEST = re.compile(
    r"(^|/)(tests?|testing|docs?|benchmarks?)/|(^|/)(test_[^/]*|[^/]*_test|conftest|setup|noxfile|fabfile)\.py$"
)
_COMMAND_LINE = frozenset(
    {"argparse.ArgumentParser", "tyro.cli", "click.command", "fire.Fire", "hydra.main", "typer.Typer",
     "absl.app.run", "jsonargparse.CLI", "simple_parsing.ArgumentParser", "transformers.HfArgumentParser"}
)  # fmt: skip


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests, the documentation or the packaging."""
    return bool(_TEST.search(path))


def is_named_test(path: str) -> bool:
    """Whether only the end of its name makes a file a test: `model_test.py`, outside a folder of tests."""
    folder, _, name = path.rpartition("/")
    return name.endswith("_test.py") and not _TEST.search(f"{folder}/model.py")


def entry_reason(file: FileScopes) -> str:
    """Why the file is an entry point; empty for a library file."""
    if file.text.cells:
        return "notebook"
    if any(
        resolve(site.written, file.aliases) in _COMMAND_LINE for scope in file.all() for site in scope.calls
    ):
        return "command line"
    if any(isinstance(node, ast.If) and is_main_guard(node) for node in file.module.nodes):
        return "main guard"
    loops = any(isinstance(node, ast.For | ast.While) for node in file.module.nodes)
    fits = any(last(site.written) in ("backward", "fit") for site in file.module.calls)
    return "script" if loops or fits else ""


def is_main_guard(node: ast.If) -> bool:
    """Whether a condition is true only where the file is run as a script."""
    match node.test:
        case ast.Compare(left=ast.Name(id="__name__")) | ast.Compare(comparators=[ast.Name(id="__name__")]):
            return True
    return False


def dynamic_imports(file: FileScopes) -> Iterator[str]:
    """Prefix of every module that is imported by a name made at run time; `*` where no prefix is known."""
    for scope in file.all():
        for site in scope.calls:
            if (
                last(site.written) in ("import_module", "__import__", "get_class", "instantiate")
                and site.node.args
            ):
                yield _prefix(site.node.args[0]) or "*"


def _prefix(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(name)):
            return name
        case ast.JoinedStr(values=[ast.Constant(value=str(name)), *_]):
            return name.rstrip(".")
        case ast.BinOp(left=ast.Constant(value=str(name)), op=ast.Add()):
            return name.rstrip(".")
    return ""
