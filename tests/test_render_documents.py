"""Documents made by hand: a realistic paper, one with each node, and one that is hostile."""

import math

import numpy as np
import pytest

from paperback.evidence.address import Address
from paperback.evidence.estimate import Estimate
from paperback.evidence.quantity import Quantity, Recipe
from paperback.literature import Reference
from paperback.notes.prose import Cite, Code, Emphasis, Link, Math, Strong, Text
from paperback.paper.document import (
    Document,
    Equation,
    GraphFloat,
    ItemList,
    Number,
    Paragraph,
    Ref,
    Section,
    TableFloat,
)
from paperback.paper.printed import blocks, inlines_of, printed_numbers
from paperback.paper.printing import number_id
from paperback.render.numbering import number_document
from paperback.source import Source
from paperback.story.graph import Curve, Graph, Panel
from paperback.story.table import (
    CodeCell,
    EstimateCell,
    IntervalCell,
    MissingCell,
    QuantityCell,
    Table,
    TextCell,
)

METHODS = ("mlp", "mlp-tuned", "sigmoid-gates", "no-repulsion", "thresholds")
DATASETS = ("breast", "fair", "labour", "mortgage", "prison", "spam")
HOSTILE = (
    r"\input{/etc/passwd} \write18{ls} 100% & #1 $x_1$ ^2 ~ {a} [b] <b>&amp;</b> `code` 'q' \"r\" -- --- ?` "
    "!` "
    "«q» <<x>> ,, * _under_ @ | / #set page(width: 1pt) $ sum $ // comment /* block */ = head \\ \\\\ "
    "\x00\x07\x1b\u202e αβγ Ω ≤ ≥ ± × − é ł ő ß 中文 … – — “x” ½ x² 10⁻⁵ 🙂"
)


def estimate(method: str, dataset: str, *, value: float, std: float | None = 0.0062, n: int = 5) -> Estimate:
    where = (("dataset", dataset), ("method", method))
    runs = tuple(f"runs/{dataset}-{method}-{seed}" for seed in range(n))
    sources = tuple(Source(f"{run}/metrics.jsonl", 40, "test/accuracy", "0123456789abcdef") for run in runs)
    address = Address("accuracy", "test", where, ("seed",), "mean", runs, n)
    low, high = (None, None) if std is None else (value - 2 * std, value + 2 * std)
    return Estimate(
        value, std, n, low, high, 0.95, "fraction", "higher", "t, n-1 degrees of freedom", address, sources
    )


def number(value: float, field: str = "value", **how: object) -> Number:
    recipe = Recipe(
        "estimate", field, {"metric": "accuracy", "split": "test", "where": {"method": f"m{value}"}}
    )
    return Number(Quantity(value, recipe, "fraction", (Source("runs/a/metrics.jsonl", 3),)), **how)  # type: ignore[arg-type]


def results() -> Table:
    rng = np.random.default_rng(7)
    rows = []
    for method in METHODS:
        cells = tuple(
            EstimateCell(
                estimate(
                    method, dataset, value=float(rng.uniform(0.6, 0.97)), std=float(rng.uniform(0.002, 0.03))
                ),
                1,
                percent=True,
                mark=("best", "none", "next", "none")[(len(method) + len(dataset)) % 4],  # type: ignore[arg-type]
            )
            for dataset in DATASETS
        )
        rows.append((method, cells))
    return Table(
        "main-results",
        "Test accuracy of all methods on all data sets.",
        "Method",
        DATASETS,
        ("%",) * len(DATASETS),
        tuple(rows),
        "std",
        "Mean ± standard deviation over five seeds. Bold: highest mean of a column.",
        ("thresholds",),
        "the claim",
    )


def settings() -> Table:
    def count(value: float, name: str) -> QuantityCell:
        return QuantityCell(Quantity(value, Recipe("setting", "value", {"key": name})), 0)

    rows = tuple(
        (name, (TextCell(kind), count(size, name), count(width, f"{name}-width"), MissingCell("not tuned")))
        for name, kind, size, width in (
            ("mlp", "perceptron, fixed", 4353, 64),
            ("mlp-tuned", "perceptron, searched", 16897, 128),
            ("thresholds", "learned hard thresholds", 21121, 64),
        )
    )
    return Table(
        "settings",
        "Size and settings of the networks.",
        "Method",
        ("Kind", "Parameters", "Width", "Dropout"),
        ("", "", "", ""),
        rows,
        "none",
        "",
        (),
        "the set-up",
    )


