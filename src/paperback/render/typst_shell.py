"""The frame of the Typst preview: page, type and title; only the fonts inside the typst wheel."""

PREAMBLE = """#set page(paper: "a4", margin: (x: 34mm, top: 30mm, bottom: 30mm), numbering: "1",
  footer: context {
    set text(8pt, fill: luma(110))
    grid(columns: (1fr, auto, 1fr), [], counter(page).display("1"), align(right)[preview])
  })
#set text(font: "New Computer Modern", size: 10pt, lang: "en", hyphenate: true)
#show math.equation: set text(font: "New Computer Modern Math")
#show raw: set text(font: "DejaVu Sans Mono", size: 8pt)
#set par(justify: true, leading: 0.58em, spacing: 0.58em, first-line-indent: 1.2em)
#set heading(numbering: "1.1")
#show heading: it => block(above: if it.level == 1 { 1.7em } else { 1.4em }, below: 0.8em, breakable: false, sticky: true,
  text(size: if it.level == 1 { 12pt } else { 10pt }, weight: "bold", hyphenate: false, {
    if it.numbering != none { counter(heading).display(it.numbering); h(1em) }
    it.body
  }))
#set figure(numbering: none, supplement: none, placement: auto, gap: 0.8em)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.caption: it => text(9pt, layout(size =>
  align(if measure(it.body).width > size.width { left } else { center }, it.body)))
#show figure: set par(first-line-indent: 0em, justify: false)
#show link: set text(fill: rgb(20, 60, 120))
#set enum(indent: 0.8em, spacing: 0.75em)
#set list(indent: 0.8em, spacing: 0.75em)
#let pbnum(id, words) = words
#let rule(weight) = table.hline(stroke: weight)
// A formula that is wider than the line is set smaller, its number beside it.
#let formula(number, body) = block(width: 100%, above: 1.1em, below: 1.1em, layout(size => {
  let side = if number == "" { 0pt } else { 2.2em.to-absolute() }
  let room = size.width - 2 * side
  let wide = measure(body).width
  let narrow = if wide > room + side { (size.width - side) / wide * 100% } else { 100% }
  let set-body = if narrow < 100% { scale(narrow, reflow: true, body) } else { body }
  grid(columns: (if wide > room { 0pt } else { side }, 1fr, side), align: horizon,
    [], align(center, set-body), align(right, if number != "" { "(" + number + ")" }))
}))
#let code(words) = text(font: "DejaVu Sans Mono", size: 0.8em, words)
"""
