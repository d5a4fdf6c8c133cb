"""Weights on disk: registered, recorded, and never half-written."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from PIL import Image

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.volume import AnnotatedSlices
from seg_common.schema.voxel_weights import (
    ClassFrequency,
    IgnoredBorder,
    InterfaceDistance,
    VoxelWeights,
    WeightRecipe,
)
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_document, write_document
from seg_data.weight_maps import write
from seg_data.weight_maps.compute import compute_weights
from seg_data.weight_maps.picture import weights_picture
from seg_data.weight_maps.write import steps_of, write_weights

RECIPE = WeightRecipe(class_frequency=ClassFrequency(alpha=0.5), interface=InterfaceDistance(sigma=1.5))


def stored(volume, name: str) -> np.ndarray:
    """Weights as they are on disk."""
    with h5py.File(volume.path.parent / f"weights_{name}.h5") as file:
        return file["weights"][:]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_file_holds_the_weights(sparse_volume, dtype):
    """As computed in one go, in the type asked for; the volume names them with their digest."""
    record = write_weights(sparse_volume, "balanced", RECIPE, dtype=dtype, block_shape=(5, 24, 7))
    found = stored(sparse_volume, "balanced")
    assert found.dtype == dtype
    assert (found == compute_weights(sparse_volume, RECIPE).astype(dtype)).all()
    with open_volume(sparse_volume.path) as again, open_array(again.path.parent / "weights_balanced.h5") as reader:
        source = again.document.weights["balanced"]
        assert (source.path, source.dataset) == ("weights_balanced.h5", "weights")
        assert source.digest == array_digest(reader)
    assert read_document(sparse_volume.path.parent / "weights_balanced.yaml", VoxelWeights) == record


def test_the_recipe_stays_with_the_weights(sparse_volume):
    """In the HDF5 attributes and in the record, with what each class weighs."""
    record = write_weights(sparse_volume, "balanced", RECIPE)
    with h5py.File(sparse_volume.path.parent / "weights_balanced.h5") as file:
        attributes = dict(file["weights"].attrs)
    assert WeightRecipe.model_validate(json.loads(attributes["recipe"])) == record.recipe == RECIPE
    assert attributes["class_factors"].tolist() == [info.factor for info in record.classes]
    weights, labels = compute_weights(sparse_volume, RECIPE), sparse_volume.labels[:]
    for index, info in enumerate(record.classes):
        assert info.voxels == (labels == index).sum()
        assert info.mean == pytest.approx(weights[labels == index].mean())
    assert record.distance_unit == "voxels"


def test_distances_are_in_the_unit_of_the_voxel_size(sparse_volume):
    """With voxels twice as high as wide; the file keeps their size."""
    size = {"voxel_size": (2.0, 1.0, 1.0), "voxel_size_unit": "um"}
    write_document(sparse_volume.path, sparse_volume.document.model_copy(update=size), overwrite=True)
    with open_volume(sparse_volume.path) as volume:
        record = write_weights(volume, "w", RECIPE)
    assert (record.distance_unit, record.halo) == ("um", (3, 6, 6))
    with open_volume(sparse_volume.path, weights="w") as volume:
        assert (volume.weights.voxel_size, volume.weights.voxel_size_unit) == ((2.0, 1.0, 1.0), "um")
        # In the lowest slice of the pore, three or more voxels from its sides: the matrix is 2 um below.
        factors = [info.factor for info in record.classes]
        assert volume.weights[2, 6, 7] == pytest.approx(factors[2] * (1 + 9 * np.exp(-(2**2) / (2 * 1.5**2))))


def test_names_are_never_overwritten_unasked(sparse_volume):
    """Nor is a file that the volume does not name."""
    first = write_weights(sparse_volume, "w", RECIPE)
    other = WeightRecipe(border=IgnoredBorder(voxels=1))
    with open_volume(sparse_volume.path) as volume, pytest.raises(OutputExistsError, match="has weights 'w'"):
        write_weights(volume, "w", other)
    with pytest.raises(OutputExistsError, match=r"weights_w\.h5 exists"):  # opened before they were written
        write_weights(sparse_volume, "w", other)
    second = write_weights(sparse_volume, "w", other, overwrite=True)
    with open_volume(sparse_volume.path) as volume:
        assert volume.document.weights["w"].digest == second.weights.digest != first.weights.digest


def test_other_weights_stay(sparse_volume):
    """Even when they came while the volume was open."""
    write_weights(sparse_volume, "a", RECIPE)
    write_weights(sparse_volume, "b", RECIPE)
    with open_volume(sparse_volume.path) as volume:
        assert list(volume.document.weights) == ["a", "b"]
        assert volume.document.model_copy(update={"weights": {}}) == sparse_volume.document


def test_a_class_without_a_voxel_is_warned_of(make_volume):
    """It weighs nothing where it occurs, since nothing is known of its share."""
    labels = np.array([[[0, 0, 1, 2]]], np.uint8)
    volume = make_volume(labels, labels, partitions={"train": Box(start=(0, 0, 0), shape=(1, 1, 3))})
    record = write_weights(volume, "w", WeightRecipe(class_frequency=ClassFrequency()))
    assert [warning.partition(":")[0] for warning in record.warnings] == [
        "class 'pore' has no voxel in partition 'train'"
    ]
    assert stored(volume, "w")[0, 0].tolist() == [0.75, 0.75, 1.5, 0]


@pytest.mark.parametrize(
    ("name", "recipe", "options", "message"),
    [
        ("a/b", RECIPE, {}, "got 'a/b'"),
        (".hidden", RECIPE, {}, "got '.hidden'"),
        ("w", WeightRecipe(border=IgnoredBorder(voxels=50)), {}, "thinner border"),
        ("w", WeightRecipe(interface=InterfaceDistance(boost=1e6, sigma=5)), {"dtype": "float16"}, "Choose float32"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(sparse_volume, name, recipe, options, message):
    """One line with the remedy; the folder is as it was."""
    folder = sparse_volume.path.parent
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(VolumeError, match=message):
        write_weights(sparse_volume, name, recipe, **options)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_without_labels(make_volume):
    """There is nothing to weigh by."""
    with pytest.raises(LabelVolumeError, match="needs labels"):
        write_weights(make_volume(np.zeros((2, 2, 2), np.uint8)), "w", RECIPE)


def test_memory_is_bounded_by_the_reach(sparse_volume, monkeypatch):
    """Distances that reach further than memory does are refused with the numbers."""
    monkeypatch.setattr(write, "MOST_BLOCK_BYTES", 10_000)
    with pytest.raises(VolumeError, match=r"a reach of \(6, 6, 6\) voxels"):
        write_weights(sparse_volume, "w", RECIPE)


def test_progress_adds_up(sparse_volume):
    """Counting, weighing and digesting."""
    done: list[int] = []
    write_weights(sparse_volume, "w", RECIPE, advance=done.append)
    assert sum(done) == steps_of(sparse_volume, RECIPE) == 3 * sparse_volume.box.voxels
    without = WeightRecipe(border=IgnoredBorder(voxels=1))
    assert steps_of(sparse_volume, without) == 2 * sparse_volume.box.voxels


@pytest.mark.parametrize("annotated", [None, AnnotatedSlices(axis="x", indices=[4, 5, 6])])
def test_picture(sparse_volume, tmp_path, annotated):
    """Three panels with the colours of the classes, of a slice that was annotated."""
    write_weights(sparse_volume, "w", WeightRecipe(border=IgnoredBorder(voxels=1)))
    source = sparse_volume.document.labels["reference"].model_copy(update={"annotated": annotated})
    document = sparse_volume.document.model_copy(update={"labels": {"reference": source}})
    volume = type(sparse_volume)(**{**vars(sparse_volume), "document": document})
    path = tmp_path / "w.png"
    with open_array(volume.path.parent / "weights_w.h5") as weights:
        path.write_bytes(weights_picture(volume, weights, "w"))
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    for info in document.classes:  # in the legend
        color = [int(info.color[i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == color).all(axis=1).sum() > 50
    assert (pixels == 0).all(axis=1).sum() > 500  # voxels of weight 0
