"""The voxel size of a TIFF: ImageJ's, OME's, and none where nobody measured it."""

import numpy as np
import pytest
import tifffile

from seg_common.volume.open_array import open_array
from seg_common.volume.tiff_voxel_size import tiff_voxel_size

VOXELS = np.zeros((3, 4, 5), np.uint16)


def found(path):
    with open_array(path) as reader:
        assert reader.shape == (3, 4, 5)
        return reader.voxel_size, reader.voxel_size_unit


def imagej(tmp_path, resolution=(4, 2), array=VOXELS, **metadata):
    metadata = {"axes": "ZYX", **metadata}
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, resolution=resolution, metadata=metadata)
    return tmp_path / "a.tif"


@pytest.mark.parametrize("unit", ["um", "micron", "\\u00B5m"])
def test_imagej_tells_spacing_unit_and_pixels_per_unit(tmp_path, unit):
    """The resolution is pixels per unit; x first."""
    assert found(imagej(tmp_path, spacing=2.0, unit=unit)) == ((2, 0.5, 0.25), "um")


def test_digits_beyond_the_fraction_are_not_read(tmp_path):
    """ImageJ stores 1/0.65 in millionths; tifffile as the best fraction."""
    assert found(imagej(tmp_path, ((1538461, 10**6), (1538461, 10**6)), spacing=0.65, unit="um"))[0] == (0.65,) * 3
    assert found(imagej(tmp_path, (1 / 0.650001, 1 / 0.3), spacing=0.65, unit="um"))[0] == (0.65, 0.3, 0.650001)


def test_a_depth_of_one_is_left_out_by_imagej(tmp_path):
    """So it is one where there is a unit."""
    assert found(imagej(tmp_path, unit="mm")) == ((1, 0.5, 0.25), "mm")


def test_a_spacing_may_be_negative(tmp_path):
    """ImageJ turns a stack over so."""
    assert found(imagej(tmp_path, spacing=-2.0, unit="um"))[0] == (2, 0.5, 0.25)


@pytest.mark.parametrize("metadata", [{}, {"unit": "pixel"}, {"unit": "pixel", "spacing": 1.0}])
def test_pixels_are_no_size(tmp_path, metadata):
    """The stack was never calibrated."""
    assert found(imagej(tmp_path, (1, 1), **metadata)) == (None, None)


def test_dots_per_inch_are_no_voxel_size(tmp_path):
    """Nor does a plain stack say how thick a slice is."""
    tifffile.imwrite(tmp_path / "a.tif", VOXELS, photometric="minisblack", resolution=(72, 72), resolutionunit="INCH")
    assert found(tmp_path / "a.tif") == (None, None)
    tifffile.imwrite(tmp_path / "a.tif", VOXELS, photometric="minisblack", metadata=None)
    assert found(tmp_path / "a.tif") == (None, None)


@pytest.mark.parametrize(
    ("units", "size", "unit"),
    [
        ({}, (2, 0.5, 0.25), "um"),
        ({f"PhysicalSize{axis}Unit": "nm" for axis in "XYZ"}, (2, 0.5, 0.25), "nm"),
        ({"PhysicalSizeXUnit": "nm"}, None, None),
    ],
)
def test_ome_tells_physical_sizes(tmp_path, units, size, unit):
    """In micrometres unless it says otherwise; a unit for each axis would need a guess."""
    metadata = {"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2, **units}
    tifffile.imwrite(tmp_path / "a.ome.tif", VOXELS, metadata=metadata)
    assert found(tmp_path / "a.ome.tif") == (size, unit)


def test_ome_without_sizes(tmp_path):
    """They are optional."""
    tifffile.imwrite(tmp_path / "a.ome.tif", VOXELS, metadata={"axes": "ZYX"})
    assert found(tmp_path / "a.ome.tif") == (None, None)


@pytest.mark.parametrize("text", ["<OME>a & b</OME>", "<OME></OME>", "<OME><Image/></OME>"])
def test_damaged_metadata_are_no_size(tmp_path, text):
    """Of which the voxels may still be read."""
    tifffile.imwrite(tmp_path / "a.tif", VOXELS, photometric="minisblack", metadata=None, description=text)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_ome
        assert tiff_voxel_size(file) == (None, None)


def test_a_resolution_of_zero_is_no_size(tmp_path):
    """As some programs write it who never measured."""
    assert found(imagej(tmp_path, ((0, 1), (0, 1)), spacing=2.0, unit="um")) == (None, None)


def test_a_hyperstack_beyond_four_gigabytes_is_not_decoded(tmp_path):
    """ImageJ then writes one page directory, and a TIFF whose offsets are too short for the rest; the file has a hole."""
    rows, columns, slices = 2**12, 2**13, 130
    path = tmp_path / "a.tif"
    text = f"ImageJ=1.53t\nimages={slices}\nslices={slices}\nloop=false\n"
    tifffile.imwrite(path, np.zeros((rows, columns), np.uint8), description=text, metadata=None, byteorder=">")
    with tifffile.TiffFile(path) as file:
        start = file.pages[0].dataoffsets[0]
    with path.open("r+b") as file:
        file.truncate(start + slices * rows * columns)
        file.seek(start + (slices - 1) * rows * columns + 3)
        file.write(b"\x07")
    with open_array(path) as reader:
        assert reader.shape == (slices, rows, columns)
        assert reader[slices - 1, 0, :5].tolist() == [0, 0, 0, 7, 0]
        assert reader.chunk_shape is None
