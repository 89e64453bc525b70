"""Words as HTML."""

from paperback.render.words import BREAK, breakable, printable

_SCHEMES = ("https://", "http://", "mailto:")


def escape(words: str) -> str:
    """`words` as HTML text or attribute value in which every character stands for itself."""
    text = printable(words).replace(BREAK, "")
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(character, entity)
    return text


def escape_breakable(words: str) -> str:
    """`escape`, with places to break inside overlong words."""
    return "<wbr>".join(escape(piece) for piece in breakable(words).split(BREAK))


def is_web_address(url: str) -> bool:
    """Whether a link may lead there; a script in an address may not."""
    return printable(url).strip().lower().startswith(_SCHEMES)
