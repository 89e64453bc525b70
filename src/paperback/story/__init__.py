"""What is shown: tables and graphs as values, in the order that serves the claims."""

from paperback.story.graph import AnyGraph, Curve, Graph, Panel, RankDiagram
from paperback.story.order import Story, arrange
from paperback.story.table import Table

__all__ = ["AnyGraph", "Curve", "Graph", "Panel", "RankDiagram", "Story", "Table", "arrange"]
