"""What the HTML page shows, against the ledger."""

from html.parser import HTMLParser
from pathlib import Path

from paperback.check.ledger import Entry
from paperback.finding import Finding
from paperback.source import Source


class _Numbers(HTMLParser):
    """Gathers (ledger name, text, line) of every number: a link of the class `n` to its evidence."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, int]] = []
        self._inside = ""
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        target = given.get("href") or ""
        if tag == "a" and given.get("class") == "n" and target.startswith("#e:"):
            self._inside, self._words = target.removeprefix("#e:"), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._inside:
            self.found.append((self._inside, self._words, self.getpos()[0]))
            self._inside = ""


def check_page(path: Path, entries: tuple[Entry, ...], place: str) -> list[Finding]:
    """Findings on the HTML page: numbers that differ from the ledger, are unknown to it, or are not shown.

    Args:
        path: The page.
        entries: The ledger's numbers.
        place: How findings name the page.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return [Finding("page-missing", f"{place}: {error.strerror}", (), "Build the paper again.")]
    parser = _Numbers()
    parser.feed(text)
    known = {entry.id: entry for entry in entries}
    findings = []
    for name, shown, line in parser.found:
        source = Source(place, line, name)
        entry = known.get(name)
        if entry is None:
            findings.append(
                Finding("number-unknown", f"{source}: {shown} names no number of the ledger", (source,))
            )
        elif shown.strip() not in entry.printed:
            said = f"shows {shown}, the ledger says {' or '.join(entry.printed)}: {entry.address()}"
            findings.append(
                Finding("number-edited", f"{source}: {said}", (source,), "Build the paper again.")
            )
    seen = {name for name, _, _ in parser.found}
    return findings + [
        Finding(
            "number-not-shown",
            f"{place}: {entry.printed[0]} is not shown: {entry.address()}",
            (Source(place),),
        )
        for entry in entries
        if entry.id not in seen
    ]
