"""Syntax trees of single files, parsed again when a question needs more than their facts."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paperback.code.names import dotted, resolve
from paperback.code.parse import parse_file
from paperback.code.repository import Place, Repository
from paperback.code.scopes import FileScopes, Scope, read_scopes

# A closure that grows beyond this is a library, not a model.
_MOST_DEFINITIONS = 400


@dataclass(slots=True)
class Trees:
    """The files of a repository whose trees were asked for."""

    root: Path
    repository: Repository
    known: dict[str, FileScopes | None] = field(default_factory=dict)
    uses: dict[Place, tuple[Place, ...]] = field(default_factory=dict)

    def file(self, path: str) -> FileScopes | None:
        """The scopes of one file; None where it is no Python."""
        if path not in self.known:
            parsed = parse_file(self.root / path, self.root)
            self.known[path] = read_scopes(parsed.text, parsed.tree) if parsed.tree is not None else None
        return self.known[path]

    def scope(self, place: Place) -> Scope | None:
        """The class or function at `place`."""
        file = self.file(place[0])
        if file is None:
            return None
        return next((item for item in (*file.classes, *file.functions) if item.name == place[1]), None)

    def method(self, place: Place, names: tuple[str, ...]) -> tuple[Place, Scope] | None:
        """The first of these methods that the class at `place` defines or inherits, with its class."""
        for owner in self.lineage(place):
            for name in names:
                found = self.scope((owner[0], f"{owner[1]}.{name}"))
                if found is not None:
                    return owner, found
        return None

    def lineage(self, place: Place) -> tuple[Place, ...]:
        """The class at `place` and its bases in the repository, nearest first."""
        found: dict[Place, None] = {}
        waiting = [place]
        while waiting:
            here = waiting.pop(0)
            facts = self.repository.classes.get(here)
            if here in found or facts is None:
                continue
            found[here] = None
            bases = (self.repository.find(base, here[0]) for base in facts.bases)
            waiting += [base for base in bases if base is not None]
        return tuple(found)

    def closure(self, place: Place) -> frozenset[Place]:
        """The top-level definitions that the one at `place` uses, itself included."""
        seen: set[Place] = set()
        waiting = [place]
        while waiting and len(seen) < _MOST_DEFINITIONS:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                if here not in self.uses:
                    self.uses[here] = tuple(dict.fromkeys(self._used(here)))
                waiting += self.uses[here]
        return frozenset(seen)

    def _used(self, place: Place) -> Iterator[Place]:
        file, scope = self.file(place[0]), self.scope(place)
        if file is None or scope is None:
            return
        for node in ast.walk(scope.node):
            if isinstance(node, ast.Name | ast.Attribute):
                found = self.repository.find(resolve(dotted(node), file.aliases), place[0])
                if found is not None:
                    yield found[0], found[1].partition(".")[0]
