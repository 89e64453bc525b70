"""paperback.toml: what it may say, and the whole text of every objection to it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paperback.errors import PaperbackError, ReadError, SettingsError, near_miss
from paperback.settings import (
    ClaimSettings,
    MetricSettings,
    Settings,
    TableSettings,
    open_repository,
    parse_settings,
    read_settings,
)


def parse(text: str) -> Settings:
    return parse_settings(tomllib.loads(text))


def test_an_absent_file_means_the_defaults(tmp_path: Path) -> None:
    """A repository without paperback.toml has the default settings."""
    assert open_repository(tmp_path) == Settings()


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    """An empty paperback.toml says the same as none, but for the maps being its own."""
    (tmp_path / "paperback.toml").write_text("")
    found = read_settings(tmp_path)
    assert (found.title, found.notes, found.bibliography) == ("", "notes.md", "references.bib")
    assert not found.roles
    assert not found.claims


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Windows editors begin a file with a byte-order mark, which is skipped."""
    (tmp_path / "paperback.toml").write_bytes(b'\xef\xbb\xbf[paper]\ntitle = "T"\n')
    assert read_settings(tmp_path).title == "T"


FULL = """
[paper]
title = "A title"
authors = ["Ada", "Ben"]
notes = "n.md"
bibliography = "b.bib"
[runs]
paths = ["out/{dataset}/{method}/{seed}.json"]
exclude = "old/**"
names = ["(?P<method>[^/]+)-(?P<seed>[0-9]+)$"]
[[runs.tables]]
file = "runs.csv"
path = "folder"
only = true
[runs.metrics]
"val/acc" = "mean env*_out_acc"
[roles]
method = "config.name"
[names.method]
mlp = "MLP"
[metrics.acc]
name = "accuracy"
unit = "fraction"
direction = "higher"
percent = true
decimals = 1
[study]
metric = "acc"
split = "test"
select = "best val acc"
proposal = "ours"
baselines = ["mlp"]
ablations = "less"
seed = 7
[code]
include = ["src/**"]
[[claims]]
kind = "better"
method = "ours"
over = "mlp"
metric = "acc"
datasets = ["adult"]
"""


def test_every_key_arrives() -> None:
    """Each key of the manual lands in the field of its meaning; a lone string counts as a list of one."""
    assert parse(FULL) == Settings(
        title="A title",
        authors=("Ada", "Ben"),
        notes="n.md",
        bibliography="b.bib",
        paths=("out/{dataset}/{method}/{seed}.json",),
        exclude=("old/**",),
        run_names=("(?P<method>[^/]+)-(?P<seed>[0-9]+)$",),
        tables=(TableSettings("runs.csv", "folder", True),),
        derived={"val/acc": "mean env*_out_acc"},
        roles={"method": "config.name"},
        names={"method": {"mlp": "MLP"}},
        metrics={"acc": MetricSettings("accuracy", "fraction", "higher", True, 1)},
        metric="acc",
        split="test",
        select="best val acc",
        proposal="ours",
        baselines=("mlp",),
        ablations=("less",),
        claims=(ClaimSettings("better", "ours", "mlp", "acc", ("adult",)),),
        code=("src/**",),
        seed=7,
    )


def test_a_name_in_print_replaces_the_logged_one() -> None:
    """A value without a printed name is printed as it was logged."""
    settings = parse("[names.method]\nmlp = 'MLP'")
    assert (
        settings.name("method", "mlp"),
        settings.name("method", "x"),
        settings.name("dataset", "mlp"),
    ) == (
        "MLP",
        "x",
        "mlp",
    )


