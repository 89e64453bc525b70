"""Objectives: what a training loop differentiates, sliced from its statements and derived."""

from paperback.code.objectives.find import find_objectives
from paperback.code.objectives.place import derive_place, establish_place, is_line, place_slice

__all__ = [
    "derive_place",
    "establish_place",
    "find_objectives",
    "is_line",
    "place_slice",
]
