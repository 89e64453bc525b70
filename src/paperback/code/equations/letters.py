"""Symbols of the field for source names, and letters for index variables, without collisions."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from paperback.code.equations import schedule_letters
from paperback.code.equations.form import Expr, Sym, walk

GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    ]
)
GLOSSARY: dict[str, tuple[str, ...]] = {
    "temperature": (r"\tau",),
    "temp": (r"\tau",),
    "discount": (r"\gamma",),
    "discount_factor": (r"\gamma",),
    "t": ("t",),
    "base_temperature": (r"\tau_{0}",),
    "lam": (r"\lambda",),
    "lambda_": (r"\lambda",),
    "lmbda": (r"\lambda",),
    "lambd": (r"\lambda",),
    "eps": (r"\epsilon",),
    "smooth": ("s", r"\epsilon"),
    "smoothing": (r"\epsilon",),
    "label_smoothing": (r"\epsilon",),
    "margin": ("m",),
    "scale": ("s",),
    "std": (r"\sigma",),
    "pred": (r"\hat{y}",),
    "preds": (r"\hat{y}",),
    "prediction": (r"\hat{y}",),
    "predictions": (r"\hat{y}",),
    "y_pred": (r"\hat{y}",),
    "output": (r"\hat{y}",),
    "outputs": (r"\hat{y}",),
    "input": ("x",),
    "inputs": ("x",),
    "y_hat": (r"\hat{y}",),
    "logits": ("z", "x"),
    "logit": ("z", "x"),
    "scores": ("s",),
    "probs": ("p",),
    "prob": ("p",),
    "target": ("y",),
    "targets": ("y",),
    "label": ("y",),
    "labels": ("y",),
    "y_true": ("y",),
    "anchor": ("a",),
    "anchors": ("a",),
    "positive": ("p",),
    "negative": ("n",),
    "features": ("z",),
    "feature": ("z",),
    "embeddings": ("z",),
    "embedding": ("z",),
    "mask": ("m",),
    "weight": ("w",),
    "weights": ("w",),
    "bias": ("b",),
    "query": ("q",),
    "key": ("k",),
    "value": ("v",),
    "queries": ("q",),
    "keys": ("k",),
    "hidden": ("h",),
    "x1": ("x",),
    "x2": ("y",),
    "input1": ("x",),
    "input2": ("y",),
    "z_a": ("z", "a"),
    "z_b": (r"\tilde{z}", "b"),
    "z1": ("z",),
    "z2": (r"\tilde{z}",),
    "z_i": ("z",),
    "z_j": (r"\tilde{z}",),
    "z0": ("z",),
    "out0": ("z",),
    "out1": (r"\tilde{z}",),
    "noise": (r"\epsilon",),
    "similarity": ("s",),
    "sim": ("s",),
    "distance": ("d",),
    "loss": (r"\ell",),
    "advantages": ("A",),
    "advantage": ("A",),
    "returns": ("R", "G"),
    "values": ("V",),
    "newvalue": (r"\hat{V}",),
    "new_values": (r"\hat{V}",),
    "new_value": (r"\hat{V}",),
    "rewards": ("r",),
    "reward": ("r",),
    "dones": ("d",),
    "actions": ("a",),
    "entropy": ("H",),
    "target_entropy": (r"\bar{H}",),
    "newlogprob": (r"\ell",),
    "logprobs": (r"\tilde{\ell}",),
    "q_network": ("Q",),
    "qf1": ("Q",),
    "qf2": (r"\tilde{Q}",),
    "qf1_values": ("Q",),
    "qf2_values": (r"\tilde{Q}",),
    "target_network": (r"\bar{Q}",),
    "clip_coef": (r"\epsilon",),
    "ent_coef": (r"\lambda_{\mathrm{ent}}",),
    "vf_coef": (r"\lambda_{\mathrm{vf}}",),
    "@gradient": ("g",),
    "order": (r"\pi", r"\rho"),
}
ENDINGS = {
    "weight": r"\lambda",
    "width": r"\sigma",
    "coef": r"\lambda",
    "coeff": r"\lambda",
    "temperature": r"\tau",
    "margin": "m",
    "lambda": r"\lambda",
    "scale": "s",
    "sigma": r"\sigma",
    "alpha": r"\alpha",
}
POOL = "abcgqrsuvwxyzfhopABEFGQRSUVXYZ"
SIZE_POOL = "KMLPQRSUVEFG"
INDEX_LETTERS: dict[str, str] = {
    "N": "ijnm",
    "C": "cklm",
    "D": "dejk",
    "K": "klm",
    "T": "tsur",
    "H": "huab",
    "W": "wvab",
    "M": "jlnm",
    "L": "lmk",
    "V": "vuw",
    "B": "bij",
    "S": "srq",
    "F": "fgj",
    "E": "ejk",
    "P": "pqr",
    "Q": "qrp",
}
ANY_INDEX = "ijklmnpqrsuvwabcdefghotxyz"


class Symbols:
    """Symbols given to names of one equation, each once."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self.of: dict[str, str] = {}
        self.taken: set[str] = {"e", *reserved}

    def give(self, name: str, role: str) -> str:
        """The symbol of `name`; the first free one of its candidates."""
        if name not in self.of:
            chosen = next(item for item in candidates(name, role) if item not in self.taken)
            self.of[name] = chosen
            self.taken.add(chosen)
        return self.of[name]


