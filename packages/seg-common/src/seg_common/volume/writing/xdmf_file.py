"""Write XDMF for ParaView: an XML file that describes a grid, and the HDF5 file beside it with the voxels."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from seg_common.atomic_files import atomic_write_text, refuse_existing
from seg_common.volume.writing import hdf5_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seg_common.volume.writing.output_array import OutputArray, Store

NUMBER_TYPES = {
    "int8": ("Char", 1),
    "uint8": ("UChar", 1),
    "int16": ("Int", 2),
    "uint16": ("UInt", 2),
    "int32": ("Int", 4),
    "uint32": ("UInt", 4),
    "int64": ("Int", 8),
    "uint64": ("UInt", 8),
    "float32": ("Float", 4),
    "float64": ("Float", 8),
}
"""Name and bytes of a number."""

# One voxel is one cell, so that there is a node more than voxels along each axis. Everything is in the order z, y, x, as
# the readers of ParaView and the files of DREAM.3D have it.
TEMPLATE = """<?xml version="1.0" ?>
<!DOCTYPE Xdmf SYSTEM "Xdmf.dtd" []>
<Xdmf Version="2.0">
  <Domain>
    <Grid Name="volume" GridType="Uniform">
{unit}      <Topology TopologyType="3DCoRectMesh" Dimensions="{nodes}"/>
      <Geometry GeometryType="ORIGIN_DXDYDZ">
        <DataItem Format="XML" Dimensions="3" NumberType="Float" Precision="8">0 0 0</DataItem>
        <DataItem Format="XML" Dimensions="3" NumberType="Float" Precision="8">{spacing}</DataItem>
      </Geometry>
      <Attribute Name="{dataset}" AttributeType="Scalar" Center="Cell">
        <DataItem Format="HDF" Dimensions="{cells}" NumberType="{number}" Precision="{precision}">{file}:/{dataset}</DataItem>
      </Attribute>
    </Grid>
  </Domain>
</Xdmf>
"""


@contextmanager
def store_array(output: OutputArray) -> Iterator[Store]:
    """Write the HDF5 file, then the XML that points to it: without it nobody takes the pair for whole."""
    output.require_dtype(tuple(NUMBER_TYPES), "Convert float16 to float32 and booleans to uint8, or choose .h5.")
    voxels = output.beside(".h5")
    refuse_existing(output.path, overwrite=output.overwrite)
    with hdf5_file.store_array(voxels) as store:
        yield store
        output.path.unlink(missing_ok=True)  # an old one beside the new voxels would describe them wrongly
    number, precision = NUMBER_TYPES[output.dtype.name]
    unit = output.voxel_size_unit
    text = TEMPLATE.format(
        unit="" if unit is None else f'      <Information Name="voxel_size_unit" Value={quoteattr(unit)}/>\n',
        nodes=" ".join(str(n + 1) for n in output.shape),
        cells=" ".join(map(str, output.shape)),
        spacing=" ".join(map(repr, output.voxel_size or (1.0, 1.0, 1.0))),
        dataset=hdf5_file.DATASET,
        number=number,
        precision=precision,
        file=escape(voxels.path.name),
    )
    atomic_write_text(output.path, text, overwrite=output.overwrite)
