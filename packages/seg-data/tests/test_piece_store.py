"""Pieces are the array, whatever its shape, chunks and axes, and what is whole is not copied again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import VolumeError
from seg_common.geometry.box import Box
from seg_data import piece_store
from seg_data.array_in_memory import ArrayInMemory
from seg_data.axis_order import reordered
from seg_data.piece_store import PieceStore

ARRAY = np.arange(6 * 7 * 8, dtype=np.uint16).reshape(6, 7, 8)


class Counted(ArrayInMemory):
    """An array that remembers what was read of it."""

    def __init__(self, array):
        super().__init__(array)
        self.boxes = []

    def _read(self, box):
        self.boxes.append(box)
        return super()._read(box)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    chunk=st.none() | st.tuples(*[st.integers(1, 4)] * 3),
    axes=st.sampled_from(["zyx", "xyz", "yzx", "zxy"]),
    piece_bytes=st.integers(1, 300),
    data=st.data(),
)
def test_any_box_of_the_pieces_is_that_of_the_array(tmp_path_factory, shape, chunk, axes, piece_bytes, data):
    """Pieces of any size, cut along any storage, join without a seam; no voxel is read twice."""
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    source = Counted(array)
    source.chunk_shape = chunk
    view = reordered(source, axes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(piece_store, "PIECE_BYTES", piece_bytes)
        store = PieceStore(tmp_path_factory.mktemp("pieces"), view)
        store.fill()
    assert sum(box.voxels for box in source.boxes) == array.size
    start = tuple(data.draw(st.integers(0, n - 1)) for n in view.shape)
    stop = tuple(data.draw(st.integers(a + 1, n)) for a, n in zip(start, view.shape, strict=True))
    box = Box.between(start, stop)
    assert np.array_equal(store.read(box), view.read(box))
    assert store.read(box).dtype == array.dtype


def test_pieces_follow_the_chunks(tmp_path, monkeypatch):
    """A chunk lies in one piece, so that it is unpacked once."""
    monkeypatch.setattr(piece_store, "PIECE_BYTES", 2 * 3 * 4 * 2)
    source = Counted(ARRAY)
    source.chunk_shape = (2, 3, 4)
    PieceStore(tmp_path, source).fill()
    assert source.boxes[0] == Box(start=(0, 0, 0), shape=(2, 3, 4))
    assert {box.start[1] for box in source.boxes} == {0, 3, 6}


def test_what_is_whole_is_not_copied_again(tmp_path, monkeypatch):
    """After a failure in the middle, the second attempt reads the rest; progress is told of all."""
    monkeypatch.setattr(piece_store, "PIECE_BYTES", 7 * 8 * 2)
    source = Counted(ARRAY)
    done = []

    def fail_late(voxels):
        done.append(voxels)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PieceStore(tmp_path, source).fill(fail_late)
    assert len(source.boxes) == 4
    (tmp_path / ".000009.abcd.partial.npy").write_bytes(b"cut")
    (tmp_path / "000001.npy").write_bytes((tmp_path / "000001.npy").read_bytes()[:-1])
    again = Counted(ARRAY)
    store = PieceStore(tmp_path, again)
    store.fill(done.append)
    assert sum(done[4:]) == ARRAY.size
    assert [box.start[0] for box in again.boxes] == [1, 4, 5]  # the damaged one and the missing ones
    assert np.array_equal(store[:], ARRAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{n:06d}.npy" for n in range(6)]


def test_a_missing_piece_is_an_error(tmp_path):
    """Never zeros."""
    with pytest.raises(VolumeError, match=r"000000\.npy"):
        PieceStore(tmp_path, ArrayInMemory(ARRAY))[:]
