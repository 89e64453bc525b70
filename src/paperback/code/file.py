"""Everything that one file says."""

import re
from pathlib import Path

from paperback.code.assembled import read_assembled, read_function_components
from paperback.code.classes import read_classes, read_functions
from paperback.code.datasets import read_data
from paperback.code.entry import dynamic_imports, entry_reason, is_named_test, is_test
from paperback.code.facts import FileFacts
from paperback.code.hyperparameters import read_hyperparameters
from paperback.code.loops import read_loops
from paperback.code.losses import read_library_losses, read_loss_uses
from paperback.code.names import Import
from paperback.code.optimisers import read_optimisers
from paperback.code.parse import Parsed, Text, parse_file
from paperback.code.scopes import FileScopes, read_scopes
from paperback.code.seeds import read_seeds
from paperback.code.training import read_changes, read_estimators
from paperback.code.vocabulary import FRAMEWORKS, MATTERS
from paperback.finding import Finding

_EXECUTES = re.compile(rb"^\s*exec\s*\(", re.M)


def read_file(path: Path, root: Path) -> FileFacts:
    """The facts of one file, names not yet followed into other files."""
    parsed = parse_file(path, root)
    if parsed.tree is None:
        return _empty(parsed)
    return _facts(read_scopes(parsed.text, parsed.tree), parsed)


def _empty(parsed: Parsed) -> FileFacts:
    text = parsed.text
    return FileFacts(text.path, text.digest, _count(text), test=is_test(text.path), findings=parsed.findings)


def _count(text: Text) -> int:
    return len(text.lines) - (1 if text.lines and not text.lines[-1] else 0)


def _matters(text: Text) -> bool:
    return bool(MATTERS.search(b"\n".join(text.lines)))


def _facts(file: FileScopes, parsed: Parsed) -> FileFacts:
    text = file.text
    top = [scope.name for scope in (*file.functions, *file.classes) if "." not in scope.name]
    reason = entry_reason(file)
    # `char_cnn_test.py` with a command line of its own is an experiment.
    test = is_test(text.path) and not (reason == "command line" and is_named_test(text.path))
    links = FileFacts(
        text.path,
        text.digest,
        _count(text),
        entry="" if test else reason,
        test=test,
        imports=tuple(file.imports),
        aliases=file.aliases,
        defined=frozenset(top),
        dynamic=tuple(dict.fromkeys(dynamic_imports(file))),
        findings=parsed.findings,
    )
    return _with_facts(links, file) if _matters(text) and not test else links


def _with_facts(links: FileFacts, file: FileScopes) -> FileFacts:
    values = {name: getattr(links, name) for name in FileFacts.__slots__}
    return FileFacts(
        **values
        | {
            "classes": tuple(read_classes(file)),
            "functions": (*read_functions(file), *read_assembled(file), *read_function_components(file)),
            "losses": tuple(read_library_losses(file)),
            "uses": tuple(read_loss_uses(file)),
            "made": tuple(read_optimisers(file)),
            "loops": tuple(read_loops(file)),
            "hyperparameters": tuple(read_hyperparameters(file)),
            "data": tuple(read_data(file)),
            "seeds": tuple(read_seeds(file)),
            "changes": tuple(read_changes(file)),
            "estimators": tuple(read_estimators(file)),
            "frameworks": _frameworks(file.imports),
            "findings": (*links.findings, *_executed(file)),
        }
    )


def _frameworks(imports: list[Import]) -> tuple[str, ...]:
    roots = (item.module.partition(".")[0] for item in imports)
    return tuple(FRAMEWORKS[root] for root in roots if root in FRAMEWORKS)


def _executed(file: FileScopes) -> list[Finding]:
    places = [
        file.text.place(site.node) for scope in file.all() for site in scope.calls if site.written == "exec"
    ]
    if not places or not _EXECUTES.search(b"\n".join(file.text.lines)):
        return []
    message = f"{places[0]} executes text as code; what it defines is not known here"
    return [Finding("executed-text", message, (places[0],), "State the values it sets in notes.md.")]
