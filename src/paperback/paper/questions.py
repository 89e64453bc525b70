"""What the author is asked: one precise question per open outline item."""

from dataclasses import dataclass
from typing import Literal

from paperback.notes import ITEMS, Item
from paperback.paper.answer import Answer

State = Literal["written", "asked", "missing"]


@dataclass(frozen=True, slots=True)
class ItemState:
    """Where one outline item stands.

    Attributes:
        item: The item.
        state: `written`: it is in the paper; `asked`: its question is open; `missing`: only facts could
            answer it, and there are none.
        by: What answers it: `facts`, `notes`, `facts and notes`, or empty.
        reason: Why it is missing, or does not apply; empty otherwise.
    """

    item: Item
    state: State
    by: str
    reason: str


_MISSING = {
    "S1": "no claim: name the proposal and its baselines in paperback.toml, [study]",
    "S2": "no comparison of methods",
    "S3": "no table or graph",
    "E5": "no results",
    "C6": "no runs",
    "C7": "no claim to take away",
    "A6": "no claim to summarise",
    "L1": "no optimiser and no varying setting was found in code or logs",
    "L2b": "the code changes no architecture",
    "L2c": "the code has no custom loss",
    "L2d": "the code defines no derivative of its own",
    "L2e": "the code has no component with parameters of its own",
    "L3": "the modeling is below level 3",
}


def outline_state(answers: dict[str, Answer]) -> tuple[ItemState, ...]:
    """The state of every outline item, in the order of the outline."""
    return tuple(_state(item, answers[item.id]) for item in ITEMS)


def _state(item: Item, answer: Answer) -> ItemState:
    by = " and ".join(word for word, found in (("facts", answer.facts), ("notes", answer.notes)) if found)
    if by:
        return ItemState(item, "written", by, "")
    if item.question:
        return ItemState(item, "asked", "", "")
    return ItemState(item, "missing", "", _MISSING[item.id])


def questions_page(states: tuple[ItemState, ...], notes: str) -> str:
    """questions.md: every open question under the heading that its answer needs in the notes."""
    asked = [state.item for state in states if state.state == "asked"]
    if not asked:
        return f"# Questions\n\nNone. Every outline item that only the author can answer is in `{notes}`.\n"
    lines = [
        "# Questions",
        "",
        f"Copy a heading into `{notes}` and write the answer under it; the next build uses it.",
        "",
    ]
    for item in asked:
        lines += [f"## {item.id} {item.title}", "", item.question, ""]
    return "\n".join(lines)
