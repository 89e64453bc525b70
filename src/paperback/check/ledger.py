"""The ledger's numbers, as the check reads them back from evidence.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paperback.errors import ReadError
from paperback.evidence import Recipe


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the ledger.

    Attributes:
        id: Its name, stable from build to build.
        printed: The texts it is printed as.
        value: As it was computed when the paper was built.
        recipe: How it is computed again.
    """

    id: str
    printed: tuple[str, ...]
    value: float
    recipe: Recipe

    def address(self) -> str:
        """What the number is, in one line: `value of mean test accuracy (method=mlp, dataset=adult)`."""
        arguments = self.recipe.arguments
        words = [str(arguments[key]) for key in ("reduce", "split", "metric", "key") if arguments.get(key)]
        pairs = {
            key: arguments[key] for key in ("method", "over", "dataset", "of") if _is_text(arguments, key)
        }
        pairs |= arguments.get("where") or {}
        where = ", ".join(f"{key}={value}" for key, value in pairs.items())
        what = " ".join(words) or f"a {self.recipe.kind}"
        return f"{self.recipe.field} of {what}" + (f" ({where})" if where else "")


def entries_of(ledger: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Every number of `ledger`, in the order of print.

    Raises:
        ReadError: An entry lacks a part.
    """
    try:
        return tuple(
            Entry(
                item["id"],
                tuple(item["printed"]),
                float(item["value"]),
                Recipe(item["recipe"]["kind"], item["recipe"]["field"], item["recipe"]["arguments"]),
            )
            for item in ledger["numbers"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(f"evidence.json is damaged: {error!r}", mend="Build the paper again.") from error


def _is_text(arguments: Mapping[str, Any], key: str) -> bool:
    return isinstance(arguments.get(key), str) and bool(arguments[key])
