"""What is shown: tables and graphs as values, in the order that serves the claims."""

from paperback.story.graph import Curve, Graph, Panel
from paperback.story.order import Story, arrange
from paperback.story.table import Table

__all__ = ["Curve", "Graph", "Panel", "Story", "Table", "arrange"]
