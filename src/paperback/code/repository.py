"""Names followed from file to file."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from paperback.code.facts import ClassFacts, FileFacts
from paperback.code.vocabulary import FORWARD, family

_LONGEST_TRAIL = 12
_NETWORK_LIBRARIES = (
    "torch", "timm", "transformers", "lightning", "pytorch_lightning", "torchvision", "keras", "flax",
    "monai", "mmcv", "mmengine", "fairseq", "detectron2", "allennlp", "stable_baselines3", "kornia",
)  # fmt: skip
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Repository:
    """All files, with the means to find what a name stands for.

    Attributes:
        suffixes: Every dotted ending of a module's path to the files that have it.
        families: Family of each class that was looked up; filled as questions are asked.
        imported: The files that a file imports; filled likewise.
    """

    files: Mapping[str, FileFacts]
    suffixes: Mapping[str, tuple[str, ...]]
    classes: Mapping[Place, ClassFacts]
    families: dict[Place, str] = field(default_factory=dict)
    imported: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find_file(self, module: str, importer: str) -> str | None:
        """The file that `module` names when it is imported in the file `importer`."""
        if module.startswith("."):
            base = module.lstrip(".").replace(".", "/")
            options = (f"{base}.py", f"{base}/__init__.py" if base else "__init__.py")
            return next((path for path in options if path in self.files), None)
        found = self.suffixes.get(module, ())
        if module.partition(".")[0] in sys.stdlib_module_names:
            return None
        fitting = [path for path in found if self._importable(path, module, importer)]
        return max(fitting, key=lambda path: (_shared(path, importer), -len(path))) if fitting else None

    def _importable(self, path: str, module: str, importer: str) -> bool:
        # The folder above the module must be one that Python would search: the importer's own or an
        # ancestor of it, or a folder that is not itself a package.
        tail = module.replace(".", "/")
        base = path.removesuffix("/__init__.py").removesuffix(".py").removesuffix(tail).rstrip("/")
        folder = importer.rpartition("/")[0]
        inside = not base or folder == base or folder.startswith(f"{base}/")
        package = f"{base}/__init__.py" in self.files if base else False
        return not package or (inside and folder == base)

    def find(self, name: str, importer: str) -> Place | None:
        """The file and top-level name that the resolved `name` stands for; None outside the repository."""
        for _ in range(_LONGEST_TRAIL):
            file = self.files.get(importer)
            if file is None:
                return None
            head = name.partition(".")[0]
            if head in file.defined and not name.startswith("."):
                return importer, name
            rest, path = self._split(name, importer)
            if path is None:
                return self._through_stars(file, name)
            if not rest:
                return None
            target = self.files[path]
            head = rest.partition(".")[0]
            if head in target.defined:
                return path, rest
            onward = target.aliases.get(head)
            if onward is None:
                return self._through_stars(target, rest)
            name, importer = onward + rest[len(head) :], path
        return None

    def _split(self, name: str, importer: str) -> tuple[str, str | None]:
        module, rest = name, ""
        while module.strip("."):
            path = self.find_file(module, importer)
            if path is not None:
                return rest, path
            module, _, tail = module.rpartition(".")
            rest = f"{tail}.{rest}" if rest else tail
        return rest, self.find_file(module, importer) if module else None

    def _through_stars(self, file: FileFacts, rest: str) -> Place | None:
        for item in file.imports:
            if item.name == "*":
                path = self.find_file(item.module, file.path)
                if path is not None and rest.partition(".")[0] in self.files[path].defined:
                    return path, rest
        return None

    def family_at(self, place: Place, depth: int = 0) -> str:
        """Family of a class of the repository, through all its bases."""
        if place in self.families:
            return self.families[place]
        self.families[place] = ""
        facts = self.classes.get(place)
        if facts is None or depth > 60:
            return ""
        found = [self._base(base, place[0], depth) for base in facts.bases]
        result = next((item for item in ("autograd", "loss", "module") if item in found), "")
        result = result or next((item for item in found if item), "") or _by_methods(facts)
        self.families[place] = result
        return result

    def _base(self, base: str, importer: str, depth: int) -> str:
        known = family(base)
        if known is not None:
            return known
        place = self.find(base, importer)
        return self.family_at(place, depth + 1) if place is not None else ""


def _by_methods(facts: ClassFacts) -> str:
    # A base from a library of networks that the tables do not list, with a forward of its own.
    outside = any(base.partition(".")[0] in _NETWORK_LIBRARIES for base in facts.bases)
    return "module" if outside and any(method in FORWARD for method in facts.methods) else ""


def link(files: Iterable[FileFacts]) -> Repository:
    """The repository of these files."""
    by_path = {file.path: file for file in files}
    suffixes: dict[str, list[str]] = {}
    for path in by_path:
        if path.endswith(".py"):
            for ending in _endings(path):
                suffixes.setdefault(ending, []).append(path)
    classes = {(file.path, facts.name): facts for file in by_path.values() for facts in file.classes}
    return Repository(by_path, {name: tuple(paths) for name, paths in suffixes.items()}, classes)


def _endings(path: str) -> list[str]:
    parts: Sequence[str] = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return [".".join(parts[start:]) for start in range(len(parts))]


def _shared(one: str, other: str) -> int:
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    count = 0
    for left, right in pairs:
        if left != right:
            break
        count += 1
    return count
