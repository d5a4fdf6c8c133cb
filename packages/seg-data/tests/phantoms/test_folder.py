"""Tests of phantoms on disk."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import OutputExistsError
from seg_common.volume.digests import array_digest
from seg_common.volume.opened_volume import open_volume
from seg_data import make_phantom, write_phantom


def test_what_is_written_is_what_was_made(tmp_path):
    """Voxels, classes, voxel size, partitions and digests."""
    phantom = make_phantom((32, 32, 40), seed=4)
    path = write_phantom(phantom, tmp_path / "composite")
    with open_volume(path) as volume:
        assert np.array_equal(volume.image[:], phantom.image)
        assert np.array_equal(volume.require_labels()[:], phantom.labels)
        assert volume.document.name == "composite"
        assert volume.document.class_names == ["matrix", "fibre", "pore"]
        assert list(volume.document.partitions) == ["train", "validation", "test"]
        assert volume.document.image.digest == array_digest(volume.image)
        assert volume.document.voxel_size_unit == "um"


def test_an_existing_volume_stays(tmp_path):
    """Unless overwriting is asked for."""
    phantom = make_phantom((16, 16, 16), seed=4)
    write_phantom(phantom, tmp_path)
    with pytest.raises(OutputExistsError, match="overwrite"):
        write_phantom(phantom, tmp_path)
    write_phantom(phantom, tmp_path, overwrite=True)
