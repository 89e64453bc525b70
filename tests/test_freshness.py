"""The stamp of a build: what it remembers, and what it does with a damaged one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from paperback.freshness import FILE, Stamp, last_stamp, make_stamp, still_fresh, write_stamp
from paperback.source import Source, digest, relative

HASH_OF_ABC = "ba7816bf8f01cfea"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repo/paper").mkdir(parents=True)
    (tmp_path / "repo/log.json").write_text("abc")
    (tmp_path / "repo/other.bin").write_text("12345")
    (tmp_path / "repo/paperback.toml").write_text("")
    (tmp_path / "repo/paper/main.html").write_text("page")
    return tmp_path / "repo"


def stamp_of(root: Path) -> Stamp:
    return make_stamp(root, root / "paper", "none", "", {"log.json": digest(b"abc")})


def test_what_a_stamp_remembers(root: Path) -> None:
    """Inputs by content, other files by size, outputs by content; paperback.toml is always an input."""
    stamp = stamp_of(root)
    assert {path: (size, hashed) for path, (size, _, hashed) in stamp.inputs.items()} == {
        "log.json": (3, HASH_OF_ABC),
        "paperback.toml": (0, digest(b"")),
    }
    assert stamp.others == {"other.bin": 5}
    assert stamp.outputs == {"main.html": digest(b"page")}


def test_a_stamp_is_read_back(root: Path) -> None:
    """What was written is what is read, and the stamp itself is no output."""
    stamp = stamp_of(root)
    write_stamp(root / "paper", stamp)
    assert last_stamp(root / "paper") == stamp
    assert still_fresh(stamp, root, root / "paper", "none")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", '{"inputs": 3}', '{"inputs": {"a": [1]}}', '{"inputs": {}, "more": 1}'],
)
def test_a_damaged_stamp_is_none(root: Path, text: str) -> None:
    """A stamp that cannot be read means that everything is built again."""
    (root / "paper" / FILE).write_text(text)
    assert last_stamp(root / "paper") is None


def test_no_stamp_is_none(root: Path) -> None:
    """A folder that was never built has no stamp."""
    assert last_stamp(root / "nowhere") is None


def test_another_version_is_built_again(root: Path) -> None:
    """A paper of another version of Paperback is not fresh, nor one by another engine."""
    stamp = stamp_of(root)
    assert not still_fresh(replace(stamp, version="0"), root, root / "paper", "none")
    assert not still_fresh(stamp, root, root / "paper", "typst")


def test_equal_size_and_new_content(root: Path) -> None:
    """Content decides where the time differs: the same bytes are fresh, other bytes are not."""
    stamp = stamp_of(root)
    (root / "log.json").write_text("abc")
    assert still_fresh(stamp, root, root / "paper", "none")
    (root / "log.json").write_text("abd")
    assert not still_fresh(stamp, root, root / "paper", "none")


def test_kept_copies_are_no_outputs(root: Path) -> None:
    """What was kept for the author may be changed or deleted without a new build."""
    stamp = stamp_of(root)
    (root / "paper/kept").mkdir()
    (root / "paper/kept/main.html").write_text("mine")
    assert still_fresh(stamp, root, root / "paper", "none")


def test_the_digest_is_sha_256() -> None:
    """The first 16 digits of the published test vector for `abc` (FIPS 180-2)."""
    assert digest(b"abc") == HASH_OF_ABC


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (Source("a.py"), "a.py"),
        (Source("a.py", 3), "a.py:3"),
        (Source("a.json", key="test.acc"), "a.json [test.acc]"),
        (Source("a.json", 3, "k"), "a.json:3 [k]"),
    ],
)
def test_a_source_in_words(source: Source, shown: str) -> None:
    """A place is its path, line and key."""
    assert str(source) == shown


def test_a_path_in_words(tmp_path: Path) -> None:
    """A path below the root is relative to it, any other one stands as it is."""
    assert relative(tmp_path / "a" / "b.py", tmp_path) == "a/b.py"
    assert relative(tmp_path / "c.py", tmp_path / "a") == (tmp_path / "c.py").as_posix()


def test_a_stamp_is_small_json(root: Path) -> None:
    """The stamp is JSON with sorted keys, so that equal builds leave equal stamps."""
    write_stamp(root / "paper", stamp_of(root))
    text = (root / "paper" / FILE).read_text()
    assert list(json.loads(text)) == sorted(json.loads(text))
