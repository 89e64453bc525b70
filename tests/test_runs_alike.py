"""Byte strings of one width are cut out and sorted into equal ones, exactly."""

import numpy as np
import pytest

from paperback.runs.readers import alike as module
from paperback.runs.readers.alike import alike, in_words, windows


def expected(cells: np.ndarray) -> tuple[list[int], list[int]]:
    """The same with a dictionary."""
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(row.tobytes(), len(numbers)) for row in cells]
    return [which.index(number) for number in range(len(numbers))], which


@pytest.mark.parametrize("width", [0, 1, 3, 8, 11, 40])
def test_rows_are_sorted_as_a_dictionary_does(width: int) -> None:
    chance = np.random.default_rng(width)
    cells = chance.integers(0, 3, (500, width)).astype(np.uint8)
    first, which = alike(in_words(cells))
    assert (first.tolist(), which.tolist()) == expected(cells)


def test_more_contents_than_buckets_are_told_apart() -> None:
    words = np.random.default_rng(0).integers(0, 150_000, (300_000, 1)).astype(np.uint64)
    first, which = alike([words[:, 0]])
    assert np.array_equal(words[first][which], words)
    assert len(first) == len(np.unique(words))
    assert np.all(np.diff(first) > 0)


def test_contents_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_hashes", lambda words: np.zeros(len(words[0]), np.uint64))
    cells = np.random.default_rng(0).integers(0, 3, (200, 9)).astype(np.uint8)
    first, which = alike(in_words(cells))
    assert (first.tolist(), which.tolist()) == expected(cells)


def test_windows_may_overlap_and_end_with_the_data() -> None:
    found = windows(np.arange(6, dtype=np.uint8), np.array([0, 1, 3]), 3)
    assert found.tolist() == [[0, 1, 2], [1, 2, 3], [3, 4, 5]]
