"""Blobs counted as they finish."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.metrics.blob_statistics import Surroundings, blob_statistics, summary_statistics
from seg_eval.metrics.blob_summary import BlobSummary, StreamingBlobSummaries, touching
from seg_eval.streaming.streaming_blobs import label_blobs


def summarised(codes, connectivity, block_shape, n_codes=1, number=3):
    region = Box.whole(codes.shape)
    streaming = StreamingBlobSummaries(region, n_codes, connectivity, number)
    for block in block_boxes(region, block_shape):
        streaming.add(block, codes[block.slices()])
    return streaming.finish()


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 8)] * 3),
    block_shape=st.tuples(*[st.integers(1, 8)] * 3),
    connectivity=st.sampled_from([1, 2, 3]),
    number=st.integers(0, 4),
)
@settings(deadline=None, max_examples=60)
def test_no_cut_into_blocks_changes_a_number(seed, shape, block_shape, connectivity, number):
    """The numbers of each code are those of the table of all blobs, physical units and listed blobs included."""
    codes = np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)
    surroundings = Surroundings(Box.whole(shape), (2.0, 1.0, 0.5), "µm")
    table = label_blobs(codes, connectivity)
    for code, summary in enumerate(summarised(codes, connectivity, block_shape, 2, number), start=1):
        expected = blob_statistics(table.of_code(code), number, surroundings)
        assert summary_statistics(summary, surroundings) == expected


@given(seed=st.integers(0, 2**32 - 1), shape=st.tuples(*[st.integers(1, 9)] * 3), number=st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_numbers_follow_from_the_counts_as_from_all_blobs(seed, shape, number):
    """Mean, median, axis, cubic-ness, border and the largest, by numpy on the table of all blobs."""
    table = label_blobs((np.random.default_rng(seed).random(shape) < 0.4).astype(np.uint8), 3)
    voxel_size = np.array([1.0, 3.0, 2.0])
    found = blob_statistics(table, number, Surroundings(Box.whole(shape), tuple(voxel_size), "nm"))
    if len(table) == 0:
        assert (found.count, found.median, found.touching_border) == (0, None, 0)
        return
    sides, voxels = table.sides, table.voxels
    assert (found.mean, found.median, found.total) == (voxels.mean(), np.median(voxels), voxels.sum())
    assert found.percentiles.p95 == np.percentile(voxels, 95, method="inverted_cdf")
    assert found.mean_cubicness == pytest.approx(np.mean(sides.min(1) / sides.max(1)))
    longest = (sides * voxel_size).max(1)
    assert found.physical.longest_side == longest.max()
    assert found.physical.longest_axis == "zyx"[(sides * voxel_size)[longest.argmax()].argmax()]
    assert found.longest_axis == "zyx"[sides[sides.max(1).argmax()].argmax()]
    assert list(found.longest_axis_counts.values()) == np.bincount(sides.argmax(1), minlength=3).tolist()
    at_border = ((table.box_start == 0) | (table.box_stop == shape))[:, np.array(shape) > 1].any(1)
    assert found.touching_border == at_border.sum()
    assert [one.voxels for one in found.largest] == np.sort(voxels)[::-1][:number].tolist()


def test_blobs_too_large_for_the_tables_are_counted_as_the_others():
    """Sizes on both sides of 4096 voxels and sides of 15, 16 and more, cut into blocks, by numpy on the table of all blobs."""
    codes = np.zeros((40, 20, 90), np.uint8)
    codes[:16, :16, :16] = 1  # 4096 voxels
    codes[20:, 2:17, 2:17] = 1  # 4500
    codes[20:35, :15, 30:45] = 2  # 3375
    codes[3, 3, 40:] = 1
    codes[5, 3:, 50:65:2] = 2
    codes[9, 9, 30] = 1
    table = label_blobs(codes, 1)
    for code, summary in enumerate(summarised(codes, 1, (7, 20, 90), 2, 3), start=1):
        blobs = table.of_code(code)
        found, counts = np.unique(blobs.voxels, return_counts=True)
        assert (summary.sizes.tolist(), summary.size_counts.tolist()) == (found.tolist(), counts.tolist())
        shapes, which, counts = np.unique(blobs.sides, axis=0, return_inverse=True, return_counts=True)
        assert (summary.sides.tolist(), summary.side_counts.tolist()) == (shapes.tolist(), counts.tolist())
        firsts = [blobs.first_voxel[which.reshape(-1) == k].min() for k in range(len(shapes))]
        assert summary.side_firsts.tolist() == firsts
        assert summary.touching_border == np.count_nonzero(touching(blobs, Box.whole(codes.shape)))
        assert summary.largest.voxels.tolist() == sorted(blobs.voxels.tolist(), reverse=True)[:3]


def test_blobs_of_equal_size_come_in_the_order_of_the_region_whatever_was_counted_first():
    """Blobs finish in an order that the blocks decide; the list must not show it."""
    table = label_blobs(np.array([[[1, 0, 1, 1, 0, 1, 0, 1, 1]]], np.uint8), 1)
    summary = BlobSummary(number=3)
    for rows in ([3], [1, 2], [0]):
        summary.add(table.rows(np.array(rows)))
    assert summary.largest.first_voxel.tolist() == [2, 7, 0]


def test_memory_is_that_of_the_shapes_and_not_of_the_blobs():
    """Half a million single voxels are one size, one shape and ten places."""
    region = Box.whole((100, 100, 100))
    checkerboard = (np.indices(region.shape).sum(0) % 2).astype(np.uint8)
    (summary,) = summarised(checkerboard, 1, (5, 100, 100), number=10)
    assert (summary.count, summary.sizes.tolist(), summary.sides.tolist()) == (500_000, [1], [[1, 1, 1]])
    assert summary.largest.first_voxel.tolist() == np.flatnonzero(checkerboard)[:10].tolist()
