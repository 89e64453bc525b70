"""Scalars of many event records at once: records of one layout are decoded together."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from paperback.runs.readers.protobuf import BYTES, FIXED32, spans
from paperback.runs.readers.single_precision import shortest

# Longer records hold pictures, texts or histograms, which are few.
LONGEST = 400
_FEWEST = 4
_ROUNDS = 8
_STEP_AT = 10
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of one tag.

    Attributes:
        tag: The tag.
        order: Shape (n,): place of each point's record in the file.
        steps: Shape (n,), int64.
        values: Shape (n,), float64.
    """

    tag: str
    order: np.ndarray
    steps: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class _Scalar:
    tag: str
    start: int
    double: bool


def decode(rows: np.ndarray, order: np.ndarray) -> tuple[list[Points], np.ndarray]:
    """The scalars of records of one size, and which rows were left because their layout is another.

    Args:
        rows: Shape (n, size), uint8: the payloads.
        order: Shape (n,): their places in the file.
    """
    found: list[Points] = []
    left = np.ones(len(rows), bool)
    widths = _step_widths(rows)
    for width in np.unique(widths[widths >= 0]):
        places = np.flatnonzero(widths == width)
        if len(places) < _FEWEST:
            continue
        start = _STEP_AT + int(width) if width else _STEP_AT - 1
        steps = _steps(rows[places, _STEP_AT : _STEP_AT + int(width)])
        points, done = _decode_bodies(rows[places, start:], order[places], steps)
        found += points
        left[places[done]] = False
    return found, left


def _step_widths(rows: np.ndarray) -> np.ndarray:
    """Bytes of the step in `wall time, step, summary`; 0 where it is omitted, -1 for any other beginning."""
    n, size = rows.shape
    if size < _STEP_AT:
        return np.full(n, -1)
    timed = rows[:, 0] == 0x09
    after = rows[:, _STEP_AT - 1]
    ends = rows[:, _STEP_AT : _STEP_AT + 10] < 0x80
    width = ends.argmax(axis=1) + 1 if ends.shape[1] else np.zeros(n, np.int64)
    stepped = timed & (after == 0x10) & (ends.any(axis=1) if ends.shape[1] else False)
    return np.where(stepped, width, np.where(timed & (after == 0x2A), 0, -1))


def _steps(digits: np.ndarray) -> np.ndarray:
    steps = np.zeros(len(digits), np.uint64)
    for place in range(digits.shape[1]):
        part = (digits[:, place] & np.uint8(0x7F)).astype(np.uint64)
        steps |= part << np.uint64(7 * place)
    return steps.view(np.int64)


def _decode_bodies(
    bodies: np.ndarray, order: np.ndarray, steps: np.ndarray
) -> tuple[list[Points], np.ndarray]:
    """The points of the rows, which begin with the summary, and which rows were understood."""
    found: list[Points] = []
    done = np.zeros(len(bodies), bool)
    open_rows = np.arange(len(bodies))
    for _ in range(_ROUNDS):
        if len(open_rows) < _FEWEST:
            break
        scalars = scalars_of(bodies[open_rows[0]].tobytes())
        if scalars is None:
            open_rows = open_rows[1:]
            continue
        values = [_values(bodies, open_rows, scalar) for scalar in scalars]
        groups = list(_alike(bodies[open_rows], scalars))
        understood = np.zeros(len(open_rows), bool)
        for members, inside in groups:
            if [(s.start, s.double) for s in inside] != [(s.start, s.double) for s in scalars]:
                continue
            understood[members] = True
            rows = open_rows[members]
            found += [
                Points(scalar.tag, order[rows], steps[rows], value[members])
                for scalar, value in zip(inside, values, strict=True)
            ]
        done[open_rows[understood]] = True
        open_rows = open_rows[~understood]
    return found, done


def _values(bodies: np.ndarray, rows: np.ndarray, scalar: _Scalar) -> np.ndarray:
    size, kind = (8, "<f8") if scalar.double else (4, "<f4")
    raw = np.ascontiguousarray(bodies[rows, scalar.start : scalar.start + size]).view(kind)[:, 0]
    return raw.astype(np.float64) if scalar.double else shortest(raw.astype(np.float32))


def _alike(bodies: np.ndarray, scalars: Sequence[_Scalar]) -> Iterator[tuple[np.ndarray, Sequence[_Scalar]]]:
    """Rows that are equal but for the values at the places of `scalars`, with the scalars of each group."""
    n, size = bodies.shape
    padded = np.zeros((n, -(-size // 8) * 8), np.uint8)
    padded[:, :size] = bodies
    for scalar in scalars:
        padded[:, scalar.start : scalar.start + (8 if scalar.double else 4)] = 0
    words = padded.view(np.uint64)
    mixed = np.zeros(n, np.uint64)
    for column in words.T:
        mixed = (mixed ^ column) * _MIX
        mixed ^= mixed >> np.uint64(29)
    bucket = (mixed >> np.uint64(48)).astype(np.int64)
    speakers = np.full(2**16, -1, np.int64)
    speakers[bucket[::-1]] = np.arange(n)[::-1]
    speaker = speakers[bucket]
    # Two layouts may fall into one bucket; the rows that differ from its speaker wait for the next round.
    same = (words == words[speaker]).all(axis=1)
    first = np.flatnonzero(speaker == np.arange(n))
    number = np.full(n, -1, np.int64)
    number[first] = np.arange(len(first))
    label = np.where(same, number[speaker], len(first))
    sorted_rows = np.argsort(label, kind="stable")
    bounds = np.searchsorted(label[sorted_rows], np.arange(len(first) + 1))
    for place in range(len(first)):
        inside = scalars_of(bodies[first[place]].tobytes())
        if inside is not None:
            yield sorted_rows[bounds[place] : bounds[place + 1]], inside


def scalars_of(body: bytes) -> list[_Scalar] | None:
    """Where the numbers stand in a summary field of plain scalars; None for any other layout."""
    try:
        found: list[_Scalar] = []
        for number, kind, start, end in spans(body, 0, len(body)):
            if number != 5 or kind != BYTES:
                return None
            for inner, inner_kind, at, until in spans(body, start, end):
                if inner != 1 or inner_kind != BYTES:
                    return None
                scalar = _scalar_of(body, at, until)
                if scalar is None:
                    return None
                found.append(scalar)
        return found or None
    except (IndexError, ValueError, UnicodeDecodeError, struct.error):
        return None


def _scalar_of(body: bytes, start: int, end: int) -> _Scalar | None:
    tag, place = "", None
    for number, kind, at, until in spans(body, start, end):
        if number == 1 and kind == BYTES:
            tag = body[at:until].decode()
        elif number == 2 and kind == FIXED32 and place is None:
            place = (at, False)
        elif number == 8 and kind == BYTES and place is None:
            place = _tensor_value(body, at, until)
            if place is None:
                return None
        else:
            return None
    return None if place is None or tag.startswith("_hparams_/") else _Scalar(tag, *place)


def _tensor_value(body: bytes, start: int, end: int) -> tuple[int, bool] | None:
    """Where the one value of a float or double tensor without dimensions stands."""
    dtype, place = 0, None
    for number, kind, at, until in spans(body, start, end):
        if number == 1 and kind == 0:
            dtype = body[at]
        elif number == 2 and kind == BYTES and at == until:
            continue
        elif number in (4, 5, 6) and place is None:
            place = (number, at, until - at)
        else:
            return None
    if place is None or dtype not in (1, 2) or (place[0] != 4 and place[0] != dtype + 4):
        return None
    return (place[1], dtype == 2) if place[2] == 4 * dtype else None
