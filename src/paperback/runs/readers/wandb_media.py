"""W&B's images, histograms and tables, which are no metrics."""

from collections.abc import Mapping
from typing import Any

from paperback.runs.readers.wandb_message import Path


def without_media(value: Mapping[str, Any]) -> dict[str, Any]:
    """`value` without histograms, images and tables, which are dictionaries with a `_type`."""
    if "_type" in value:
        return {}
    return {k: without_media(v) if isinstance(v, dict) else v for k, v in value.items()}


def is_inside(path: Path, media: set[Path]) -> bool:
    """Whether the key is one of W&B's own, or part of an image, a histogram or a table."""
    return path[0].startswith("_") or any(path[:end] in media for end in range(1, len(path)))
