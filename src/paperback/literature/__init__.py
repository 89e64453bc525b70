"""What others did: the bibliography."""

from paperback.literature.bibliography import Bibliography, read_bibliography
from paperback.literature.reference import Reference

__all__ = ["Bibliography", "Reference", "read_bibliography"]