ERRORS = {
    "table": (
        "[papr]\n",
        "paperback.toml: the file has no key 'papr'\n  Did you mean 'paper'?",
    ),
    "key": (
        "[study]\nmetrik = 'a'",
        "paperback.toml: [study] has no key 'metrik'\n  Did you mean 'metric'?",
    ),
    "no near miss": (
        "[code]\nzzz = 1",
        "paperback.toml: [code] has no key 'zzz'\n  Choose one of: base, baselines, include, proposal.",
    ),
    "no table": (
        "study = 3",
        "paperback.toml: study is int 3, not a table\n  Write it as [study].",
    ),
    "roles": (
        "roles = []",
        "paperback.toml: roles is list [], not a table\n  Write it as [roles].",
    ),
    "string": (
        "[paper]\ntitle = 3",
        "paperback.toml: [paper] title is 3\n  Give a string.",
    ),
    "role": (
        "[roles]\nmethod = ['a']",
        "paperback.toml: [roles] method is ['a']\n  Give a string.",
    ),
    "name": (
        "[names.method]\nmlp = 2",
        "paperback.toml: [names.method] mlp is 2\n  Give a string.",
    ),
    "names": (
        "[names]\nmethod = 'x'",
        "paperback.toml: names.method is str 'x', not a table\n  Write it as [names.method].",
    ),
    "list": (
        "[study]\nbaselines = ['a', 2]",
        "paperback.toml: [study] baselines is ['a', 2]\n  Give a list of strings.",
    ),
    "whole number": (
        "[study]\nseed = 1.5",
        "paperback.toml: [study] seed is 1.5\n  Give a whole number.",
    ),
    "true is no number": (
        "[study]\nseed = true",
        "paperback.toml: [study] seed is True\n  Give a whole number.",
    ),
    "truth": (
        "[metrics.a]\npercent = 'yes'",
        "paperback.toml: [metrics.a] percent is 'yes'\n  Give true or false.",
    ),
    "direction": (
        "[metrics.a]\ndirection = 'up'",
        'paperback.toml: [metrics.a] direction is \'up\'\n  Give "higher" or "lower".',
    ),
    "metric key": (
        "[metrics.a]\nunits = '%'",
        "paperback.toml: [metrics.a] has no key 'units'\n  Did you mean 'unit'?",
    ),
    "claims": (
        "claims = 'x'",
        "paperback.toml: [[claims]] is 'x'\n  Give a list of tables.",
    ),
    "claim": (
        "claims = ['x']",
        "paperback.toml: [[claims]] is ['x']\n  Give a list of tables.",
    ),
    "claim lacks": (
        "[[claims]]\nkind = 'better'\nmethod = 'a'",
        "paperback.toml: a [[claims]] table lacks 'over'\n  Add it.",
    ),
    "claim kind": (
        "[[claims]]\nkind = 'beter'\nmethod = 'a'\nover = 'b'",
        "paperback.toml: [[claims]] kind is 'beter'\n  Did you mean 'better'?",
    ),
    "template": (
        "[runs]\npaths = ['out/seed.json']",
        "paperback.toml: [runs] paths holds 'out/seed.json', which is no path template\n"
        '  Write it like "output/{dataset}/{method}/{seed}/stats.json".',
    ),
    "unclosed template": (
        "[runs]\npaths = ['out/{seed/x.json']",
        "paperback.toml: [runs] paths holds 'out/{seed/x.json', which is no path template\n"
        '  Write it like "output/{dataset}/{method}/{seed}/stats.json".',
    ),
    "template field": (
        "[runs]\npaths = ['out/{a b}.json']",
        "paperback.toml: [runs] paths holds 'out/{a b}.json', which is no path template\n"
        '  Write it like "output/{dataset}/{method}/{seed}/stats.json".',
    ),
    "expression": (
        "[runs]\nnames = ['(']",
        "paperback.toml: [runs] names holds '(': missing ), unterminated subpattern at position 0\n"
        "  Mend the regular expression.",
    ),
    "no group": (
        "[runs]\nnames = ['a+']",
        "paperback.toml: [runs] names holds 'a+', which names no group\n"
        '  Write it like "(?P<method>[^/]+)-(?P<seed>[0-9]+)$".',
    ),
    "side table": (
        "[[runs.tables]]\nfile = 'a.csv'",
        "paperback.toml: a [[runs.tables]] table lacks 'path'\n  Add it.",
    ),
    "derived": (
        "[runs.metrics]\na = 1",
        "paperback.toml: [runs.metrics] a is 1\n  Give a string.",
    ),
    "runs key": (
        "[runs]\npath = ['x']",
        "paperback.toml: [runs] has no key 'path'\n  Did you mean 'paths'?",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_objection(case: str) -> None:
    """An objection names the file, the place, the value and the mend, and nothing else."""
    text, said = ERRORS[case]
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert str(caught.value) == said


@pytest.mark.parametrize("data", [b"[paper\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, data: bytes) -> None:
    """A file that no TOML reader reads is one SettingsError that begins with its name."""
    (tmp_path / "paperback.toml").write_bytes(data)
    with pytest.raises(SettingsError, match=r"^paperback\.toml: not readable as TOML: "):
        read_settings(tmp_path)


def test_a_file_is_no_repository(tmp_path: Path) -> None:
    """What is named must be a folder."""
    with pytest.raises(ReadError, match=r"nowhere is not a folder\n  Name the folder"):
        open_repository(tmp_path / "nowhere")


TOML_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["paper", "runs", "roles", "names", "metrics", "study", "code", "claims", "tables", "kind", "paths", "x"]
)


@given(
    st.dictionaries(KEYS, st.dictionaries(KEYS | st.text(max_size=4), TOML_VALUES, max_size=3) | TOML_VALUES)
)
def test_whatever_stands_in_the_file_only_a_settings_error_comes_out(data: dict[str, Any]) -> None:
    """No value of a paperback.toml ends in another error than a SettingsError."""
    said = "paperback.toml: "
    try:
        parse_settings(data)
    except SettingsError as error:
        said = error.what
    assert said.startswith("paperback.toml: ")


@pytest.mark.parametrize(
    ("word", "allowed", "said"),
    [
        ("acuracy", ["accuracy", "loss"], "Did you mean 'accuracy'?"),
        ("zzz", ["b", "a"], "Choose one of: a, b."),
        ("zzz", [], ""),
        (
            "zzz",
            [f"w{n:02}" for n in range(14)],
            "Choose one of: " + ", ".join(f"w{n:02}" for n in range(12)) + " and 2 more.",
        ),
    ],
)
def test_near_miss(word: str, allowed: list[str], said: str) -> None:
    """The nearest word is offered, else the allowed ones in order, at most twelve of them."""
    assert near_miss(word, allowed) == said


def test_an_error_without_a_mend_is_one_line() -> None:
    """The mend stands on a line of its own, and only where there is one."""
    assert str(PaperbackError("what")) == "what"
    assert str(PaperbackError("what", mend="Do.")) == "what\n  Do."
