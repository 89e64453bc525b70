"""Words as LaTeX: every character stands for itself."""

import unicodedata
from collections.abc import Iterable

from paperback.render.tex_characters import TEX_OF
from paperback.render.words import breakable, printable

# Two of these side by side can melt into one glyph (`--`, ``, ?`, <<) in T1 fonts.
_MELTING = frozenset("-'`,<>?!")
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
}  # fmt: skip
_CODE = {"'": r"\textquotesingle{}"}
# What T1 encodes by itself, so that pdfLaTeX prints the UTF-8 as it stands.
_T1 = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿß"
    "ŒœĂăĄąĆćČčĎďĐđĘęĚěĞğĹĺĽľŁłŃńŇňŊŋŐőŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž"
    "¡¿«»§¶©®°±·×÷¬µ¹²³¼½¾£¥¢¤¦ªº"
)


def escape(words: str) -> str:
    """`words` as LaTeX text in which every character is printed as itself.

    Whatever has no glyph is printed as a small box with its code point; see `boxed`.
    """
    return join(_character(character, {}) for character in printable(words))


def escape_breakable(words: str) -> str:
    """`escape`, with places to break inside overlong words."""
    return join(_character(character, {}) for character in breakable(words))


def escape_code(text: str) -> str:
    """`escape` for a typewriter face: straight quotes, and lines may break inside names."""
    return join(_character(character, _CODE) for character in breakable(text))


def join(pieces: Iterable[str]) -> str:
    """The pieces of LaTeX text one after another, kept from melting together at their seams."""
    whole: list[str] = []
    last = ""
    for piece in pieces:
        if not piece:
            continue
        if last in _MELTING and piece[0] in _MELTING:
            whole.append("{}")
        whole.append(piece)
        last = piece[-1]
    return "".join(whole)


def boxed(words: str) -> list[str]:
    r"""The characters of `words` that LaTeX can only show as a box with their code point."""
    return sorted({c for c in printable(words) if _character(c, {}).startswith(r"\pbmissing")})


def guarded(text: str) -> str:
    r"""`text` for a place after `\\` or `\item`, where a leading bracket or star is read as an option."""
    return "{}" + text if text.lstrip().startswith(("[", "*")) else text


def _character(character: str, first: dict[str, str]) -> str:
    if character in first:
        return first[character]
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in TEX_OF:
        return TEX_OF[character]
    if " " <= character <= "~" or character in _T1:
        return character
    plain = unicodedata.normalize("NFKD", character)
    letters = "".join(part for part in plain if not unicodedata.combining(part))
    if letters != character:
        return "".join(_character(part, first) for part in letters)
    return rf"\pbmissing{{{ord(character):04X}}}"


def tex_formula(formula: str) -> str:
    """The formula in ASCII: letters and signs beyond it as their commands."""
    return "".join(_in_math(character) for character in formula)


def _in_math(character: str) -> str:
    if " " <= character <= "~":
        return character
    tex = TEX_OF.get(character)
    if tex is not None and tex.startswith(r"\ensuremath{"):
        return "{" + tex.removeprefix(r"\ensuremath{")
    return f"\\text{{{escape(character)}}}"
