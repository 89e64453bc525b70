"""Short byte strings that stand in one array, all at once: cut out, and sorted into those that are equal."""

import numpy as np

# Of a hash, so many bits sort it into a bucket.
_BITS = 16
# Odd numbers without a pattern: powers of the one that Knuth takes for a linear congruential generator.
_FACTORS = np.array([pow(6364136223846793005, power, 2**64) for power in range(1, 513)], np.uint64)


def windows(data: np.ndarray, at: np.ndarray, width: int) -> np.ndarray:
    """`width` bytes of the uint8 array `data` from each place on; shape (places, width)."""
    if not width:
        return np.zeros((len(at), 0), np.uint8)
    # As items of one size they are copied whole, not byte by byte.
    whole: np.ndarray = np.ndarray((len(data) - width + 1,), f"V{width}", data.data, strides=(1,))
    found: np.ndarray = whole[at].view(np.uint8).reshape(-1, width)
    return found


def in_words(cells: np.ndarray) -> np.ndarray:
    """Rows of bytes as rows of uint64, filled up with zeros."""
    words = np.zeros((len(cells), -(-cells.shape[1] // 8) * 8), np.uint8)
    words[:, : cells.shape[1]] = cells
    return words.view(np.uint64)


def alike(words: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The place of one of each kind of row, and the kind that each row is of.

    Args:
        words: Shape (n, m), uint64.

    Returns:
        Shapes (kinds,) and (n,); None where two different rows have one hash, by a chance of 2^-64.
    """
    first, which = _groups(_hashes(words))
    return (first, which) if np.array_equal(words[first].take(which, axis=0), words) else None


def _groups(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first place of each different number, and which of them each place has."""
    bucket = (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
    speakers = np.zeros(2**_BITS, np.int64)
    speakers[bucket[::-1]] = np.arange(len(hashes))[::-1]
    speaker = speakers[bucket]
    if not np.array_equal(hashes[speaker], hashes):
        # Two numbers fell into one bucket.
        _, begins, which = np.unique(hashes, return_index=True, return_inverse=True)
        return begins, which
    first = np.flatnonzero(speaker == np.arange(len(hashes)))
    speakers[bucket[first]] = np.arange(len(first))
    return first, speakers[bucket]


def _hashes(words: np.ndarray) -> np.ndarray:
    """A number for each row, which differs where the rows do but for a chance of 2^-64."""
    hashed = np.zeros(len(words), np.uint64)
    for column, factor in zip(words.T, np.resize(_FACTORS, words.shape[1]), strict=True):
        hashed += column * factor
    return hashed
