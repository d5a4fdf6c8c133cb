import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_common.errors import LabelVolumeError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array
from seg_eval.scoring.scored_labels import IGNORED, ScoredLabels, largest_class, parse_mapping


@pytest.fixture
def stored(tmp_path):
    """Write an array, and open it."""

    def store(values, dtype):
        np.save(tmp_path / "labels.npy", np.array(values, dtype).reshape(1, 1, -1))
        return open_array(tmp_path / "labels.npy")

    return store


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int64", "uint64"])
def test_values_are_mapped_at_once_and_ignored_ones_told_apart(stored, dtype):
    """1 and 2 change places, 100 is class 0, 9 and 11 are nobody's, 0 stands for itself."""
    reader = stored([0, 1, 2, 100, 9, 11], dtype)
    labels = ScoredLabels(reader, 3, {1: 2, 2: 1, 100: 0}, (9, 11))
    found = labels.read(Box.whole(labels.shape))
    assert found.dtype == np.uint8
    assert found.ravel().tolist() == [0, 2, 1, 0, IGNORED, IGNORED]


def test_an_ignored_class_index_is_ignored(stored):
    """0 often means that nobody annotated a voxel."""
    labels = ScoredLabels(stored([0, 1, 2], "uint8"), 2, {1: 0, 2: 1}, (0,))
    assert labels.read(Box.whole(labels.shape)).ravel().tolist() == [IGNORED, 0, 1]


@pytest.mark.parametrize(("dtype", "large"), [("uint8", 255), ("uint16", 256), ("int32", 2**16), ("int64", 2**40)])
def test_what_does_not_fit_a_byte_never_becomes_another_class(stored, dtype, large):
    """256 would wrap around to 0."""
    labels = ScoredLabels(stored([0, large], dtype), 2, {}, ())
    with pytest.raises(LabelVolumeError, match=rf"class indices 0 … 1; .*labels.npy holds {large} \(1 voxels\)"):
        labels.read(Box.whole(labels.shape))


def test_all_wrong_values_of_all_blocks_are_listed(stored):
    labels = ScoredLabels(stored([5, 0, 7, 5, -1], "int16"), 2, remedy="Mend them.")
    boxes = [Box(start=(0, 0, x), shape=(1, 1, 1)) for x in range(5)]
    with pytest.raises(LabelVolumeError, match=r"holds -1 \(1 voxels\), 5 \(2 voxels\), 7 \(1 voxels\). Mend them."):
        labels.require_classes(boxes)


def test_a_long_list_is_cut_short(stored):
    labels = ScoredLabels(stored(range(20), "uint8"), 2)
    with pytest.raises(LabelVolumeError, match=r"9 \(1 voxels\) and 10 more values"):
        labels.require_classes([Box.whole(labels.shape)])


def test_contradictions_are_refused(stored):
    with pytest.raises(LabelVolumeError, match=r"either mapped or ignored; .* has both for 9"):
        ScoredLabels(stored([0], "uint8"), 2, {9: 1}, (9,))
    with pytest.raises(LabelVolumeError, match="mapped to class indices 0 … 1; got 9=2"):
        ScoredLabels(stored([0], "uint8"), 2, {9: 2})


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(-3, 300), min_size=1, max_size=20),
    mapping=st.dictionaries(st.integers(-3, 300), st.integers(0, 3), max_size=4),
    ignored=st.sets(st.integers(-3, 300), max_size=3),
)
def test_each_voxel_is_looked_up_by_itself(tmp_path_factory, values, mapping, ignored):
    """Against one value after the other in plain Python."""
    ignored -= set(mapping)

    def expected(value):
        if value in ignored:
            return IGNORED
        return mapping.get(value, value if 0 <= value < 4 else None)

    path = tmp_path_factory.mktemp("values") / "labels.npy"
    np.save(path, np.array(values, np.int16).reshape(1, 1, -1))
    labels = ScoredLabels(open_array(path), 4, mapping, tuple(ignored))
    codes = [expected(value) for value in values]
    if None in codes:
        assert labels.wrong_values(Box.whole(labels.shape)).total() == codes.count(None)
    else:
        assert labels.read(Box.whole(labels.shape)).ravel().tolist() == codes


def test_the_largest_class_is_that_after_mapping(stored):
    reader = stored([0, 1, 255, 9], "uint8")
    assert largest_class(reader, [Box.whole(reader.shape)], {255: 2}, (9,)) == 2
    assert largest_class(reader, [Box.whole(reader.shape)], {255: 1}, (9,)) == 1


@pytest.mark.parametrize(("text", "pair"), [("255=1", (255, 1)), ("255:1", (255, 1)), (" -1 = 0 ", (-1, 0))])
def test_a_mapping_is_read(text, pair):
    assert parse_mapping(text) == pair


@pytest.mark.parametrize("text", ["255", "a=1", "1=-1", "1=2=3", "1.5=1", ""])
def test_another_form_is_refused(text):
    with pytest.raises(LabelVolumeError, match="OLD=NEW"):
        parse_mapping(text)
