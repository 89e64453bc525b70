"""How a document becomes files: LaTeX, one HTML page, Typst, drawings and the PDF."""

from paperback.render.folder import keep_edits, put
from paperback.render.graphs import draw, draw_all
from paperback.render.html import write_html
from paperback.render.latex import write_latex
from paperback.render.listing import Listing, SpreadName, print_listing
from paperback.render.pdf import Made, make_pdf
from paperback.render.typst import write_typst

__all__ = [
    "Listing",
    "Made",
    "SpreadName",
    "draw",
    "draw_all",
    "keep_edits",
    "make_pdf",
    "print_listing",
    "put",
    "write_html",
    "write_latex",
    "write_typst",
]
