"""evidence.json as a file: read back and written."""

import json
from pathlib import Path
from typing import Any

from paperback.errors import ReadError

FILE = "evidence.json"
FORMAT = 1
_PARTS = {"numbers": list, "claims": list, "outline": dict, "typed": list, "files": dict, "findings": list}


def read_ledger(folder: Path) -> dict[str, Any]:
    """The ledger that a build left in `folder`.

    Raises:
        ReadError: There is none, or it is damaged.
    """
    path = folder / FILE
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReadError(f"{path} is missing", mend="Build the paper first: paperback build") from None
    except (OSError, ValueError) as error:
        raise ReadError(f"{path} is not readable: {error}", mend="Build the paper again.") from error
    if not isinstance(ledger, dict) or ledger.get("format") != FORMAT:
        raise ReadError(f"{path} is not a ledger of format {FORMAT}", mend="Build the paper again.")
    for part, kind in _PARTS.items():
        if not isinstance(ledger.get(part), kind):
            raise ReadError(f"{path} is damaged: it lacks {part!r}", mend="Build the paper again.")
    return ledger


def write_ledger(ledger: dict[str, Any]) -> str:
    """`ledger` as the text of evidence.json."""
    return json.dumps(ledger, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=False) + "\n"
