"""Sentences about claims of scaling."""

from paperback.claims import Verdict, strength
from paperback.notes.prose import Text
from paperback.paper.document import Number
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, interval

_DECIMALS = 3
_ERRORS = {"fraction": "one less the {}", "%": "one hundred less the {}"}


def scaled_parts(verdict: Verdict, material: Material) -> Parts:
    """What the evidence says of one claim of scaling, with the exponent and its interval."""
    name = material.method(verdict.claim.method)
    if verdict.sized is None:
        return (Text(f"Whether {name} improves with size was not tested: {verdict.reason}."),)
    law, metric = verdict.sized, material.table.metrics[verdict.claim.metric]
    title = _ERRORS.get(metric.unit, "{}").format(metric.title) if law.is_error else f"the {metric.title}"
    ends = interval(law.quantities["low"], law.quantities["high"], decimals=_DECIMALS)
    return (
        Text("Over "),
        *counted(law.quantities["n"], "size"),
        Text(f", {name} {strength(verdict)}: {title} goes with the size to the power of "),
        Number(law.quantities["exponent"], decimals=_DECIMALS),
        Text(", interval "),
        *ends,
        Text(". The fit takes sizes as independent and says nothing beyond those that were run."),
    )


def scaled_clause(verdict: Verdict, material: Material) -> Parts:
    """The same as a clause: `ours improves with size (exponent −0.07, interval [−0.08, −0.05])`."""
    name = material.method(verdict.claim.method)
    if verdict.sized is None:
        return (Text(f"{name} was not tested over sizes"),)
    law = verdict.sized.quantities
    return (
        Text(f"{name} {strength(verdict)} (exponent "),
        Number(law["exponent"], decimals=_DECIMALS),
        Text(", interval "),
        *interval(law["low"], law["high"], decimals=_DECIMALS),
        Text(")"),
    )