def differences() -> Table:
    def quantity(value: float, field: str, dataset: str) -> Quantity:
        return Quantity(value, Recipe("comparison", field, {"dataset": dataset}), "fraction")

    rows = tuple(
        (
            dataset,
            (
                IntervalCell(
                    quantity(gain, "difference", dataset),
                    quantity(gain - 0.02, "low", dataset),
                    quantity(gain + 0.02, "high", dataset),
                    1,
                    True,
                    "best",
                ),
                CodeCell("nn.Linear(d, 64)", Source("model.py", 7)),
            ),
        )
        for dataset, gain in (("breast", 0.031), ("fair", -0.004))
    )
    return Table(
        "differences",
        "Gain of the proposal.",
        "Data set",
        ("Gain", "Layer"),
        ("points", ""),
        rows,
        "none",
        "In brackets: 95 % interval.",
        (),
        "the claim",
    )


def curves(panels: int = 3, *, log_y: bool = False) -> Graph:
    x = np.arange(1, 61, dtype=float)
    drawn = []
    for position, dataset in enumerate((*DATASETS, "seventh", "eighth")[:panels]):
        lines = []
        for index, method in enumerate(METHODS):
            y = 0.35 + 0.4 * np.exp(-x / (8 + 3 * index)) + 0.02 * position + 0.006 * np.sin(x / 3 + index)
            lines.append(Curve(method, x, y, y - 0.02, y + 0.02, 5, (Source("runs/a/metrics.jsonl"),)))
        drawn.append(Panel(dataset, tuple(lines)))
    return Graph(
        "learning-curves",
        "Validation loss during training. Lines are means over seeds, bands one deviation.",
        "Epoch",
        "Validation loss (nats)",
        tuple(drawn),
        "training",
        log_y,
    )


REFERENCES = (
    Reference(
        "bergstra2012random",
        "article",
        (("James", "Bergstra"), ("Yoshua", "Bengio")),
        "Random Search for Hyper-Parameter Optimization",
        "Journal of Machine Learning Research",
        "2012",
        "https://www.jmlr.org/papers/v13/bergstra12a.html",
        {
            "journal": "Journal of Machine Learning Research",
            "volume": "13",
            "pages": "281--305",
            "title": "Random Search for Hyper-Parameter Optimization",
            "year": "2012",
        },
    ),
    Reference(
        "demsar2006",
        "article",
        (("Janez", "Demšar"),),
        "Statistical Comparisons of Classifiers over Multiple Data Sets",
        "Journal of Machine Learning Research",
        "2006",
        "",
        {
            "journal": "Journal of Machine Learning Research",
            "volume": "7",
            "pages": "1--30",
            "title": "Statistical Comparisons of Classifiers over Multiple Data Sets",
        },
    ),
    Reference(
        "grinsztajn2022why",
        "inproceedings",
        (("Léo", "Grinsztajn"), ("Edouard", "Oyallon"), ("Gaël", "Varoquaux")),
        "Why do tree-based models still outperform deep learning on typical tabular data?",
        "Advances in Neural Information Processing Systems",
        "2022",
        "https://arxiv.org/abs/2207.08815",
        {
            "booktitle": "Advances in Neural Information Processing Systems",
            "volume": "35",
            "title": "Why do tree-based models still outperform deep learning on typical tabular data?",
        },
    ),
)

_SENTENCE = (
    "Many targets on tables depend on a feature through a change at some value: an age from which a benefit "
    "is paid, a ratio above which a loan is refused, a count that is zero or not. A decision tree represents "
    "such a change with one split; a network with smooth units has to build it from steep slopes, which few "
    "epochs work against. "
)


