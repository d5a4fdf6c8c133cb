"""Blocks of whole chunks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_data.array_in_memory import ArrayInMemory
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of

sides = st.tuples(*[st.integers(1, 300)] * 3)


@settings(max_examples=60, deadline=None)
@given(shape=sides, chunk=sides, voxels=st.integers(1, 10**7), halo=st.integers(0, 20), rows_first=st.booleans())
def test_blocks_are_whole_chunks_within_the_memory(shape, chunk, voxels, halo, rows_first):
    """Each side is a number of chunks or the axis; only a chunk cut to 64 a side may be more than was allowed."""
    block = chunk_block_shape(shape, chunk, voxels, halo=(halo,) * 3, rows_first=rows_first)

    def fits(sides) -> bool:
        return np.prod([side + 2 * halo for side in sides]) <= voxels

    first = np.minimum(shape, chunk)
    step = first if fits(first) else np.minimum(first, 64)
    assert all(b == n or b % s == 0 for b, n, s in zip(block, shape, step, strict=True))
    assert fits(block) or block == tuple(step)


def test_rows_are_filled_first():
    """Two layers of one chunk each of 4 x 4 chunks fit: whole rows and planes, then the second layer."""
    assert chunk_block_shape((64, 32, 32), (8, 8, 8), 16 * 32 * 32) == (16, 32, 32)
    assert chunk_block_shape((64, 32, 32), (8, 8, 8), 8 * 16 * 32) == (8, 16, 32)


def test_chunks_of_files():
    """64 a side where a file does not say, the longest where two differ, never more than the axis."""
    plain, chunked = (
        ArrayInMemory(np.zeros((100, 100, 32), np.uint8)),
        ArrayInMemory(np.zeros((100, 100, 32), np.uint8)),
    )
    chunked.chunk_shape = (1, 100, 100)
    assert chunk_shape_of([plain]) == (64, 64, 32)
    assert chunk_shape_of([plain, chunked]) == (64, 100, 32)
    assert chunk_shape_of([chunked]) == (1, 100, 32)
