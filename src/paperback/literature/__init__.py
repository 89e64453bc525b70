"""What others did: the bibliography."""

from paperback.literature.reference import Reference

__all__ = ["Reference"]
