"""XDMF as materials people write it: DREAM.3D's files, raw files beside the XML, and descriptions that lie."""

import h5py
import numpy as np
import pytest

from seg_common.errors import VolumeError
from seg_common.volume.open_array import open_array, open_label_volume

VOXELS = np.random.default_rng(0).integers(0, 60000, (3, 4, 5), np.uint16)
# What DREAM.3D 6.5 writes, shortened.
DREAM3D = """<?xml version="1.0"?>
<!DOCTYPE Xdmf SYSTEM "Xdmf.dtd"[]>
<Xdmf xmlns:xi="http://www.w3.org/2003/XInclude" Version="2.2">
 <Domain>
  <!-- *************** START OF ImageDataContainer *************** -->
  <Grid Name="ImageDataContainer" GridType="Uniform">
    <Topology TopologyType="3DCoRectMesh" Dimensions="4 5 6 "></Topology>
    <Geometry Type="ORIGIN_DXDYDZ">
      <!-- Origin  Z, Y, X -->
      <DataItem Format="XML" Dimensions="3">0 0 0</DataItem>
      <!-- DxDyDz (Spacing/Spacing) Z, Y, X -->
      <DataItem Format="XML" Dimensions="3">2 0.5 0.25</DataItem>
    </Geometry>
    <Attribute Name="Confidence" AttributeType="Scalar" Center="Cell">
      <DataItem Format="HDF" Dimensions="3 4 5 1" NumberType="UInt" Precision="2" >
        a.dream3d:/DataContainers/ImageDataContainer/CellData/Confidence
      </DataItem>
    </Attribute>
    <Attribute Name="FeatureIds" AttributeType="Scalar" Center="Cell">
      <DataItem Format="HDF" Dimensions="3 4 5 1" NumberType="Int" Precision="4" >
        a.dream3d:/DataContainers/ImageDataContainer/CellData/FeatureIds
      </DataItem>
    </Attribute>
    <Attribute Name="EulerAngles" AttributeType="Vector" Center="Cell">
      <DataItem Format="HDF" Dimensions="3 4 5 3" NumberType="Float" Precision="4" >
        a.dream3d:/DataContainers/ImageDataContainer/CellData/EulerAngles
      </DataItem>
    </Attribute>
  </Grid>
 </Domain>
</Xdmf>
"""
RAW = """<Xdmf><Domain><Grid>
<Attribute Name="image"><DataItem Format="Binary" Dimensions="3 4 5" NumberType="UInt" Precision="2" Endian="Big" Seek="7">
a.bin</DataItem></Attribute></Grid></Domain></Xdmf>
"""
CELLS = "DataContainers/ImageDataContainer/CellData"


@pytest.fixture
def dream3d(tmp_path):
    """The pair of files that DREAM.3D writes: arrays with one component or three."""
    with h5py.File(tmp_path / "a.dream3d", "w") as file:
        file[f"{CELLS}/Confidence"] = VOXELS[..., None]
        file[f"{CELLS}/FeatureIds"] = VOXELS[..., None].astype(np.int32)
        file[f"{CELLS}/EulerAngles"] = np.zeros((3, 4, 5, 3), np.float32)
        file["DataContainers/ImageDataContainer/_SIMPL_GEOMETRY/SPACING"] = np.float32([0.25, 0.5, 2])
    (tmp_path / "a.xdmf").write_text(DREAM3D)
    return tmp_path / "a.xdmf"


def raw(tmp_path, text=RAW, before=7):
    (tmp_path / "a.bin").write_bytes(bytes(before) + VOXELS.astype(">u2").tobytes())
    (tmp_path / "a.xmf").write_text(text)
    return tmp_path / "a.xmf"


def test_an_attribute_is_chosen_by_its_name(dream3d):
    """The trailing axis of one component is left out."""
    with open_array(dream3d, "Confidence") as image, open_label_volume(f"{dream3d}::FeatureIds") as labels:
        assert (image.shape, image.dtype, labels.dtype) == ((3, 4, 5), np.uint16, np.int32)
        assert str(labels) == f"{dream3d}::FeatureIds"
        np.testing.assert_array_equal(image[1:, 2, ::1], VOXELS[1:, 2])
        np.testing.assert_array_equal(labels[:], VOXELS)
        assert image.voxel_size == labels.voxel_size == (2, 0.5, 0.25)
        assert image.voxel_size_unit is None


def test_several_attributes_are_listed(dream3d):
    """Nothing is guessed; vectors are no volumes."""
    with pytest.raises(VolumeError, match=r"must be named .*Confidence \(3, 4, 5, 1\), FeatureIds.*EulerAngles"):
        open_array(dream3d)
    with pytest.raises(VolumeError, match=r"three axes .*EulerAngles.*\(3, 4, 5, 3\)"):
        open_array(dream3d, "EulerAngles")


