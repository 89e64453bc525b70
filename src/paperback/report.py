"""What the commands print: the outcome of a build, and where a paper stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from paperback.build import Build

_SHOWN = 3


def build_report(made: Build) -> str:
    """A few lines for the terminal: what was written, the verdicts, what is open, what was noticed."""
    ledger = made.ledger
    lines = [] if made.fresh else ["nothing has changed since the last build"]
    if made.pdf is not None:
        lines.append(f"{made.pdf}  ({made.engine}{', a preview' if made.engine == 'typst' else ''})")
    lines += [f"{made.folder / name}" for name in ("main.html", "latex/main.tex", "evidence.json")]
    lines.append(f"{len(ledger['numbers'])} numbers, each with its recipe and sources in evidence.json")
    lines += [claim_line(claim) for claim in ledger["claims"]]
    lines += plan_lines(ledger.get("plan", ()))
    states = Counter(item["state"] for item in ledger["outline"].values())
    lines.append(
        f"outline: {states['written']} written, {states['asked']} asked, {states['missing']} without facts"
    )
    if states["asked"]:
        lines.append(f"  the questions are in {made.folder / 'questions.md'}")
    lines += [f"your edited file was kept as {path}" for path in made.kept]
    told = [
        *ledger["findings"],
        *({"kind": f.kind, "message": f.message, "mend": f.mend} for f in made.findings),
    ]
    return "\n".join([*lines, *finding_lines(told)])


def plan_lines(plan: Sequence[Mapping[str, Any]]) -> list[str]:
    """The graphs that are drawn and why, one a line, then why others are not, one reason a line."""
    reasons: dict[str, list[str]] = {}
    for each in plan:
        if not each["shown"]:
            reasons.setdefault(each["why"], []).append(each["key"])
    lines = [f"figure {each['key']}: {each['why']}" for each in plan if each["shown"]]
    return lines + [f"no figure {', '.join(keys)}: {why}" for why, keys in reasons.items()]


def status_report(found: Mapping[str, Any]) -> str:
    """The outline item by item, the claims, and what was noticed."""
    lines = [_item_line(item) for item in found["outline"]]
    lines += ["", *_claim_lines(found)]
    return "\n".join([*lines, *finding_lines(found["findings"])])


def claims_report(found: Mapping[str, Any]) -> str:
    """Each claim with its verdict, its numbers, and what would decide an open one."""
    return "\n".join(_claim_lines(found, numbers=True))


def _claim_lines(found: Mapping[str, Any], *, numbers: bool = False) -> list[str]:
    lines = []
    for claim in found["claims"]:
        told = _numbers(claim) if numbers else ""
        lines += [claim_line(claim), *([f"    {told}"] if told else []), *_missing(claim)]
    if found["missing_claims"]:
        lines.append(f"no claims: {found['missing_claims']}")
    return lines


def _numbers(claim: Mapping[str, Any]) -> str:
    """`design b, n 9, gain +0.009 [-0.070, 0.018], p 0.148 (Holm over 2 claims), effect 0.41`."""
    parts = [f"design {claim['design']}, n {claim['n']}"] if claim["design"] else []
    if claim["gain"] is not None:
        has = claim["low"] is not None and claim["high"] is not None
        ends = f" [{claim['low']:.3g}, {claim['high']:.3g}]" if has else ""
        parts.append(f"gain {claim['gain']:+.3g}{ends}")
    if claim["p_adjusted"] is not None:
        over = f" ({claim['correction']})" if claim["correction"] else ""
        parts.append(f"p {claim['p_adjusted']:.3g}{over}")
    parts += [f"effect {claim['effect']:.2f}"] if claim["effect"] is not None else []
    return ", ".join(parts)


def _missing(claim: Mapping[str, Any]) -> list[str]:
    return [f"    missing: {words}" for words in claim["missing"] if words != claim["needed"]]


def claim_line(claim: Mapping[str, Any]) -> str:
    """One claim with its verdict and the reason."""
    what = _CLAIMED.get(claim["kind"], "{method} better than {over}").format(**claim)
    measured = f"{claim['split']} {claim['metric']}".strip()
    needed = f" {claim['needed']}" if claim["needed"] else ""
    return f"{claim['verdict']}: {what} on {measured}: {claim['reason']}.{needed}"


_CLAIMED = {
    "not worse than": "{method} not worse than {over}",
    "equivalent": "{method} equivalent to {over}",
    "best of": "{method} best of all",
    "reaches with fewer steps": "{method} in fewer steps than {over}",
    "scales as": "{method} better with size",
}


def finding_lines(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The findings kind by kind, the first three of a kind in full."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        kinds.setdefault(finding["kind"], []).append(finding)
    lines = [f"{len(findings)} findings:"] if findings else []
    for kind, found in kinds.items():
        for finding in found[:_SHOWN]:
            mend = f"\n    {finding['mend']}" if finding["mend"] else ""
            lines.append(f"  {kind}: {finding['message']}{mend}")
        if len(found) > _SHOWN:
            lines.append(f"  {kind}: and {len(found) - _SHOWN} more")
    return lines


def _item_line(item: Mapping[str, str]) -> str:
    tail = {"written": item["by"], "asked": item["question"], "missing": item["reason"]}[item["state"]]
    return f"{item['state']:<8} {item['item']:<4} {item['title']}" + (f": {tail}" if tail else "")
