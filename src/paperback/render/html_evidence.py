"""The appendix of the page: where every printed number comes from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from paperback.evidence.quantity import Recipe
from paperback.paper.printed import Printed
from paperback.paper.printing import print_value
from paperback.render.html_text import escape, escape_breakable

_KINDS: Mapping[str, str] = {
    "estimate": "Statistic over runs",
    "comparison": "Comparison of two methods",
    "ranking": "Ranking over data sets",
    "average": "Average over data sets",
    "assessment": "Two methods by items, tasks, curves or trials",
    "family": "One claim among those declared together",
    "expected best": "Expected best of a budget of trials",
    "weighed": "One claim among those declared together, by items, tasks, curves or trials",
    "count": "Count",
    "setting": "Setting shared by runs",
    "fact": "Number that runs log of themselves",
    "power law": "Power law over sizes",
    "code": "Fact of the code",
}
# Thousands of test items behind one mean would make a page that no browser opens.
_MOST_LISTED = 200
_FIELDS: Mapping[str, str] = {
    "value": "the estimate itself", "std": "standard deviation, ddof 1", "n": "number of runs",
    "low": "lower end of the interval", "high": "upper end of the interval", "p": "p-value, two-sided",
    "p_adjusted": "p-value after correction", "difference": "difference of means", "effect": "Hedges' g",
}  # fmt: skip


def evidence_html(numbers: Sequence[Printed], places: Mapping[str, Sequence[str]]) -> str:
    """The section with one entry for each number.

    Args:
        numbers: In the order of print.
        places: By the number's name, the ids of the places that print it, for the way back.
    """
    used = Counter(_files(printed) for printed in numbers)
    # What one comparison read stands behind its difference, both ends and its p: such a list is printed once.
    shared = {
        files: f"files:{place}" for place, files in enumerate(used, start=1) if files and used[files] > 1
    }
    entries = "\n".join(_entry(printed, places.get(printed.name, ()), shared) for printed in numbers)
    lists = "".join(_listed("Files", files, anchor) for files, anchor in shared.items())
    return (
        '<section class="evidence" id="evidence" aria-labelledby="evidence-title">\n'
        '<h2 id="evidence-title">Evidence</h2>\n'
        "<p>Every number above is listed here with the computation and the files it comes from.</p>\n"
        f"{entries}\n" + (f"<h3>Files behind several numbers</h3>\n{lists}" if lists else "") + "</section>"
    )


def _files(printed: Printed) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(source) for source in printed.quantity.sources))


def _entry(printed: Printed, places: Sequence[str], shared: Mapping[tuple[str, ...], str]) -> str:
    quantity, estimate = printed.quantity, printed.estimate
    arguments = quantity.recipe.arguments
    unit = f" {quantity.unit}" if quantity.unit and quantity.unit != "fraction" else ""
    facts = [
        ("Computation", _computation(quantity.recipe)),
        *((_words(key), _value(value)) for key, value in sorted(arguments.items()) if _told(value)),
    ]
    if estimate is not None:
        expected = estimate.address.expected
        facts.append(("Runs", f"{estimate.n}" + (f" of {expected} expected" if expected else "")))
        if estimate.low is not None and estimate.high is not None:
            interval = f"{print_value(estimate.low)} to {print_value(estimate.high)} ({estimate.interval})"
            facts.append((f"{100 * estimate.level:g}% interval", interval))
    rows = f"<dt>Exact value</dt><dd>{escape(f'{quantity.value!r}{unit}')}</dd>"
    rows += "".join(f"<dt>{escape(key)}</dt><dd>{escape_breakable(value)}</dd>" for key, value in facts)
    back = " ".join(
        f'<a href="#{escape(place)}" aria-label="Back to {escape(place)}">↑</a>' for place in places
    )
    return (
        f'<section id="e:{escape(printed.name)}"><h3>{escape(", ".join(printed.texts))}'
        f'<span class="name"><code>{escape_breakable(printed.name)}</code></span> {back}</h3>\n'
        f"<dl>{rows}</dl>\n"
        f"{_listed('Runs', () if estimate is None else estimate.address.runs)}"
        f"{_behind(_files(printed), shared)}</section>"
    )


def _behind(files: tuple[str, ...], shared: Mapping[tuple[str, ...], str]) -> str:
    if files in shared:
        return f'<p><a href="#{shared[files]}">Files ({len(files)})</a></p>\n'
    return _listed("Files", files)


def _computation(recipe: Recipe) -> str:
    what = _FIELDS.get(recipe.field, recipe.field.replace("_", " "))
    return f"{_KINDS.get(recipe.kind, recipe.kind)}: {what}"


def _words(key: str) -> str:
    return {"where": "Where", "over": "Varies", "reduce": "Reduced by"}.get(
        key, key.replace("_", " ").capitalize()
    )


def _told(value: Any) -> bool:
    return value not in ("", None) and value != {} and value != [] and value != ()


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_value(item)}" for key, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        shown = [_value(item) for item in value[:8]]
        return ", ".join(shown) + (f" and {len(value) - 8} more" if len(value) > 8 else "")
    return str(value)


def _listed(title: str, items: Sequence[str], anchor: str = "") -> str:
    if not items:
        return ""
    place = f' id="{anchor}"' if anchor else ""
    rows = "".join(f"<li><code>{escape_breakable(item)}</code></li>" for item in items[:_MOST_LISTED])
    more = len(items) - _MOST_LISTED
    rows += f"<li>and {more} more, which the computation above finds again</li>" if more > 0 else ""
    return f"<details{place}><summary>{title} ({len(items)})</summary><ul>{rows}</ul></details>\n"
