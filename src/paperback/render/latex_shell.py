"""The frame of the LaTeX project: preamble, title and the end; a neutral article of our own geometry."""

from collections.abc import Sequence
from importlib.resources import files


def preamble(*, algorithms: bool = False, listings: bool = False) -> str:
    """All before the title: page, packages and the macros that hold numbers.

    Args:
        algorithms: Also the packages of algorithm boxes, which not every installation has.
        listings: Also the float of listings.
    """
    wanted = {"algorithm.tex": algorithms, "listing.tex": listings}
    parts = ["preamble.tex", *(part for part, needed in wanted.items() if needed)]
    return "".join((files("paperback.render") / part).read_text("utf-8") for part in parts)


def title_block(title: str, authors: Sequence[str]) -> str:
    """Title and authors, centred; all arguments are LaTeX."""
    names = r" \quad ".join(authors) or "Anonymous"
    return (
        f"\\title{{{title}}}\n\\author{{{', '.join(authors) or 'Anonymous'}}}\n\n\\begin{{document}}\n\n"
        "\\begin{center}\n"
        f"  {{\\LARGE\\bfseries\\boldmath {title}\\par}}\n"
        f"  \\vspace{{3.2ex}}\n  {{\\large {names}\\par}}\n"
        "\\end{center}\n\\vspace{1.4ex}\n"
        # No table stands above the title.
        "\\suppressfloats[t]\n"
    )


def abstract_block(abstract: str) -> str:
    """The abstract, set narrower; `abstract` is LaTeX."""
    return (
        "\\begin{quote}\n\\small\n\\begin{center}\\bfseries Abstract\\end{center}\n"
        f"\\vspace{{.5ex}}\n\\noindent\\ignorespaces\n{abstract}\n\\end{{quote}}\n\\vspace{{1ex}}\n"
    )


def ending(*, works: bool, footer: str) -> str:
    """The list of references and the line that says what made the paper."""
    lines = []
    if works:
        lines += [r"{\small\setlength{\bibsep}{2.5pt plus 1pt}\emergencystretch=5em",
                  r"\bibliographystyle{plainnat}", r"\bibliography{references}}", ""]  # fmt: skip
    if footer:
        lines += [r"\par\bigskip\noindent{\footnotesize\color{black!60} " + footer + r"\par}", ""]
    return "\n".join([*lines, r"\end{document}", ""])