def paper() -> Document:
    """A paper of about four pages, as a build would write it."""
    text = Paragraph((Text(_SENTENCE * 2), Cite(("grinsztajn2022why", "demsar2006")), Text(".")))
    loss = (
        r"\mathcal{L} = -\frac{1}{|B|} \sum_{i \in B} \left[ y_i \log p_i + (1 - y_i) \log (1 - p_i) \right] "
        r"+ \lambda \, \frac{2}{d K (K - 1)} \sum_{j=1}^{d} \sum_{k < l} "
        r"\exp\!\left( -\frac{(t_{jk} - t_{jl})^2}{2 \sigma^2} \right)"
    )
    step = (
        r"b_{jk} = H\!\left(z_{jk}\right), \qquad z_{jk} = \frac{x_j - t_{jk}}{\tau}, \qquad "
        r"H(z) = \begin{cases} 1 & z \ge 0 \\ 0 & z < 0 \end{cases}"
    )
    abstract = Paragraph(
        (
            Text("Neural networks often do not surpass ensembles of trees on tabular data. "),
            Text(_SENTENCE),
            Text("The proposal reaches "),
            number(0.8124, decimals=1, percent=True, with_unit=True),
            Text(" on average, a difference of "),
            number(0.0171, "difference", decimals=1, percent=True, signed=True),
            Text(" points (p = "),
            number(0.0312, "p", decimals=3),
            Text(")."),
        )
    )
    return Document(
        "Learned Hard Thresholds for Small Networks on Tabular Data",
        (),
        (abstract,),
        (
            Section(
                "introduction",
                "Introduction",
                (
                    text,
                    text,
                    Paragraph(
                        (
                            Text("We make three contributions, tested in "),
                            Ref("results"),
                            Text(" and shown in "),
                            Ref("main-results"),
                            Text(":"),
                        )
                    ),
                    ItemList(
                        (
                            Paragraph(
                                (
                                    Text("an encoding of features by hard thresholds, "),
                                    Ref("eq-step"),
                                    Text(";"),
                                )
                            ),
                            Paragraph(
                                (Text("a loss that keeps thresholds apart, "), Ref("eq-loss"), Text(";"))
                            ),
                            Paragraph(
                                (
                                    Text("a comparison under "),
                                    Emphasis((Text("equal"),)),
                                    Text(" tuning budget."),
                                )
                            ),
                        ),
                        ordered=True,
                    ),
                ),
            ),
            Section(
                "method",
                "Method",
                (text,),
                (
                    Section(
                        "encoding",
                        "Threshold encoding",
                        (
                            Paragraph(
                                (
                                    Text("Feature "),
                                    Math("x_j"),
                                    Text(" is compared with thresholds "),
                                    Math(r"t_{jk} \in \mathbb{R}"),
                                    Text(" by a step, as in "),
                                    Code("model.ThresholdEncoding"),
                                    Text(":"),
                                )
                            ),
                            Equation("eq-step", step, Source("model.py", 12)),
                            Paragraph(
                                (
                                    Text("where "),
                                    Math(r"\tau"),
                                    Text(" is the temperature. "),
                                    Text(_SENTENCE),
                                )
                            ),
                        ),
                    ),
                    Section(
                        "loss",
                        "Training loss",
                        (
                            Paragraph((Text("Training minimises"),)),
                            Equation("eq-loss", loss, Source("losses.py", 3)),
                            Paragraph((Text("where "), Math("B"), Text(" is a batch. "), Text(_SENTENCE))),
                        ),
                    ),
                ),
            ),
            Section(
                "results",
                "Experiments",
                (
                    Paragraph(
                        (
                            Text("Every method is run with "),
                            number(5.0, "n"),
                            Text(" seeds; settings are listed in "),
                            Ref("settings"),
                            Text(". "),
                            Text(_SENTENCE),
                        )
                    ),
                    TableFloat(settings()),
                    text,
                    Paragraph(
                        (
                            Text("The results are in "),
                            Ref("main-results"),
                            Text(", training in "),
                            Ref("learning-curves"),
                            Text(". "),
                            Strong((Text("The claim is supported. "),)),
                            Link("https://example.org/a_b?c=1&d=2#e%20f", (Text("Code and logs"),)),
                            Text(" are available. "),
                            Text(_SENTENCE),
                        )
                    ),
                    TableFloat(results()),
                    GraphFloat(curves()),
                    text,
                    TableFloat(differences()),
                    text,
                ),
            ),
            Section("limitations", "Limitations", (text, text)),
        ),
        REFERENCES,
        "Written by Paperback 0.1.0 from 150 runs.",
    )


