"""What is told to the author and does not stop the work."""

from dataclasses import dataclass

from paperback.source import Source


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One observation, such as a crashed run or a number that no evidence carries.

    Attributes:
        kind: A stable, hyphenated word for the family, such as `truncated-log`.
        message: One sentence that names what, which value and where.
        sources: The places it speaks of.
        mend: What the author can do about it, one imperative sentence; may be empty.
        cases: Each single case in full, where the message tells of several and names a few; else empty.
    """

    kind: str
    message: str
    sources: tuple[Source, ...] = ()
    mend: str = ""
    cases: tuple[str, ...] = ()
