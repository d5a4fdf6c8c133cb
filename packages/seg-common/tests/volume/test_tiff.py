"""TIFF: folders, stacks of several kinds, compressions and damage."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from seg_common.errors import MissingDependencyError, VolumeError
from seg_common.volume.open_array import open_array
from seg_common.volume.tiff import TiffReader

VOXELS = np.random.default_rng(0).integers(0, 255, (12, 20, 30), np.uint8)


def stack(tmp_path, array=VOXELS, **options):
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="minisblack", **options)
    return tmp_path / "a.tif"


@pytest.mark.parametrize("names", ["slice{}.tif", "{}.TIF", "scan_2_{}_b.tiff", "scan{:03d}.tif"])
def test_a_folder_is_read_in_natural_order(tmp_path, names):
    """Slice 2 comes before slice 10, and hidden files of other systems are no slices."""
    for z, plane in enumerate(VOXELS):
        tifffile.imwrite(tmp_path / names.format(z), plane)
    (tmp_path / f"._{names.format(3)}").write_bytes(b"a resource fork")
    (tmp_path / "notes.txt").write_text("not a slice")
    with open_array(tmp_path) as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)
        np.testing.assert_array_equal(reader[3:11, 5, 6:9], VOXELS[3:11, 5, 6:9])


def test_numbers_of_other_scripts_are_text(tmp_path):
    """A superscript is a digit to Python, but no number."""
    for name in ["a²1.tif", "a²2.tif"]:
        tifffile.imwrite(tmp_path / name, VOXELS[0])
    with open_array(tmp_path) as reader:
        assert reader.shape[0] == 2


def test_a_folder_without_slices_is_refused(tmp_path):
    """The message says what belongs there."""
    with pytest.raises(VolumeError, match=r"must hold .tif or .tiff files"):
        open_array(tmp_path)


def test_a_folder_of_stacks_is_refused(tmp_path):
    """A folder with one stack in it means the stack."""
    stack(tmp_path)
    with pytest.raises(VolumeError, match=r"one slice per file; .*a\.tif has 12"):
        open_array(tmp_path)


@pytest.mark.parametrize("other", [VOXELS[0, :5], VOXELS[0].astype(np.uint16)])
def test_slices_must_be_alike(tmp_path, other):
    """The slice that differs is named when it is read."""
    tifffile.imwrite(tmp_path / "1.tif", VOXELS[0])
    tifffile.imwrite(tmp_path / "2.tif", other)
    with open_array(tmp_path) as reader, pytest.raises(VolumeError, match=r"one shape and dtype; .*2\.tif has"):
        reader[:]


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"imagej": True}, {"byteorder": ">"}])
def test_uncompressed_stacks_are_not_decoded(tmp_path, options):
    """Any box is read from its place in the file, so that pages are no unit to be read whole."""
    with TiffReader(stack(tmp_path, **options)) as reader:
        assert reader.chunk_shape is None


def test_hyperstack_axes_of_length_one_are_left_out(tmp_path):
    """Fiji writes one time point and one channel."""
    tifffile.imwrite(tmp_path / "a.tif", VOXELS[None, :, None], imagej=True, metadata={"axes": "TZCYX"})
    with open_array(tmp_path / "a.tif") as reader:
        np.testing.assert_array_equal(reader[:], VOXELS)


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.zeros((4, 5, 3), np.uint8), {"photometric": "rgb"}),
        (np.zeros((2, 4, 5, 3), np.uint8), {"photometric": "rgb"}),
        (np.zeros((2, 3, 4, 5), np.uint8), {"photometric": "minisblack"}),
    ],
)
def test_colours_and_channels_are_no_volume(tmp_path, array, options):
    """A screenshot has three numbers per voxel."""
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    with pytest.raises(VolumeError, match=r"three axes .*axes .*Save one channel"):
        open_array(tmp_path / "a.tif")


def test_pages_of_different_shape_are_refused(tmp_path):
    """Nothing is read silently in part."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(VOXELS[0])
        file.write(VOXELS[0, :7])
    with pytest.raises(VolumeError, match="one shape and dtype"):
        open_array(tmp_path / "a.tif")


def test_two_volumes_in_one_file_are_refused(tmp_path):
    """Which of them is meant cannot be told."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(VOXELS, photometric="minisblack")
        file.write(VOXELS[:3, :4], photometric="minisblack")
    with pytest.raises(VolumeError, match=r"must hold one image; .* holds 2"):
        open_array(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "options", [{}, {"metadata": None}, {"compression": "zlib"}, {"compression": "lzw"}, {"imagej": True}]
)
@pytest.mark.parametrize("keep", [0, 4, 7, 100, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_an_error_and_never_another_volume(tmp_path, options, keep):
    """Wherever the file was cut, opening or reading it says so, or all voxels are right."""
    path = stack(tmp_path, **options)
    data = path.read_bytes()
    path.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])

    def read():
        try:
            with open_array(path) as reader:
                return reader[:]
        except VolumeError as error:
            return str(error)

    result = read()
    if isinstance(result, str):
        assert "a.tif" in result
        assert result.endswith(("Is it truncated or damaged?", "Is the file truncated or damaged?"))
    else:  # only what comes after the voxels was cut off
        assert keep in (0.9, 0.999)
        np.testing.assert_array_equal(result, VOXELS)


@pytest.mark.parametrize("compression", ["zlib", "lzw"])
def test_damaged_bytes_are_an_error(tmp_path, compression):
    """A page whose bytes were overwritten cannot be decoded."""
    path = stack(tmp_path, VOXELS[:2].astype(np.uint16), compression=compression)
    with tifffile.TiffFile(path) as file:
        start, length = file.pages[1].dataoffsets[0], file.pages[1].databytecounts[0]
    data = bytearray(path.read_bytes())
    data[start : start + length] = b"\xff" * length
    path.write_bytes(data)
    with open_array(path) as reader:
        np.testing.assert_array_equal(reader[0], VOXELS[0])
        with pytest.raises(VolumeError, match=r"readable TIFF; .*a\.tif.*damaged"):
            reader[1]


def test_no_tiff_at_all(tmp_path):
    """A renamed file."""
    (tmp_path / "a.tif").write_bytes(b"PNG, really")
    with pytest.raises(VolumeError, match=r"readable TIFF; .*a\.tif: not a TIFF file"):
        open_array(tmp_path / "a.tif")


def test_a_compression_without_its_decoder_names_the_extra(tmp_path):
    """LZW needs imagecodecs, which only the extra brings."""
    path = stack(tmp_path, compression="lzw")
    code = (
        "import sys; sys.modules['imagecodecs'] = None\n"
        "from seg_common import open_array\n"
        f"try: open_array({str(path)!r})[0]\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.startswith(
        f"{MissingDependencyError.__name__} the compression of {path} needs the package imagecodecs"
    )
    assert "seg-common[tiff]" in shown
    assert importlib.util.find_spec("imagecodecs"), "the tests install the extra"
