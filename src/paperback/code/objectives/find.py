"""Every objective of a file, sliced and not yet derived."""

import re
from collections.abc import Iterator
from pathlib import Path

from paperback.code.inventory import ObjectiveFact
from paperback.code.objectives.cut import Cut, cut_out
from paperback.code.objectives.derive import read_script
from paperback.code.objectives.refused import Refused
from paperback.errors import ReadError
from paperback.source import Source

# `no_grad()` and `zero_grad()` stand in many more files.
_MARK = re.compile(rb"backward\(|\b(?:filter_)?(?:value_and_)?grad\(|apply_gradient|tape\.gradient\(")


def find_objectives(path: Path, root: Path) -> Iterator[ObjectiveFact]:
    """The objectives of a Python file, in the order of the text; nothing of it is run."""
    try:
        data = path.read_bytes()
        if not _MARK.search(data):
            return
        script = read_script(path, root)
    except (OSError, ReadError):
        return
    for site in script.sites:
        source = Source(script.path, site.line)
        try:
            cut: Cut | Refused = cut_out(site, script.callees, script.choices)
        except Refused as error:
            cut = error
        if isinstance(cut, Refused):
            yield ObjectiveFact(site.name, (), (), str(cut), source)
        else:
            names = tuple(item.name for item in cut.entering)
            yield ObjectiveFact(site.name, names, cut.said, "", source, cut.definition)
