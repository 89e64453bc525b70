"""What a writer tells the author about parts it could not print as they were meant."""

from paperback.finding import Finding
from paperback.source import Source


def bare_formula(latex: str, why: str, source: Source | None) -> Finding:
    """A formula that is printed as code."""
    shown = latex if len(latex) <= 60 else latex[:57] + "..."
    return Finding(
        "formula-as-code",
        f"the formula {shown!r} is printed as code: {why}",
        () if source is None else (source,),
        "Write it with commands of LaTeX and amsmath only.",
    )


def no_place(key: str) -> Finding:
    """A reference to a key that the paper lacks."""
    return Finding("undefined-reference", f"no section, table, figure or equation has the key {key!r}")


def no_work(key: str) -> Finding:
    """A citation of a work that is not among the references."""
    return Finding(
        "undefined-citation", f"no reference has the key {key!r}", (), "Add it to the bibliography."
    )
