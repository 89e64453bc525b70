"""The frame of the page: its head with all of its style, so that one file is the whole paper."""

from importlib.resources import files

from paperback.render.html_text import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, body: str) -> str:
    """The whole file; `body` is HTML, `title` plain words."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Whatever stands in the text, the page loads nothing and runs nothing.
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _style() -> str:
    return (files("paperback.render") / "page.css").read_text("utf-8")
