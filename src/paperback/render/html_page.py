"""The frame of the page: its head with all of its style, so that one file is the whole paper."""

from paperback.render.html_text import escape

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1f2328; --soft: #5d646d; --line: #d8dade; --link: #14509a;
  --tint: #f2f3f1; --mark: #fff3bf; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e6e8; --soft: #9da4ad; --line: #363b41;
  --link: #8ab8f2; --tint: #1e2125; --mark: #4a4015; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 2rem; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere;
  font: 400 1.06rem/1.58 "Latin Modern Roman", "STIX Two Text", Charter, "Bitstream Charter", Cambria, Georgia, serif; }
main { max-width: 43rem; margin: 0 auto; padding: 4.5rem 1.4rem 5rem; }
header { text-align: center; margin-bottom: 2.6rem; }
h1 { font-size: 1.95rem; line-height: 1.22; margin: 0 0 1.1rem; text-wrap: balance; letter-spacing: -.005em; }
h2 { font-size: 1.28rem; line-height: 1.3; margin: 2.6rem 0 .7rem; }
h3 { font-size: 1.06rem; margin: 1.8rem 0 .4rem; }
h2 .no, h3 .no { margin-right: .7em; font-variant-numeric: lining-nums; }
.authors { font-size: 1.1rem; margin: 0; }
p { margin: 0 0 .8rem; hyphens: auto; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
a.n { color: inherit; text-decoration: underline dotted var(--soft) .07em; text-underline-offset: .22em;
  font-variant-numeric: lining-nums tabular-nums; white-space: nowrap; }
a.n:hover, a.n:focus-visible { color: var(--link); text-decoration-style: solid; }
:target { background: var(--mark); }
.abstract { font-size: .97rem; margin: 0 2.2rem 2.4rem; }
.abstract h2 { font-size: 1rem; text-align: center; margin: 0 0 .4rem; }
nav { margin: 0 0 2rem; padding: .9rem 1.2rem; background: var(--tint); border-radius: 6px; font-size: .93rem; }
nav h2 { font-size: .93rem; margin: 0 0 .3rem; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav ol ol { padding-left: 1.5rem; }
code { font: .87em/1.4 "Latin Modern Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
figure { margin: 1.9rem 0; }
figcaption { font-size: .92rem; line-height: 1.45; }
figure.graph figcaption { margin-top: .6rem; }
figure.table figcaption { margin-bottom: .6rem; text-align: center; }
figcaption b { margin-right: .25em; }
figure svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0 auto; font-size: .92rem; line-height: 1.35;
  border-top: .1em solid; border-bottom: .1em solid; font-variant-numeric: lining-nums tabular-nums; }
th, td { padding: .22rem .7rem; text-align: right; vertical-align: bottom; font-weight: 400; overflow-wrap: normal; }
th:first-child { padding-left: .1rem; text-align: left; overflow-wrap: anywhere; min-width: 6.5em; }
td.words, th.words { text-align: left; }
thead tr:last-child > * { border-bottom: .06em solid; padding-bottom: .35rem; }
tbody tr:first-child > * { padding-top: .4rem; }
tr.set-apart > * { border-top: .06em solid; }
td { white-space: nowrap; }
td.words { white-space: normal; }
.unit { display: block; color: var(--soft); font-size: .92em; }
.note { font-size: .87rem; line-height: 1.45; margin: .5rem auto 0; text-align: center; color: var(--soft); }
.formula { display: grid; grid-template-columns: 1fr auto; align-items: center; margin: 1.1rem 0; overflow-x: auto;
  overflow-y: hidden; padding: .15rem 0; }
.formula math { font-size: 1.05em; }
math { font-family: "Latin Modern Math", "STIX Two Math", "New Computer Modern Math", "Cambria Math", math; }
ol.works { padding-left: 2.1rem; font-size: .93rem; }
ol.works li { margin-bottom: .45rem; }
.works, .evidence { line-height: 1.45; }
.evidence section { border-top: 1px solid var(--line); padding: .7rem 0 .5rem; font-size: .9rem; }
.evidence h3 { font-size: 1rem; margin: 0 0 .15rem; }
.evidence .name { font-weight: 400; color: var(--soft); font-size: .8rem; margin-left: .6em; }
.evidence p { margin: 0 0 .2rem; hyphens: manual; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .05rem 1rem; margin: .2rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
details { margin: .2rem 0; }
summary { cursor: pointer; color: var(--soft); }
details ul { margin: .2rem 0; padding-left: 1.2rem; font-size: .86rem; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); }
@media (max-width: 34rem) { main { padding-top: 2.2rem; } .abstract { margin-inline: 0; } h1 { font-size: 1.55rem; }
  dl { grid-template-columns: 1fr; } }
@media print { :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --link: #14509a; --tint: #fff; --mark: #fff; }
  @page { size: A4; margin: 24mm 30mm; } main { max-width: none; padding: 0; } body { font-size: 10pt; }
  nav { display: none; } a.n { text-decoration: none; } h2, h3 { break-after: avoid; }
  figure, .evidence section { break-inside: avoid; } p { orphans: 3; widows: 3; text-align: justify; } }
"""


def page(title: str, body: str) -> str:
    """The whole file; `body` is HTML, `title` plain words."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Whatever stands in the text, the page loads nothing and runs nothing.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )
