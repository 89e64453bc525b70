"""Why an objective is not derived."""


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The statements before a backward call cannot be read as one formula; the message says why.

    Attributes:
        line: Where, counted from one; 0 where no single line is at fault.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason} (line {line})" if line else reason)
        self.line = line