def candidates(name: str, role: str) -> Iterator[str]:
    """Symbols for a source name, best first; the last ones are always free somewhere."""
    stem = re.sub(r"_(\d+)$", "", name)
    if role == "size":
        yield from _sizes(stem)
    elif role == "schedule":
        yield from chain(
            schedule_letters.letters(stem), _plain(stem, "scalar"), schedule_letters.initials(stem)
        )
    elif role == "callback":
        yield from {"criterion": (r"\ell",), "activation": (r"\phi",)}.get(stem, ())
        yield from ("f", "g", "h")
    elif role in ("function", "operator"):
        yield from _functions(stem, role)
    else:
        yield from _plain(stem, role)
    word = re.sub(r"[^A-Za-z0-9]", " ", name).title().replace(" ", "") or "X"
    yield rf"\mathrm{{{word}}}"
    for at in range(2, 1000):
        yield rf"\mathrm{{{word}{_letter(at)}}}"


def _letter(at: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in str(at))


def _sizes(stem: str) -> Iterator[str]:
    if len(stem) == 1:
        yield stem.upper()
    word = re.sub(r"^(n|num|d|dim|max|len)_", "", stem)
    known = {"thresholds": "K", "classes": "C", "heads": "H", "channels": "C", "features": "F", "dim": "D"}
    if word in known:
        yield known[word]
    yield word[:1].upper() or "K"
    yield from SIZE_POOL


def _functions(stem: str, role: str) -> Iterator[str]:
    if role == "operator":
        yield rf"\operatorname{{{re.sub('[^A-Za-z]', '', stem)}}}"
        return
    last = stem.rpartition(".")[2].strip("_")
    for letter in chain(last[:1].lower(), "fghqrs"):
        if letter.isalpha():
            yield rf"{letter}_{{\theta}}"


def _plain(stem: str, role: str) -> Iterator[str]:
    lower = stem.lower()
    bare = stem.rpartition(".")[2]
    yield from GLOSSARY.get(lower, ())
    if lower in GREEK:
        yield f"\\{stem if stem in GREEK else lower}"
    if len(bare) == 1 and bare.isalpha():
        yield bare
    word, _, number = stem.rpartition("_")
    if number in GREEK or word in GREEK:
        yield f"\\{number if number in GREEK else word}"
    ending = lower.rpartition("_")[2]
    if role == "scalar" and ending in ENDINGS:
        yield ENDINGS[ending]
    if role == "scalar":
        yield from (
            rf"{base}_{{\mathrm{{{re.sub('[^A-Za-z]', '', stem)}}}}}"
            for base in (ENDINGS.get(ending, ""),)
            if base
        )
        return
    if role == "output":
        return
    first = next((c for c in bare if c.isalpha()), "x").lower()
    if first not in "ij":
        yield first
    if role == "tensor":
        yield from (rf"\{accent}{{{first}}}" for accent in ("tilde", "hat"))
    if role == "definition":
        yield from POOL


def index_letter(size: Expr, taken: set[str]) -> str:
    """A free letter for an index that runs to `size`."""
    names = [item.name for item in walk(size) if isinstance(item, Sym)]
    wanted = INDEX_LETTERS.get(names[0][:1].upper(), "") if names else ""
    if names and len(names[0]) > 1 and not wanted:
        wanted = "kl"
    for letter in chain(wanted, ANY_INDEX, "IJKLMNPQRSTUVWXYZABCDEFGHO"):
        if letter not in taken and letter != "e":
            return letter
    return rf"\mathrm{{i{len(taken)}}}"
