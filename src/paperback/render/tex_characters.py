"""Unicode characters and the LaTeX that prints them, beyond ASCII and T1."""

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϵϑϕϱςϖ",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
        "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega epsilon vartheta phi "
        "varrho varsigma varpi".split(),
        strict=False,
    )
)
_LIKE_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
_MATH = {
    "−": "-", "∞": r"\infty", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv",
    "∼": r"\sim", "≃": r"\simeq", "≅": r"\cong", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "∈": r"\in",
    "∉": r"\notin", "∋": r"\ni", "⊂": r"\subset", "⊃": r"\supset", "⊆": r"\subseteq", "⊇": r"\supseteq",
    "∪": r"\cup", "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "∇": r"\nabla",
    "∂": r"\partial", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd", "∗": r"\ast", "∘": r"\circ",
    "∙": r"\bullet", "⋅": r"\cdot", "⊕": r"\oplus", "⊗": r"\otimes", "⊙": r"\odot", "∧": r"\wedge",
    "∨": r"\vee", "∥": r"\parallel", "⊥": r"\perp", "⊤": r"\top", "→": r"\rightarrow", "←": r"\leftarrow",
    "↔": r"\leftrightarrow", "↑": r"\uparrow", "↓": r"\downarrow", "⇒": r"\Rightarrow", "⇐": r"\Leftarrow",
    "⇔": r"\Leftrightarrow", "↦": r"\mapsto", "ℓ": r"\ell", "ℝ": r"\mathbb{R}", "ℕ": r"\mathbb{N}",
    "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "ℒ": r"\mathcal{L}", "∣": r"\mid",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle",
    "′": r"^{\prime}", "″": r"^{\prime\prime}", "†": r"\dagger", "‡": r"\ddagger", "★": r"\star",
    "☆": r"\star", "■": r"\blacksquare", "□": r"\square", "▲": r"\blacktriangle", "△": r"\triangle",
    "●": r"\bullet", "○": r"\circ", "◆": r"\blacklozenge", "✓": r"\checkmark", "✔": r"\checkmark",
    "✗": r"\times", "✘": r"\times", "♯": r"\sharp", "♭": r"\flat", "∖": r"\setminus", "≜": r"\triangleq",
    "⋆": r"\star", "⋯": r"\cdots", "⋮": r"\vdots", "‖": r"\Vert", "℃": r"{}^{\circ}\mathrm{C}",
}  # fmt: skip
_TEXT = {
    "\N{NO-BREAK SPACE}": "~", "\N{NARROW NO-BREAK SPACE}": r"\,", "\N{THIN SPACE}": r"\,",
    "\N{HAIR SPACE}": r"\,", "\N{EN SPACE}": " ", "\N{EM SPACE}": " ", "\N{FIGURE SPACE}": "~",
    "\N{SOFT HYPHEN}": r"\-", "\N{ZERO WIDTH SPACE}": r"\allowbreak{}", "\N{NON-BREAKING HYPHEN}": r"\mbox{-}",
    "‐": "-", "‒": r"\textendash{}", "–": r"\textendash{}", "—": r"\textemdash{}", "―": r"\textemdash{}",
    "‘": r"\textquoteleft{}", "’": r"\textquoteright{}", "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}", "‚": r"\quotesinglbase{}", "„": r"\quotedblbase{}",
    "‹": r"\guilsinglleft{}", "›": r"\guilsinglright{}", "…": r"\dots{}", "•": r"\textbullet{}",
    "‰": r"\textperthousand{}", "€": r"\texteuro{}", "™": r"\texttrademark{}", "№": r"\textnumero{}",
    "´": r"\textasciiacute{}", "¨": r"\textasciidieresis{}", "¯": r"\textasciimacron{}",
    "¸": r"\c{}", "ĸ": "k", "ı": r"\i{}", "ȷ": r"\j{}", "ẞ": "SS", "⁄": r"\textfractionsolidus{}",
    "Ⱥ": "A", "Ħ": "H", "ħ": r"\ensuremath{\hbar}", "Ŧ": "T", "ŧ": "t", "ſ": "s", "ﬁ": "fi", "ﬂ": "fl",
}  # fmt: skip
_RAISED = dict(zip("⁰⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0456789+-n", strict=True)) | {"¹": "1", "²": "2", "³": "3"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-", strict=True))

TEX_OF: dict[str, str] = {
    **{character: rf"\ensuremath{{\{name}}}" for character, name in _GREEK.items()},
    **_LIKE_LATIN,
    **{character: rf"\ensuremath{{{math}}}" for character, math in _MATH.items()},
    **_TEXT,
    **{character: rf"\ensuremath{{^{{{sign}}}}}" for character, sign in _RAISED.items()},
    **{character: rf"\ensuremath{{_{{{sign}}}}}" for character, sign in _LOWERED.items()},
    "µ": r"\ensuremath{\mu}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "÷": r"\ensuremath{\div}",
    "·": r"\ensuremath{\cdot}",
}
