"""What is remembered of the blocks before."""

from seg_eval.streaming.block_faces import BlockFaces


def test_the_border_of_the_region_has_no_face():
    """The first block has nothing before it on any axis."""
    faces = BlockFaces((4, 5, 6))
    faces.begin_slab(written=True)
    faces.begin_row(2)
    assert (faces.z_before.size, faces.y_before.size, faces.x_before.size) == (0, 0, 0)
    assert (faces.z_now.shape, faces.y_now.shape) == ((5, 6), (2, 6))


def test_a_new_slab_sees_the_last_plane_but_no_row_before():
    """The plane moves on, cleared memory takes its place, rows of the old slab are forgotten."""
    faces = BlockFaces((4, 5, 6))
    for value in (1, 2, 3):
        faces.begin_slab(written=True)
        faces.begin_row(2)
        assert not faces.z_now.any()
        faces.z_now[:], faces.y_now[:] = value, value
    faces.begin_slab(written=True)
    faces.begin_row(1)
    assert (faces.z_before == 3).all()
    assert faces.y_before.size == 0
    assert faces.y_now.shape == (1, 6)


def test_a_slab_that_writes_no_face_leaves_none_behind():
    """The plane before is seen once; then there is nothing, and no row or column of an old slab."""
    faces = BlockFaces((4, 5, 6))
    faces.begin_slab(written=True)
    faces.begin_row(2)
    faces.z_now[:] = 3
    faces.next_column(2, 3)
    faces.begin_slab(written=False)
    assert (faces.z_before == 3).all()
    assert (faces.z_now.size, faces.y_before.size, faces.y_now.size, faces.x_before.size) == (0, 0, 0, 0)
    faces.begin_slab(written=False)
    assert faces.z_before.size == 0


def test_a_new_row_sees_the_row_before_but_no_column():
    """The row plane moves on; the last block of the row before does not lie beside the first of this one."""
    faces = BlockFaces((4, 5, 6))
    faces.begin_slab(written=True)
    faces.begin_row(2)
    faces.y_now[:] = 7
    faces.next_column(2, 3)[:] = 8
    faces.begin_row(2)
    assert (faces.y_before == 7).all()
    assert not faces.y_now.any()
    assert faces.x_before.size == 0


def test_the_column_is_cleared_and_used_again():
    """Blocks of one shape share one buffer."""
    faces = BlockFaces((4, 5, 6))
    first = faces.next_column(2, 3)
    first[:] = 9
    assert faces.next_column(2, 3) is first
    assert not first.any()
    assert faces.next_column(2, 1).shape == (2, 1)
