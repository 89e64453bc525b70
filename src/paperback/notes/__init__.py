"""What only the author knows: the outline, and the answers in notes.md."""

from paperback.notes.markdown import NoteEquation, Notes, read_notes
from paperback.notes.outline import BY_ID, ITEMS, Item

__all__ = ["BY_ID", "ITEMS", "Item", "NoteEquation", "Notes", "read_notes"]
