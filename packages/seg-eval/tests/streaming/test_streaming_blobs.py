"""Streamed connected components equal those of the whole volume, however it is cut."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage.measure import label

from seg_common.errors import LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.tiling import block_boxes
from seg_eval.streaming.component_table import ComponentTable
from seg_eval.streaming.streaming_blobs import StreamingBlobs, label_blobs

SHAPES = st.tuples(*[st.integers(1, 7)] * 3)
CONNECTIVITIES = st.sampled_from([1, 2, 3])


def whole_volume_blobs(codes, connectivity, offset=(0, 0, 0)):
    """One tuple per blob from scikit-image's labels: first voxel, code, voxels, box start, box stop, sums."""
    labels = label(codes, background=0, connectivity=connectivity)
    blobs = []
    for number in range(1, labels.max() + 1):
        here = np.argwhere(labels == number)
        first = int(np.ravel_multi_index(here[0], codes.shape))
        code = int(codes[tuple(here[0])])
        here = here + np.array(offset)
        blobs.append((first, code, len(here), *here.min(0), *(here.max(0) + 1), *here.sum(0)))
    return sorted(tuple(int(value) for value in blob) for blob in blobs)


def as_tuples(table):
    columns = (
        table.first_voxel,
        table.code,
        table.voxels,
        *table.box_start.T,
        *table.box_stop.T,
        *table.coordinate_sums.T,
    )
    return [tuple(int(value) for value in row) for row in zip(*columns, strict=True)]


def stream(codes, blocks, connectivity, offset=(0, 0, 0), capacity=1024):
    blobs = StreamingBlobs(Box.whole(codes.shape).shifted(offset), connectivity)
    blobs._table = ComponentTable(capacity)
    for block in blocks:
        blobs.add(block.shifted(offset), codes[block.slices()])
    return blobs.finish()


@st.composite
def coded_volumes(draw, dtype=np.uint8):
    """Volumes of few codes, from nearly empty to full."""
    shape = draw(SHAPES)
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = generator.integers(1, draw(st.integers(2, 4)), shape, dtype)
    codes[generator.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.9]))] = 0
    return codes


@st.composite
def irregular_blocks(draw, shape):
    """Raster-order blocks where every slab and every row has cuts of its own."""

    def cuts(length):
        inner = draw(st.sets(st.integers(1, length - 1))) if length > 1 else set()
        return list(pairwise([0, *sorted(inner), length]))

    return [
        Box.between((z0, y0, x0), (z1, y1, x1))
        for z0, z1 in cuts(shape[0])
        for y0, y1 in cuts(shape[1])
        for x0, x1 in cuts(shape[2])
    ]


@given(codes=coded_volumes(), block_shape=SHAPES, connectivity=CONNECTIVITIES)
@example(codes=np.ones((5, 6, 7), np.uint8), block_shape=(1, 1, 1), connectivity=1)
@example(codes=np.indices((5, 5, 5)).sum(0).astype(np.uint8) % 2, block_shape=(1, 1, 1), connectivity=2)
@settings(deadline=None, max_examples=300)
def test_any_block_shape_gives_the_blobs_of_the_whole_volume(codes, block_shape, connectivity):
    """Codes, sizes, boxes, coordinate sums and order are those of scikit-image, down to blocks of one voxel."""
    blocks = block_boxes(Box.whole(codes.shape), block_shape)
    assert whole_volume_blobs(codes, connectivity) == as_tuples(stream(codes, blocks, connectivity))


@given(data=st.data(), codes=coded_volumes(np.uint16), connectivity=CONNECTIVITIES)
@settings(deadline=None, max_examples=100)
def test_uneven_cuts_and_a_region_inside_a_volume(data, codes, connectivity):
    """Slabs and rows may be cut unevenly; boxes come out in the coordinates of the volume around the region."""
    blocks = data.draw(irregular_blocks(codes.shape))
    offset = (160, 0, 7)
    table = stream(codes, blocks, connectivity, offset)
    assert whole_volume_blobs(codes, connectivity, offset) == as_tuples(table)


@given(codes=coded_volumes(), block_shape=SHAPES, connectivity=CONNECTIVITIES)
@settings(deadline=None, max_examples=100)
def test_a_table_that_runs_short_of_room_all_the_time_changes_nothing(codes, block_shape, connectivity):
    """Merged rows are closed up in the middle of slabs and rows, and the ids on the faces follow."""
    blocks = block_boxes(Box.whole(codes.shape), block_shape)
    table = stream(codes, blocks, connectivity, capacity=1)
    assert whole_volume_blobs(codes, connectivity) == as_tuples(table)


@given(codes=coded_volumes(), connectivity=CONNECTIVITIES)
@settings(deadline=None, max_examples=50)
def test_blob_voxels_add_up_to_the_voxels_of_each_code(codes, connectivity):
    """No voxel is lost or counted twice."""
    table = label_blobs(codes, connectivity)
    for code in (1, 2, 3):
        assert np.count_nonzero(codes == code) == table.of_code(code).voxels.sum()


