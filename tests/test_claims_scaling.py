"""Claims of scaling: a power law over sizes, from the runs to the sentence."""

# ruff: noqa: E501 - a case with its whole sentence stands on one line

import json
from pathlib import Path

import numpy as np
import pytest

from paperback.build import build_paper, claims_status, gather
from paperback.check import check_paper
from paperback.claims import Word
from paperback.errors import SettingsError
from paperback.notes.prose import Text
from paperback.paper.document import Number
from paperback.paper.printing import print_number
from paperback.paper.verdicts import verdict_sentence
from paperback.settings import open_repository, parse_settings

SIZES = (1e6, 3e6, 1e7, 3e7, 1e8)


def write(
    root: Path, exponent: float, *, noise: float = 0.01, sizes: tuple[float, ...] = SIZES, claim: str = ""
) -> None:
    """Losses that follow a power law of the number of parameters, two seeds each."""
    rng = np.random.default_rng(0)
    for size in sizes:
        for seed in range(2):
            loss = 20 * size**exponent * np.exp(noise * rng.normal())
            config = {"method": "ours", "seed": seed, "n_params": size}
            place = root / f"runs/{size:g}-{seed}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({"config": config, "metrics": {"test": {"loss": loss}}}))
    toml = f'[study]\nmetric = "loss"\n[[claims]]\nkind = "scales as"\nmethod = "ours"\nsize = "config.n_params"\n{claim}'
    (root / "paperback.toml").write_text(toml)


@pytest.mark.parametrize(
    ("exponent", "noise", "claim", "word", "words"),
    [
        (-0.07, 0.01, "", Word.SUPPORTED, "ours improves with size: the loss goes with the size to the power of −0.0"),
        (0.07, 0.01, "", Word.CONTRADICTED, "ours gets worse with size: "),
        (0.0, 0.1, "", Word.INCONCLUSIVE, "ours is not shown to change with size: "),
        (-0.07, 0.01, "exponent = -0.07\nmargin = 0.02", Word.SUPPORTED, "ours scales with the declared exponent, within its margin: "),
        (-0.2, 0.01, "exponent = -0.07\nmargin = 0.02", Word.CONTRADICTED, "ours scales with another exponent than the declared one: "),
        (-0.07, 0.2, "exponent = -0.07\nmargin = 0.02", Word.INCONCLUSIVE, "ours is not shown to scale with the declared exponent: "),
    ],
)  # fmt: skip
def test_the_exponent_decides(
    exponent: float, noise: float, claim: str, word: Word, words: str, tmp_path: Path
) -> None:
    """The verdict follows the interval of the exponent; the sentence prints it, and it is computed again."""
    write(tmp_path, exponent, noise=noise, claim=claim)
    material = gather(tmp_path, open_repository(tmp_path))
    (verdict,) = material.verdicts
    assert (verdict.word, verdict.n) == (word, len(SIZES))
    parts = verdict_sentence(verdict, material)
    said = "".join(
        part.words if isinstance(part, Text) else print_number(part) if isinstance(part, Number) else "?"
        for part in parts
    ).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith(f"Over 5 sizes, {words}"), said
    assert bool(verdict.needed) == (word is Word.INCONCLUSIVE)
    build_paper(tmp_path, engine="none")
    assert [f.message for f in check_paper(tmp_path).findings if "number" in f.kind] == []


def test_the_exponent_is_that_of_least_squares(tmp_path: Path) -> None:
    """Slope, interval and p are those of a regression of logarithms."""
    from scipy.stats import linregress, t

    write(tmp_path, -0.07, noise=0.05)
    (verdict,) = gather(tmp_path, open_repository(tmp_path)).verdicts
    assert verdict.sized is not None
    sizes, losses = np.array(verdict.sized.points).T
    fit = linregress(np.log(sizes), np.log(losses))
    law = verdict.sized.law
    assert law.exponent == pytest.approx(fit.slope)
    assert law.high - law.exponent == pytest.approx(t.ppf(0.975, 3) * fit.stderr)
    assert verdict.p == pytest.approx(fit.pvalue)


def test_three_sizes_and_unknown_names_are_untested(tmp_path: Path) -> None:
    """Too few sizes carry no law; a method that was not run at sizes is named with the nearest."""
    write(tmp_path / "few", -0.07, sizes=SIZES[:3])
    (claim,) = claims_status(tmp_path / "few")["claims"]
    assert claim["verdict"] == "untested"
    assert "four sizes" in claim["reason"]
    write(tmp_path / "other", -0.07)
    toml = tmp_path / "other" / "paperback.toml"
    toml.write_text(toml.read_text().replace('method = "ours"', 'method = "our"'))
    (claim,) = claims_status(tmp_path / "other")["claims"]
    assert (claim["verdict"], claim["needed"]) == ("untested", "Did you mean 'ours'?")


def test_scaling_is_declared_in_full() -> None:
    """A size is needed; an exponent needs a margin."""
    claim = {"kind": "scales as", "method": "ours"}
    with pytest.raises(SettingsError, match="lacks 'size'"):
        parse_settings({"claims": [claim]})
    with pytest.raises(SettingsError, match="lacks 'margin'"):
        parse_settings({"claims": [{**claim, "size": "n", "exponent": -0.1}]})
