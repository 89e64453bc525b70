"""What the text of the PDF shows, against the ledger."""

import re
from collections import Counter
from pathlib import Path

from paperback.check.ledger import Entry
from paperback.finding import Finding
from paperback.source import Source

_DASHES = str.maketrans(
    {"−": "-", "‐": "-", "–": "-", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\ufffe": "-", "\x02": "-"}
)
# The text of a PDF knows no raised characters.
_FLAT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def check_pdf(path: Path, entries: tuple[Entry, ...], place: str) -> list[Finding]:
    """A finding for each printed text of the ledger that the PDF's text does not hold.

    The PDF has no names for its numbers, so a text that stands for two numbers is looked for once.

    Args:
        path: The PDF.
        entries: The ledger's numbers.
        place: How findings name the PDF.
    """
    try:
        text = pdf_text(path)
    except FileNotFoundError:
        return []
    # pypdfium2 raises its own error on anything that is no PDF.
    except Exception as error:
        return [Finding("unreadable-pdf", f"{place}: {error}", (Source(place),), "Build the paper again.")]
    tokens = Counter(re.findall(r"[^\s\[\](),;]+", text))
    return [
        Finding(
            "number-not-shown",
            f"{place}: {shown} is not in its text: {entry.address()}",
            (Source(place),),
            "Build the paper again.",
        )
        for entry in entries
        for shown in entry.printed
        if not _stands_in(shown.translate(_DASHES).translate(_FLAT), tokens, text)
    ]


def pdf_text(path: Path) -> str:
    """The text of all pages, dashes and blanks made plain.

    Raises:
        FileNotFoundError: There is no such file.
    """
    import pypdfium2

    if not path.is_file():
        raise FileNotFoundError(path)
    document = pypdfium2.PdfDocument(path)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return "\n".join(pages).translate(_DASHES).translate(_FLAT)


def _stands_in(shown: str, tokens: Counter[str], text: str) -> bool:
    if shown in tokens or shown.rstrip("%") in tokens:
        return True
    # A number before a full stop, or with its unit behind a blank.
    pattern = rf"(?<![\d.]){re.escape(shown).replace(chr(92) + ' ', chr(92) + 's*')}(?![\d])"
    return re.search(pattern, text) is not None
