"""LaTeX equations derived from source text, and their numeric check against the code."""

from paperback.code.equations.check import Verdict, verify
from paperback.code.equations.derivation import Derivation, Line, Symbol
from paperback.code.equations.derive import derive, derive_all
from paperback.code.equations.establish import Established, establish

__all__ = [
    "Derivation",
    "Established",
    "Line",
    "Symbol",
    "Verdict",
    "derive",
    "derive_all",
    "establish",
    "verify",
]
