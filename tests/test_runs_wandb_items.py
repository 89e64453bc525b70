"""Items of many W&B messages at once give what each of them gives alone."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperback.runs.readers import wandb_history, wandb_summary
from paperback.runs.readers.log import LogFile
from paperback.runs.readers.wandb_history import History
from paperback.runs.readers.wandb_items import Items, Keys, read_items, steps_of
from paperback.runs.readers.wandb_summary import Summary
from wire import part, varint, wandb_item

FILE = LogFile("run.wandb", __file__, b"", "")  # type: ignore[arg-type]
VALUES = st.one_of(
    st.floats().map(json.dumps),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(
        ['"text"', "true", "null", "{}", '{"a": 1, "_type": "image"}', "", "-", "1\0", '"' + 200 * "x" + '"']
    ),
)
KEYS = st.sampled_from(["loss", "val/acc", ("a", "b"), "_step", "é\x82\x01", "k" * 126, "k" * 140])
# Steps whose bytes look like the tag of a value are among them.
STEPS = st.sampled_from([None, 0, 1, 5, 130, 16640, 2**40, -3]) | st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(st.lists(st.tuples(KEYS, VALUES), max_size=4), STEPS), max_size=12)


def number(step: int | None) -> bytes:
    return b"" if step is None else part(2, b"\x08" + varint(step) if step else b"")


def nothing_is_plain(messages: list[bytes], keys: Keys) -> Items:
    found = read_items(messages, keys)
    found.plain[:] = False
    return found


def history(rows: list[bytes]) -> dict[str, tuple[list[int], list[str]]]:
    found = History()
    for row in rows:
        found.add(row)
    series = {
        key: (one.steps.tolist(), [*map(repr, one.values.tolist())]) for key, one in found.series(FILE, {})
    }
    return series | {"unreadable": ([found.unreadable], [])}


def finals(messages: list[bytes]) -> dict[str, str]:
    found = Summary()
    for message in messages:
        found.add(message)
    known = {key: repr(final.value) for key, final in found.finals(FILE)}
    return known | {"unreadable": repr(found.unreadable)}


def together_and_alone(encoded: list[bytes], size: int = 1000) -> tuple[dict, dict]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wandb_history, "_TOGETHER", size)
        together = history(encoded)
        patch.setattr(wandb_history, "read_items", nothing_is_plain)
        return together, history(encoded)


@settings(deadline=None)
@given(ROWS, st.integers(1, 5), st.binary(max_size=6))
def test_rows_together_are_rows_alone(rows: list, size: int, noise: bytes) -> None:
    """Whatever keys, values and steps come, and whatever bytes are no row at all."""
    encoded = [b"".join(wandb_item(*pair) for pair in pairs) + number(step) for pairs, step in rows] + [noise]
    together, alone = together_and_alone(encoded, size)
    assert together == alone


@pytest.mark.parametrize("change", [-128, -2, -1, 1, 2])
def test_a_changed_byte_does_the_same_to_both(change: int) -> None:
    """Wherever in a row it stands; and so does a row that ends early."""
    row = wandb_item("loss", "0.5") + wandb_item(("a", "b"), "-1") + number(300)
    for at in range(len(row)):
        changed = row[:at] + bytes([(row[at] + change) % 256]) + row[at + 1 :]
        together, alone = together_and_alone([changed, row, row[:at], row])
        assert together == alone, at


@settings(deadline=None)
@given(ROWS, st.integers(1, 5), st.sampled_from([b"", part(2, b"\x12\x04loss"), b"\x0a\x7f", b"\x12"]))
def test_summaries_together_are_summaries_alone(rows: list, size: int, noise: bytes) -> None:
    """The last value of each key counts, also behind one that is removed or cannot be read."""
    encoded = [b"".join(wandb_item(*pair) for pair in pairs) for pairs, _ in rows]
    encoded = [*encoded, noise, *encoded[:2]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wandb_summary, "_TOGETHER", size)
        together = finals(encoded)
        patch.setattr(wandb_summary, "read_items", nothing_is_plain)
        assert together == finals(encoded)


def test_plain_rows_are_read_together() -> None:
    """Rows of numbers need no reading one by one, whatever the step."""
    rows = [
        wandb_item("loss", text) + wandb_item(("a", "b"), "NaN") + number(step)
        for step, text in enumerate(("0.5", "-1e-300", "Infinity", "7"))
    ]
    found = read_items(rows, keys := Keys())
    steps, known = steps_of(found)
    assert (found.plain & known & found.are_numbers()[::2]).all()
    assert steps.tolist() == [0, 1, 2, 3]
    assert keys.paths == [("loss",), ("a", "b")]
    values = found.numbers(found.which == 0)
    assert values is not None
    assert values.tolist() == [0.5, -1e-300, math.inf, 7]
