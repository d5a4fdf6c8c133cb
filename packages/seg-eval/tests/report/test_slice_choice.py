"""Which slices a report shows."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from seg_common.geometry.box import Box
from seg_eval.report.slice_choice import MOST, choose_slices, middle_voxel


def document(region, notable=(), centroids=(), annotate=()):
    return SimpleNamespace(
        region=region,
        notable_slices=[SimpleNamespace(axis=axis, index=index) for axis, index in notable],
        error_blobs_pooled=SimpleNamespace(largest=[SimpleNamespace(centroid=centroid) for centroid in centroids]),
        annotate_next=[SimpleNamespace(axis=axis, index=index) for axis, index in annotate],
    )


def test_the_middle_comes_first_then_what_is_notable():
    region = Box(start=(10, 0, 0), shape=(100, 40, 30))
    chosen = choose_slices(document(region, [("z", 77), ("x", 3)], [(20.5, 4.0, 4.0)], [("y", 39)]))
    # 10 + 100 / 2; 20.5 lies halfway between two slices, and the first one counts.
    assert chosen[:7] == [(0, 60), (1, 20), (2, 15), (0, 77), (2, 3), (0, 20), (1, 39)]
    assert (0, 35) in chosen  # a quarter of the way


def test_a_single_slice_is_shown_across_z_only():
    assert choose_slices(document(Box(start=(4, 0, 0), shape=(1, 9, 9)))) == [(0, 4)]


@given(
    start=st.tuples(*[st.integers(0, 50)] * 3),
    shape=st.tuples(*[st.integers(1, 200)] * 3),
    notable=st.lists(st.tuples(st.sampled_from("zyx"), st.integers(0, 400)), max_size=8),
)
def test_slices_lie_inside_the_region_once_each(start, shape, notable):
    region = Box(start=start, shape=shape)
    chosen = choose_slices(document(region, notable))
    assert len(set(chosen)) == len(chosen)
    assert all(region.start[axis] <= index < region.stop[axis] for axis, index in chosen)
    for axis in range(3 if shape[0] > 1 else 1):
        count = sum(other == axis for other, _ in chosen)
        assert count <= MOST[axis]
        assert count == min(MOST[axis], shape[axis]) or shape[axis] > count  # a thin region is shown whole


def test_a_blob_without_a_centre_is_nowhere():
    assert middle_voxel(SimpleNamespace(centroid=None)) is None
    assert middle_voxel(SimpleNamespace(centroid=(1.5, 2.0, 2.6))) == (1, 2, 3)
