"""Numbers about the source code, with the recipe that reads them again."""

from paperback.code import Inventory
from paperback.code.record import FILE, Recorded
from paperback.errors import EvidenceError
from paperback.evidence import Quantity, Recipe
from paperback.source import Source

_COUNTED = ("modules", "autograd", "losses", "optimisers", "loops", "hyperparameters", "data")


def code_count(inventory: Inventory, what: str) -> Quantity:
    """How many `what` the code has: `files`, `lines`, `level`, or a kind of fact such as `modules`."""
    return Quantity(_count(inventory, what), Recipe("code", what), sources=tuple(_sources(inventory, what)))


def recompute_code(recipe: Recipe, inventory: Inventory) -> float:
    """The number of a recipe of the kind `code`, read from `inventory`."""
    if "place" in recipe.arguments:
        found = inventory.checked.get(recipe.arguments["place"])
        if found is None:
            raise EvidenceError(f"{FILE} says nothing of {recipe.arguments['place']}")
        return float(getattr(found, recipe.field))
    return _count(inventory, recipe.field)


def checked(found: Recorded, what: str) -> Quantity:
    """What the check of an equation found: `points`, `error` or `gradient_error`."""
    recipe = Recipe("code", what, {"place": found.place})
    return Quantity(float(getattr(found, what)), recipe, sources=(Source(FILE, key=found.place),))


def _count(inventory: Inventory, what: str) -> float:
    if what == "files":
        return float(len(inventory.files))
    if what == "lines":
        return float(inventory.lines)
    if what == "level":
        return float(inventory.level.number if inventory.level else 0)
    return float(len(getattr(inventory, what)))


def _sources(inventory: Inventory, what: str) -> list[Source]:
    if what in _COUNTED:
        return [fact.source for fact in getattr(inventory, what)]
    if what == "level" and inventory.level:
        return [source for _, source in inventory.level.reasons]
    return [Source(path, digest=hashed) for path, hashed in inventory.files.items()]
