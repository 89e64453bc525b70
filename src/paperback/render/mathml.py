"""Formulas: LaTeX that is safe to typeset, as a MathML tree."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from paperback.render.math_commands import COMMANDS, ENVIRONMENTS

_LONGEST = 4000
_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{([^{}]*)\}")
_ENTITIES = {"&ApplyFunction;": "\u2061", "&InvisibleTimes;": "\u2062"}
_NUMBERING = re.compile(r"\\(?:label\s*\{[^{}]*\}|nonumber(?![A-Za-z])|notag(?![A-Za-z]))")


def clean_formula(latex: str) -> str:
    """The formula without what only numbers or names it (`\\label`, `\\nonumber`) and without outer blanks."""
    return " ".join(_NUMBERING.sub("", latex).split())


def why_not_math(latex: str) -> str:
    """Why the formula cannot be typeset, a phrase without a full stop; empty when it can be.

    Only commands of a closed list that both LaTeX (with amsmath and amssymb) and MathML know are let through, so
    nothing that an author wrote can define a macro, read a file or end the formula.
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

    # The aligned variants carry no equation number of their own: the document numbers formulas.
    unnumbered = re.sub(r"\\(begin|end)\s*\{(align|gather)\*?\}", r"\\\1{\2ed}", latex)
    try:
        converter = math_core.LatexToMathML(fancy_error=False)
        return str(converter.convert_with_local_state(unnumbered, displaystyle=display))
    except (math_core.LatexError, ValueError):
        return None
