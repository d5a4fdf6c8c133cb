"""What other programs may import from seg_common."""

import subprocess
import sys

import seg_common

PUBLIC = [
    "ArrayReader",
    "ArrayWriter",
    "Box",
    "CropError",
    "DocumentError",
    "EvaluationPaths",
    "LabelVolumeError",
    "MissingDependencyError",
    "ModelFolderError",
    "ModelPaths",
    "OutputExistsError",
    "SegError",
    "Volume",
    "VolumeError",
    "array_writer",
    "open_array",
    "open_label_volume",
    "open_volume",
    "read_document",
    "write_document",
]


def test_the_export_list_changes_on_purpose_only():
    """A name that appears or disappears makes a reviewer look here."""
    assert sorted(seg_common.__all__) == PUBLIC
    assert set(PUBLIC) <= set(dir(seg_common))


def test_every_public_name_can_be_imported():
    """The lazy names of the stub all exist, and are documented."""
    for name in PUBLIC:
        assert getattr(seg_common, name).__doc__


def test_importing_the_package_imports_nothing_heavy():
    """Commands import it before they know what they are asked."""
    code = "import seg_common, sys; print({'numpy', 'pydantic', 'h5py', 'yaml'} & set(sys.modules) or 'none')"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "none\n"
