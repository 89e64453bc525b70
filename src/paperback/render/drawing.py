"""What all drawings share: the typefaces, the ink, and files that are equal to the byte."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["pdf", "svg", "png"]
INK = "#1f2328"


@contextmanager
def drawing_style(salt: str) -> Iterator[None]:
    """Inside, drawings are made in the style of the paper; `salt` makes the ids of an SVG its own."""
    from matplotlib import rc_context

    with rc_context(rc=_settings(salt)), warnings.catch_warnings():
        # A glyph that no typeface has is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        yield


def saved(figure: Figure, format: Format) -> bytes:
    """The figure as a file without date and maker; call it inside of the `drawing_style`."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, metadata=_no_date(format), dpi=160)
    data = buffer.getvalue()
    return _trimmed(data) if format == "svg" else data


def _settings(salt: str) -> Any:
    return {
        "font.family": ["STIXGeneral", "DejaVu Sans"], "font.size": 8.5, "axes.titlesize": 8.5,
        "axes.labelsize": 8.5, "xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "legend.fontsize": 8,
        "pdf.fonttype": 42, "svg.hashsalt": salt, "svg.fonttype": "path", "axes.linewidth": 0.6,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK, "axes.labelcolor": INK,
        "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.unicode_minus": True,
        "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.major.size": 2.5, "ytick.major.size": 2.5,
        "ytick.minor.size": 1.5, "ytick.minor.width": 0.4, "axes.grid": True, "grid.color": "#d5d8dc",
        "grid.linewidth": 0.4, "axes.axisbelow": True, "text.parse_math": False, "figure.dpi": 100,
        "savefig.transparent": True, "path.simplify": True, "text.usetex": False,
        "axes.formatter.use_mathtext": False, "lines.solid_capstyle": "round", "axes.titlepad": 4.0,
        "axes.labelpad": 3.0,
    }  # fmt: skip


def _no_date(format: Format) -> dict[str, Any]:
    if format == "pdf":
        return {"CreationDate": None, "Creator": None, "Producer": None}
    return {"Date": None, "Creator": None} if format == "svg" else {"Software": None}


def _trimmed(svg: bytes) -> bytes:
    """The svg element alone, without the declaration and the empty metadata that name a place on the web."""
    text = svg.decode()
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text[text.index("<svg") :].encode()
