"""Formulas: LaTeX that is safe to typeset, as a MathML tree."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from paperback.render.math_commands import COMMANDS, ENVIRONMENTS

_LONGEST = 4000
_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{([^{}]*)\}")
_ENVIRONMENT_NAME = re.compile(r"(\\(?:begin|end)\s*\{)([^{}]*)\}")
_ENTITIES = {"&ApplyFunction;": "\u2061", "&InvisibleTimes;": "\u2062"}
_BREAKING = re.compile(r"\\\\|\\begin(?![A-Za-z])|\\end(?![A-Za-z])|\\.|&")
# Names that MathML's converter lacks, and what it draws the same way.
_SAME = {
    "dotsb": "cdots", "dotsc": "ldots", "smallsetminus": "setminus", "widetilde": "tilde",
    "overrightarrow": "vec",
}  # fmt: skip
_SAME_ENVIRONMENTS = {"gathered": "aligned", "smallmatrix": "matrix"}
_NUMBERING = re.compile(r"\\(?:label\s*\{[^{}]*\}|nonumber(?![A-Za-z])|notag(?![A-Za-z]))")


def clean_formula(latex: str) -> str:
    r"""The formula on one line, unnumbered: `\label` is dropped and `align` becomes `aligned`.

    The document numbers its formulas, so nothing inside one may. Lines broken outside of any environment are
    put into `aligned`, where both LaTeX and MathML break them.
    """
    line = " ".join(_NUMBERING.sub("", latex).split())
    line = re.sub(r"\\(begin|end)\s*\{(align|gather)\*?\}", r"\\\1{\2ed}", line)
    depth = 0
    for found in _BREAKING.finditer(line):
        depth += {"\\begin": 1, "\\end": -1}.get(found[0], 0)
        if depth == 0 and found[0] in ("\\\\", "&"):
            return rf"\begin{{aligned}} {line} \end{{aligned}}"
    return line


def why_not_math(latex: str) -> str:
    """Why the formula cannot be typeset, a phrase without a full stop; empty when it can be.

    Only commands of a closed list that both LaTeX (with amsmath and amssymb) and MathML know are let
    through, so nothing that an author wrote can define a macro, read a file or end the formula.
    """
    if len(latex) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    bare = latex.replace(r"\\", "  ").replace(r"\%", "").replace(r"\#", "").replace(r"\$", "")
    bare = bare.replace(r"\{", "").replace(r"\}", "")
    for character in "%#$~":
        if character in bare:
            return f"it holds a bare {character}"
    for name in _ENVIRONMENT.findall(latex):
        if name not in ENVIRONMENTS:
            return f"the environment {name} is not known"
    for command in _COMMAND.findall(latex):
        if command not in COMMANDS:
            return f"the command \\{command} is not known"
    return "" if latex.strip() and _convert(latex, display=True) is not None else "it does not parse"


def to_mathml(latex: str, *, display: bool) -> str:
    """The formula as one `math` element, or an empty text where `why_not_math` has an answer."""
    return "" if why_not_math(latex) else (_convert(latex, display=display) or "")


def math_tree(latex: str, *, display: bool) -> ElementTree.Element | None:
    """The formula as a MathML tree without name spaces, or None where `why_not_math` has an answer."""
    text = to_mathml(latex, display=display)
    for name, character in _ENTITIES.items():
        text = text.replace(name, character)
    try:
        return ElementTree.fromstring(text) if text else None
    except ElementTree.ParseError:
        return None


@lru_cache(maxsize=1024)
def _convert(latex: str, *, display: bool) -> str | None:
    import math_core

    known = _ENVIRONMENT_NAME.sub(lambda m: m[1] + _SAME_ENVIRONMENTS.get(m[2], m[2]) + "}", latex)
    known = _COMMAND.sub(lambda m: "\\" + _SAME.get(m[1], m[1]), known)
    try:
        converter = math_core.LatexToMathML(fancy_error=False)
        return str(converter.convert_with_local_state(known, displaystyle=display))
    except (math_core.LatexError, ValueError):
        return None
