"""All that a paper is written from."""

from dataclasses import dataclass

from paperback.claims import Verdict
from paperback.code import Inventory
from paperback.code.stated import Statement
from paperback.evidence import Study
from paperback.literature import Bibliography
from paperback.notes import Notes
from paperback.runs import RunTable
from paperback.settings import Settings
from paperback.story import Story


@dataclass(frozen=True, slots=True)
class Material:
    """All that a paper is written from; nothing else enters it.

    Attributes:
        name: The repository's name, used where the author gave no title.
    """

    name: str
    settings: Settings
    inventory: Inventory
    table: RunTable
    study: Study
    verdicts: tuple[Verdict, ...]
    story: Story
    notes: Notes
    bibliography: Bibliography
    equations: tuple[Statement, ...] = ()

    def method(self, logged: str) -> str:
        """How a method is printed."""
        return self.settings.name("method", logged)

    def dataset(self, logged: str) -> str:
        """How a data set is printed."""
        return self.settings.name("dataset", logged)
