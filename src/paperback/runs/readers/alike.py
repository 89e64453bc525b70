"""Short byte strings that stand in one array, all at once: cut out, and sorted into those that are equal."""

from collections.abc import Sequence

import numpy as np

# Of a hash, so many bits sort it into a bucket, and others where two contents fell into one.
_BITS, _DEEPEST = 16, 3
# The odd number next to 2^64 over the golden ratio: Knuth's multiplicative hashing.
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def windows(data: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    """`width` bytes of the uint8 array `data` from each place on; shape (places, width)."""
    if not width:
        return np.zeros((len(at), 0), np.uint8)
    # As items of one size they are copied whole, not byte by byte.
    whole: np.ndarray = np.ndarray((len(data) - width + 1,), f"V{width}", data.data, strides=(1,))
    found: np.ndarray = whole[at].view(np.uint8).reshape(-1, width)
    return found


def in_words(cells: np.ndarray) -> list[np.ndarray]:
    """The columns of `cells`, shape (n, width) and uint8, eight together: arrays (n,) of uint64.

    The last is filled up with zeros.
    """
    whole = cells.shape[1] // 8 * 8
    words = [cells[:, at : at + 8].view(np.uint64)[:, 0].copy() for at in range(0, whole, 8)]
    if whole < cells.shape[1] or not words:
        rest = np.zeros((len(cells), 8), np.uint8)
        rest[:, : cells.shape[1] - whole] = cells[:, whole:]
        words.append(rest.view(np.uint64)[:, 0])
    return words


def alike(words: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each content, and which of these contents each row has.

    Args:
        words: One column or more, each of shape (n,) and uint64; rows are equal where all columns are.

    Returns:
        Places of rows, in ascending order, shape (contents,); and shape (n,). Both int64.
    """
    speaker = _speakers(words, 0)
    first = np.flatnonzero(speaker == np.arange(len(speaker)))
    which = np.empty(len(speaker), np.int64)
    which[first] = np.arange(len(first))
    return first, which[speaker]


def _speakers(words: Sequence[np.ndarray], depth: int) -> np.ndarray:
    """For every row the first one that is equal."""
    if depth == _DEEPEST:
        return _sorted(words)
    bucket = (_hashes(words) >> np.uint64(64 - _BITS * (depth + 1))).astype(np.uint16)
    first = np.empty(2**_BITS, np.int64)
    # Of equal indices the last assignment counts, which is that of the first row.
    first[bucket[::-1]] = np.arange(len(bucket))[::-1]
    speaker = first[bucket]
    differs = np.zeros(len(bucket), bool)
    for word in words:
        differs |= word != word[speaker]
    left = np.flatnonzero(differs)
    if len(left):
        speaker[left] = left[_speakers([word[left] for word in words], depth + 1)]
    return speaker


def _hashes(words: Sequence[np.ndarray]) -> np.ndarray:
    """A number for each row, equal where the rows are."""
    hashed = np.zeros(len(words[0]), np.uint64)
    for word in words:
        hashed ^= word
        hashed *= _FACTOR
        hashed ^= hashed >> np.uint64(29)
    return hashed * _FACTOR


def _sorted(words: Sequence[np.ndarray]) -> np.ndarray:
    """For every row the first one that is equal, by sorting: it takes its time, but never more."""
    order = np.lexsort(words)
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.any([word[order[1:]] != word[order[:-1]] for word in words], axis=0)
    speaker = np.empty(len(order), np.int64)
    # The order is stable, so the first of equal rows comes first.
    speaker[order] = order[np.flatnonzero(is_new)][np.cumsum(is_new) - 1]
    return speaker