def test_the_hdf5_file_alone_is_read_too(dream3d):
    """By the dataset's name, with the voxel size of its geometry, which is x, y, z there."""
    with open_array(dream3d.with_suffix(".dream3d"), f"{CELLS}/FeatureIds") as reader:
        assert (reader.shape, reader.voxel_size, reader.voxel_size_unit) == ((3, 4, 5), (2, 0.5, 0.25), None)
        np.testing.assert_array_equal(reader[2, 1:3], VOXELS[2, 1:3])


def test_raw_voxels_are_read_where_they_begin(tmp_path):
    """In the byte order that the XML says; without a geometry there is no voxel size."""
    with open_array(raw(tmp_path)) as reader:
        assert (reader.dtype, reader.voxel_size) == (np.uint16, None)
        np.testing.assert_array_equal(reader[:], VOXELS)


@pytest.mark.parametrize(
    ("number", "precision", "dtype"),
    [
        ("UChar", None, "uint8"),
        ("char", "1", "int8"),
        ("Int", None, "int32"),
        ("UInt", "8", "uint64"),
        ("Short", None, "int16"),
        ("FLOAT", None, "float32"),
        ("Float", "8", "float64"),
    ],
)
def test_numbers_are_named_as_xdmf_does(tmp_path, number, precision, dtype):
    """Four bytes unless the name or the precision says otherwise."""
    array = np.arange(24).astype(dtype).reshape(2, 3, 4)
    (tmp_path / "a.bin").write_bytes(array.astype(array.dtype.newbyteorder("<")).tobytes())
    kind = f'NumberType="{number}"' + (f' Precision="{precision}"' if precision else "")
    (tmp_path / "a.xmf").write_text(
        f'<Xdmf><Grid><Attribute Name="a"><DataItem Format="Binary" Dimensions="2 3 4" {kind} Endian="Little">'
        "a.bin</DataItem></Attribute></Grid></Xdmf>"
    )
    with open_array(tmp_path / "a.xmf") as reader:
        assert reader.dtype == dtype
        np.testing.assert_array_equal(reader[:], array)


def test_closing_closes_the_file_of_the_voxels(dream3d):
    """And reading says so."""
    reader = open_array(dream3d, "FeatureIds")
    reader.close()
    with pytest.raises(VolumeError, match="is closed"):
        reader[0]
    with h5py.File(dream3d.with_suffix(".dream3d"), "a"):
        pass  # HDF5 would refuse to write into a file that is open for reading


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("</Xdmf>", "", "readable XDMF; .*no element found"),
        ("3 4 5 1", "4 4 5 1", r"dimensions must be those of the dataset; .*\(4, 4, 5, 1\), .*has \(3, 4, 5\)"),
        ("3 4 5 1", "4 3 5 1", r"dimensions must be those of the dataset; .*\(4, 3, 5, 1\)"),
        ("3 4 5 1", "3 4 five", "whole numbers; .*'3 4 five'"),
        ("a.dream3d:", "b.dream3d:", "must exist; .*b.dream3d does not exist"),
        ("/Confidence\n", "/Confidance\n", "no '.*Confidance'.*did you mean '.*Confidence'"),
        ('Format="HDF"', 'Format="XML"', "in an HDF5 or a raw file; .*format XML"),
    ],
)
def test_a_description_that_lies_is_an_error(dream3d, old, new, words):
    """Never other voxels than those that were written."""
    assert old in DREAM3D
    dream3d.write_text(DREAM3D.replace(old, new))
    with pytest.raises(VolumeError, match=words):
        open_array(dream3d, "Confidence")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("3 4 5", "3 4 6", r"= 151; .*a\.bin has 127"),
        ('Seek="7"', 'Seek="6"', "= 126; .*has 127"),
        ('Precision="2"', 'Precision="4"', "= 247; .*has 127"),
        ('NumberType="UInt"', 'NumberType="Text"', "must be numbers; .*NumberType text"),
        ('Precision="2"', 'Precision="3"', "must be numbers; .*Precision 3"),
        ('Endian="Big"', 'Endian="Big" Compression="Zlib"', "must not be compressed"),
        ("a.bin", "b.bin", "must exist; .*b.bin"),
    ],
)
def test_a_raw_file_must_fit_its_description(tmp_path, old, new, words):
    """Its size is all that can be compared."""
    assert old in RAW
    with pytest.raises(VolumeError, match=words):
        open_array(raw(tmp_path, RAW.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"), [("2 0.5 0.25", "2 half 1"), ("ORIGIN_DXDYDZ", "VXVYVZ"), ("2 0.5 0.25", "1 1 1")]
)
def test_a_spacing_that_says_nothing_is_none(dream3d, old, new):
    """The voxels are read all the same."""
    dream3d.write_text(DREAM3D.replace(old, new))
    with open_array(dream3d, "Confidence") as reader:
        assert reader.voxel_size is None