@pytest.mark.parametrize("connectivity", [1, 2, 3])
@pytest.mark.parametrize("offset", [o for o in product((-1, 0, 1), repeat=3) if o > (0, 0, 0)])
def test_each_of_the_26_neighbours_is_found_across_block_borders(offset, connectivity):
    """Two voxels in blocks of one voxel join exactly when their offset has at most `connectivity` non-zero parts."""
    codes = np.zeros((3, 3, 3), np.uint8)
    codes[1, 1, 1] = codes[tuple(1 + o for o in offset)] = 9
    table = stream(codes, block_boxes(Box.whole(codes.shape), (1, 1, 1)), connectivity)
    assert (1 if np.count_nonzero(offset) <= connectivity else 2) == len(table)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_blob_that_crosses_three_blocks_is_one_blob(axis):
    """A bar of 9 voxels through three blocks of 4 keeps its size, box and centre."""
    shape = [3, 3, 3]
    shape[axis] = 12
    codes = np.zeros(shape, np.uint8)
    bar = [slice(1, 2)] * 3
    bar[axis] = slice(2, 11)
    codes[tuple(bar)] = 1
    block_shape = [2, 2, 2]
    block_shape[axis] = 4
    table = stream(codes, block_boxes(Box.whole(codes.shape), tuple(block_shape)), 1)
    start, stop, centre = [1, 1, 1], [2, 2, 2], [1.0, 1.0, 1.0]
    start[axis], stop[axis], centre[axis] = 2, 11, 6.0  # (2 + 3 + … + 10) / 9 = 54 / 9
    assert table.voxels.tolist() == [9]
    assert [start] == table.box_start.tolist()
    assert [stop] == table.box_stop.tolist()
    assert [centre] == table.centroid.tolist()


def test_two_arms_that_meet_in_a_later_block_become_one_blob():
    """A U that opens towards the first block: its arms have ids of their own until the last slab joins them."""
    codes = np.zeros((3, 1, 5), np.uint8)
    codes[:, 0, 0] = codes[:, 0, 4] = codes[2, 0, :] = 1
    table = stream(codes, block_boxes(Box.whole(codes.shape), (1, 1, 2)), 1)
    assert table.voxels.tolist() == [9]  # 3 + 3 + 5 - 2 corners counted twice
    assert table.first_voxel.tolist() == [0]


@pytest.mark.parametrize(("connectivity", "blobs"), [(1, 32), (2, 1), (3, 1)])
def test_checkerboard_has_a_known_number_of_blobs(connectivity, blobs):
    """The 4³ / 2 dark fields of a 3D checkerboard touch along edges only."""
    codes = (np.indices((4, 4, 4)).sum(0) % 2).astype(np.uint8)
    assert blobs == len(stream(codes, block_boxes(Box.whole(codes.shape), (3, 3, 3)), connectivity))


def test_neighbouring_codes_never_join():
    """Blobs of different codes share no voxel, even where they touch along a whole face."""
    codes = np.ones((2, 2, 2), np.uint16)
    codes[1] = 65535
    assert [tuple(row)[1:3] for row in as_tuples(label_blobs(codes, 3))] == [(1, 4), (65535, 4)]


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.uint16])
def test_read_only_and_strided_blocks_are_taken(dtype):
    """A slice of a memory-mapped volume needs no copy by the caller."""
    volume = np.ones((4, 4, 8), dtype)
    volume.flags.writeable = False
    assert label_blobs(volume[:, :, ::2], 1).voxels.tolist() == [4 * 4 * 4]


def test_sizes_and_sums_beyond_32_bits_are_exact():
    """A bar far out in a long volume: the sum of 70 000 coordinates near 100 000 needs more than 32 bits."""
    region = Box(start=(0, 0, 100_000), shape=(1, 1, 70_000))
    blobs = StreamingBlobs(region, 1)
    for block in block_boxes(region, (1, 1, 33_000)):
        blobs.add(block, np.ones(block.shape, np.uint8))
    # 70 000 * (100 000 + 169 999) / 2
    assert blobs.finish().coordinate_sums.tolist() == [[0, 0, 9_449_965_000]]


def test_no_voxel_means_no_blob():
    """An empty region gives an empty table with all its columns."""
    table = label_blobs(np.zeros((2, 3, 4), np.uint8), 1)
    assert len(table) == 0
    assert (0, 3) == table.centroid.shape == table.sides.shape


def test_finishing_twice_gives_the_same_table():
    """Taking the result changes nothing."""
    codes = (np.indices((3, 4, 5)).sum(0) % 3).astype(np.uint8)
    blobs = StreamingBlobs(Box.whole(codes.shape), 2)
    for block in block_boxes(Box.whole(codes.shape), (2, 2, 2)):
        blobs.add(block, codes[block.slices()])
    assert as_tuples(blobs.finish()) == as_tuples(blobs.finish())


def test_memory_does_not_grow_with_the_blocks_that_a_blob_crosses():
    """A blob through 4096 blocks leaves one row: rows of joined components are closed up when room runs short."""
    region = Box.whole((64, 64, 1))
    blobs = StreamingBlobs(region, 1)
    for block in block_boxes(region, (1, 1, 1)):
        blobs.add(block, np.ones(block.shape, np.uint8))
    assert blobs._table.parent.size == 1024
    assert blobs.finish().voxels.tolist() == [4096]


def test_connectivity_outside_1_to_3_is_refused():
    """The message says what 1, 2 and 3 stand for."""
    with pytest.raises(VolumeError, match=r"connectivity must be 1, 2 or 3; got 6\. Choose 1 for the 6 neighbours"):
        StreamingBlobs(Box.whole((1, 1, 1)), 6)


def test_codes_of_another_dtype_are_refused():
    """Signed and float arrays are not codes."""
    with pytest.raises(LabelVolumeError, match="bool, uint8 or uint16; got dtype int64"):
        label_blobs(np.ones((1, 1, 1), np.int64), 1)


def test_codes_must_have_the_shape_of_their_block():
    """A block that was cut differently is an error, not a wrong result."""
    blobs = StreamingBlobs(Box.whole((2, 2, 2)), 1)
    with pytest.raises(VolumeError, match=r"shape of their block; got \(2, 2, 1\) for block shape \(2, 2, 2\)"):
        blobs.add(Box.whole((2, 2, 2)), np.ones((2, 2, 1), np.uint8))
