"""Which file is which slice, and what its pixels become."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from seg_common.errors import LabelVolumeError, VolumeError
from seg_data.label_slices import LabelSlices, find_label_slices, listed_slices, numbered_slices, parse_label_slice
from seg_data.sparse_labels import SparseLabels, read_label_slice

SHAPE = (6, 4, 5)


def picture(path, array):
    """Write a slice in the format of the suffix."""
    if path.suffix == ".png":
        Image.fromarray(array).save(path)
    else:
        tifffile.imwrite(path, array)
    return path


class TestFinding:
    """The last number in a name counts."""

    def test_folder(self, tmp_path):
        """Numbers sort as numbers; other files and hidden ones are left out."""
        for name in ("scan7_z10.png", "scan7_z9.tif", ".z3.png", "notes.txt", "z4.md"):
            (tmp_path / name).touch()
        found = find_label_slices(tmp_path)
        assert [(index, path.name) for index, path in found.files] == [(9, "scan7_z9.tif"), (10, "scan7_z10.png")]
        assert found.indices == [9, 10]

    def test_pattern_and_first_slice(self, tmp_path):
        """Names that count from one are moved."""
        for name in ("a001.png", "a005.png", "b002.png"):
            (tmp_path / name).touch()
        assert find_label_slices(f"{tmp_path}/a*.png", "y", 1) == LabelSlices(
            ((0, tmp_path / "a001.png"), (4, tmp_path / "a005.png")), "y"
        )

    @pytest.mark.parametrize(
        ("names", "first", "message"),
        [
            ([], 0, "has none"),
            (["a.png"], 0, "holds none"),
            (["z1.png", "a1.tif"], 0, r"a1\.tif and .*z1\.png are both slice 1"),
            (["z01_v2.png", "z07_v2.png"], 0, "both slice 2"),
            (["z0.png"], 1, "would be slice -1"),
        ],
    )
    def test_errors(self, tmp_path, names, first, message):
        """Files are named."""
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(LabelVolumeError, match=message):
            find_label_slices(tmp_path, first_slice=first)

    def test_explicit(self):
        """Sorted; a repeated index is refused; so is another form."""
        assert numbered_slices([(3, Path("a")), (1, Path("b"))]).indices == [1, 3]
        with pytest.raises(LabelVolumeError, match="a and b are both slice 3"):
            numbered_slices([(3, Path("b")), (3, Path("a"))])
        assert parse_label_slice("3=dir/a=b.png") == (3, Path("dir/a=b.png"))
        for text in ("3", "=a.png", "-1=a.png", "x=a.png", "3="):
            with pytest.raises(LabelVolumeError, match="INDEX=FILE"):
                parse_label_slice(text)

    def test_listed(self):
        """Many are summed up."""
        assert listed_slices([5]) == "5"
        assert listed_slices(list(range(3, 12))) == "9 slices from 3 to 11"


class TestPixels:
    """Grey levels are class indices."""

    @pytest.mark.parametrize("suffix", [".png", ".tif"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_grey_pictures(self, tmp_path, suffix, dtype):
        """8 and 16 bits, in both formats."""
        labels = np.arange(20, dtype=dtype).reshape(4, 5) * (1 if dtype == np.uint8 else 3000)
        found = read_label_slice(picture(tmp_path / f"z1{suffix}", labels))
        assert np.array_equal(found, labels)

    def test_black_and_white(self, tmp_path):
        """One bit per pixel is 0 and 1."""
        mask = np.eye(4, 5, dtype=bool)
        assert np.array_equal(read_label_slice(picture(tmp_path / "z1.png", mask)), mask.astype(np.uint8))

    @pytest.mark.parametrize(
        ("mode", "message"), [("P", "colour table"), ("RGB", "mode RGB"), ("RGBA", "mode RGBA"), ("LA", "mode LA")]
    )
    def test_colours_are_refused(self, tmp_path, mode, message):
        """The message says what to do."""
        Image.fromarray(np.zeros((4, 5), np.uint8)).convert(mode).save(tmp_path / "z1.png")
        with pytest.raises(LabelVolumeError, match=f"{message}.*Save it as 8-bit grey"):
            read_label_slice(tmp_path / "z1.png")

    def test_tiff_of_colours_or_of_several_pages(self, tmp_path):
        """Neither is one slice of labels."""
        tifffile.imwrite(tmp_path / "z1.tif", np.zeros((4, 5, 3), np.uint8), photometric="rgb")
        with pytest.raises(VolumeError, match="axes YXS"):
            read_label_slice(tmp_path / "z1.tif")
        tifffile.imwrite(tmp_path / "z2.tif", np.zeros((3, 4, 5), np.uint8), photometric="minisblack")
        with pytest.raises(LabelVolumeError, match="holds 3"):
            read_label_slice(tmp_path / "z2.tif")

    @pytest.mark.parametrize("kept", [0, 10, 60])
    def test_damaged_png(self, tmp_path, kept):
        """An error that names the file, never half a slice."""
        path = picture(tmp_path / "z1.png", np.random.default_rng(0).integers(0, 3, (40, 50), dtype=np.uint8))
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(LabelVolumeError, match=r"z1\.png.*damaged"):
            read_label_slice(path)


class TestSparseLabels:
    """A volume of ignored voxels with slices in it."""

    @pytest.mark.parametrize("axis", ["z", "y", "x"])
    def test_slices_stand_where_they_belong(self, tmp_path, axis):
        """Against numpy, for the whole volume and for boxes that cut slices."""
        number = "zyx".index(axis)
        plane = SHAPE[:number] + SHAPE[number + 1 :]
        rng = np.random.default_rng(0)
        expected = np.full(SHAPE, 255, np.uint8)
        for index in (0, 3):
            labels = rng.integers(0, 3, plane, dtype=np.uint8)
            picture(tmp_path / f"s{index}.png", labels)
            place = [slice(None)] * 3
            place[number] = index
            expected[tuple(place)] = np.where(labels == 2, 7, labels)
        sparse = SparseLabels(find_label_slices(tmp_path, axis), SHAPE, {2: 7})
        assert np.array_equal(sparse[:], expected)
        assert np.array_equal(sparse[2:5, 1:4, 2:4], expected[2:5, 1:4, 2:4])
        assert sparse.unannotated == np.prod(SHAPE) - 2 * np.prod(plane)
        assert sum(sparse.file_counts.values()) == 2 * np.prod(plane)

    @pytest.mark.parametrize(
        ("index", "shape", "axis", "message"),
        [
            (6, (4, 5), "z", r"z 0 … 5; .*s6\.png is slice 6"),
            (1, (4, 4), "z", r"4 rows \(y\) and 5 columns \(x\); .* has 4 and 4"),
            (1, (5, 4), "z", "exchange rows and columns"),
            (1, (4, 5), "x", r"6 rows \(z\) and 4 columns \(y\)"),
        ],
    )
    def test_errors(self, tmp_path, index, shape, axis, message):
        """Outside the volume, or of another size."""
        picture(tmp_path / f"s{index}.png", np.zeros(shape, np.uint8))
        with pytest.raises(LabelVolumeError, match=message):
            SparseLabels(find_label_slices(tmp_path, axis), SHAPE, {})
