"""Formulas as Typst, walked from their MathML."""

from xml.etree.ElementTree import Element

from paperback.render.mathml import math_tree
from paperback.render.typst_text import quoted

_INVISIBLE = "\u2061\u2062\u2063\u2064\u200b\ufe00\ufe01"
_ACCENTS = {
    "ˆ": "hat", "^": "hat", "\u0302": "hat", "~": "tilde", "˜": "tilde", "\u0303": "tilde", "∼": "tilde",
    "¯": "macron", "‾": "overline", "\u0332": "overline", "_": "overline", "→": "arrow", "\u20d7": "arrow",
    "˙": "dot", "\u0307": "dot", "¨": "dot.double", "\u0308": "dot.double", "˘": "breve", "ˇ": "caron",
    "´": "acute", "`": "grave", "⏞": "overbrace", "⏟": "underbrace", "―": "overline", "\u0305": "overline",
}  # fmt: skip
_UNDER = {"_": "underline", "¯": "underline", "\u0332": "underline", "‾": "underline", "⏟": "underbrace"}
_WRAPPERS = frozenset(("math", "mrow", "mstyle", "mpadded", "semantics", "mtd", "merror"))


class UnknownMathError(Exception):
    """The MathML holds an element that Typst has no word for."""


def typst_formula(latex: str, *, display: bool) -> str | None:
    """The formula as Typst markup, or None where it holds something that Typst has no word for."""
    tree = math_tree(latex, display=display)
    if tree is None:
        return None
    try:
        body = _node(tree)
    except UnknownMathError:
        return None
    return f"$ {body} $" if display else f"${body}$"


def _node(node: Element) -> str:
    if node.tag in _WRAPPERS:
        return _row(node)
    if node.tag in _WRITERS:
        return _WRITERS[node.tag](node)
    raise UnknownMathError(node.tag)


def _row(node: Element) -> str:
    children = list(node)
    first, last = (children[0], children[-1]) if children else (None, None)
    fenced = (
        len(children) > 2 and first is not None and last is not None and _is_fence(first) and _is_fence(last)
    )
    if fenced and node.tag == "mrow" and first is not None and last is not None:
        # Only \left and \right make a row of a fence on either side; those grow with what they hold.
        inner = " ".join(filter(None, (_node(child) for child in children[1:-1])))
        return f"lr({_fence(first)} {inner} {_fence(last)})"
    return " ".join(filter(None, (_node(child) for child in children)))


def _is_fence(node: Element) -> bool:
    return node.tag == "mo" and node.get("stretchy") != "false" and (_text(node) in "()[]{}|‖⟨⟩⌊⌋⌈⌉/")


def _fence(node: Element) -> str:
    return "".join(f"\\{character}" if character.isascii() else character for character in _text(node))


def _text(node: Element) -> str:
    return "".join(c for c in "".join(node.itertext()) if c not in _INVISIBLE)


def _mi(node: Element) -> str:
    name = _text(node)
    if len(name) > 1:
        return f"op({quoted(name)})"
    if not name:
        return ""
    return f"upright({_sign(name)})" if node.get("mathvariant") == "normal" else _sign(name)


def _mn(node: Element) -> str:
    text = _text(node)
    return text if text.isdecimal() and text.isascii() else quoted(text)


def _mo(node: Element) -> str:
    return " ".join(_sign(character) for character in _text(node))


def _sign(character: str) -> str:
    """One character of a formula: letters bare, punctuation escaped, so that none is read as markup."""
    if character in "|‖":
        # Typst would set a bare bar as a relation, with space on both sides.
        return f'class("normal", {character if character == "‖" else chr(92) + character})'
    if character.isascii():
        return character if character.isalnum() else f"\\{character}"
    return character


def _mtext(node: Element) -> str:
    return quoted("".join(node.itertext()))


def _space(node: Element) -> str:
    width = node.get("width", "") or node.get("style", "").removeprefix("margin-left:").rstrip(";")
    # \! takes back the space that TeX puts before \left; Typst puts none, so letters would overlap.
    return f"#h({width});" if width.endswith("em") and _is_number(width[:-2]) and width[0] != "-" else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _script(node: Element) -> str:
    base, *scripts = list(node)
    names = {"msub": "b", "munder": "b", "msup": "t", "mover": "t"}.get(node.tag)
    places = [names] if names else ["b", "t"]
    body = _node(base) or '""'
    if node.tag in ("munder", "munderover", "mover") and not _is_operator(base):
        body = f"limits({body})"
    placed = ", ".join(f"{p}: {_argument(s)}" for p, s in zip(places, scripts, strict=True))
    return f"attach({body}, {placed})"


def _is_operator(base: Element) -> bool:
    return _text(base) in "∑∏∐∫⋃⋂⋁⋀⨁⨂" and bool(_text(base))


def _argument(node: Element) -> str:
    return _node(node) or '""'


def _over(node: Element) -> str:
    base, mark = list(node)
    name = _ACCENTS.get(_text(mark)) if mark.tag == "mo" else None
    return f"{name}({_argument(base)})" if name else _script(node)


def _under(node: Element) -> str:
    base, mark = list(node)
    name = _UNDER.get(_text(mark)) if mark.tag == "mo" else None
    return f"{name}({_argument(base)})" if name else _script(node)


def _fraction(node: Element) -> str:
    above, below = list(node)
    if node.get("linethickness", "") in ("0", "0pt", "0px"):
        return f"mat(delim: #none, {_argument(above)}; {_argument(below)})"
    style = "display" if "displaystyle" in node.attrib and node.get("displaystyle") == "true" else ""
    body = f"frac({_argument(above)}, {_argument(below)})"
    return f"display({body})" if style else body


def _root(node: Element) -> str:
    base, index = list(node)
    return f"root({_argument(index)}, {_argument(base)})"


def _table(node: Element) -> str:
    rows = [[_node(cell) or '""' for cell in row] for row in node]
    first = node.find("mtr/mtd")
    style = first.get("style", "") if first is not None else ""
    left = "text-align: left" in style
    if "text-align: right" in style:
        # Pairs of columns that meet at a relation: Typst aligns them at each ampersand.
        return " \\ ".join(" & ".join(row) for row in rows)
    body = "; ".join(", ".join(row) for row in rows)
    return f"mat(delim: #none, align: #{'left' if left else 'center'}, column-gap: #1em, {body})"


def _enclosed(node: Element) -> str:
    return f"#box(stroke: 0.5pt, inset: 3pt, baseline: 3pt, ${_row(node)}$);"


def _nothing(node: Element) -> str:
    del node
    return ""


def _hidden(node: Element) -> str:
    return f"#hide(${_row(node)}$);"


_WRITERS = {
    "mi": _mi, "mn": _mn, "mo": _mo, "mtext": _mtext, "mspace": _space, "msub": _script, "msup": _script,
    "msubsup": _script, "munderover": _script, "munder": _under, "mover": _over, "mfrac": _fraction,
    "msqrt": lambda node: f"sqrt({_row(node) or chr(34) * 2})", "mroot": _root, "mtable": _table,
    "menclose": _enclosed, "mphantom": _hidden, "annotation": _nothing, "mprescripts": _nothing,
}  # fmt: skip