def hostile() -> Document:
    """A paper whose every text is hostile, keys included."""
    words = HOSTILE
    long = "very_long_name_" * 12 + "x" * 120
    table = Table(
        words,
        words,
        words,
        (words, long[:60], "c", "d"),
        ("%", "_", "", "$"),
        (
            (words[:40], (TextCell(words[:60]), TextCell("[x]"), TextCell("*"), MissingCell("a & b"))),
            ("[bracket]", (TextCell("--"), TextCell("#"), TextCell("%"), MissingCell("a & b"))),
            (long[:70], (TextCell("{"), TextCell("}"), TextCell("\\"), MissingCell("_"))),
        ),
        "std",
        words,
        ("[bracket]",),
        "",
    )
    x = np.array([1.0, 2.0, math.nan])
    graph = Graph(
        "../../" + words,
        words,
        "$x$ (\\%)",
        "_y_ 中文",
        (
            Panel(
                "$\\frac{", (Curve("_hidden $a$", x, x, None, None, 1, ()), Curve(long, x, -x, x, x, 1, ()))
            ),
        ),
        "",
        True,
    )
    reference = Reference(
        "a b,{c}%",
        "weird",
        (("", words[:60]), ("Ann and Bob", "O'Neil, Jr {")),
        words,
        words,
        "20%{",
        "https://x.org/{a}%20\\input",
        {"title": r"\input{/etc/passwd}", "note": "50% & {", "volume": "1_2"},
    )
    parts = (
        Text(words),
        Emphasis((Text("-"),)),
        Text("-"),
        Strong((Text(words),)),
        Code(words),
        Math(r"\input{/etc/passwd}"),
        Math("a $ b"),
        Math(r"\alpha"),
        Cite(("a b,{c}%", "missing")),
        Link("javascript:alert('x')\"<>", (Text("l"),)),
        Ref("nowhere"),
        Ref(words),
        Emphasis((number(-0.5, decimals=2),)),
        Text(long),
    )
    return Document(
        words,
        (words, "B"),
        (Paragraph(parts),),
        (
            Section(
                words,
                words,
                (
                    Paragraph(parts),
                    Equation("e%", r"\def\x{1}", None),
                    Equation("", "x+1", None),
                    ItemList((Paragraph((Text("[item]"),)), Paragraph((Text("* star"),)))),
                    TableFloat(table),
                    GraphFloat(graph),
                    Paragraph((Ref(graph.key), Ref("e%"))),
                    TableFloat(table),
                ),
            ),
        ),
        (reference,),
        words,
    )


def test_every_number_of_a_document_is_listed_once():
    """The listed evidence holds each number of the text and of the tables exactly once."""
    document = paper()
    names = [printed.name for printed in printed_numbers(document)]
    parts = inlines_of(blocks(document))
    in_text = {number_id(part.quantity) for part in parts if isinstance(part, Number)}
    assert len(names) == len(set(names))
    assert in_text <= set(names)
    assert len(names) == len(in_text) + 2 * len(METHODS) * len(DATASETS) + 6 + 3 * 2


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("introduction", "Section 1"),
        ("encoding", "Section 2.1"),
        ("loss", "Section 2.2"),
        ("settings", "Table 1"),
        ("main-results", "Table 2"),
        ("learning-curves", "Figure 1"),
        ("eq-loss", "Eq. (2)"),
    ],
)
def test_keys_are_numbered_in_the_order_of_print(key, words):
    """Sections, tables, figures and equations count separately, subsections within their section."""
    assert number_document(paper()).places[key].words.replace("\N{NO-BREAK SPACE}", " ") == words


def test_a_key_given_twice_is_told():
    """The first place keeps the key; the second is a finding."""
    findings = number_document(hostile()).findings
    assert [finding.kind for finding in findings] == ["duplicate-key"] * 2
