"""Write voxel weights beside a volume and name them in its `volume.yaml`."""

from __future__ import annotations

import json
import re
import time
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from seg_common.atomic_files import refuse_existing
from seg_common.errors import OutputExistsError, VolumeError
from seg_common.geometry.tiling import block_boxes
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.volume import ArraySource, VolumeDocument
from seg_common.schema.voxel_weights import VoxelWeights
from seg_common.volume.digests import array_digest
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.voxel_sizes import voxel_size_attributes
from seg_common.yaml_documents import read_document, write_document
from seg_data.array_in_memory import ArrayInMemory
from seg_data.chunk_blocks import chunk_block_shape, chunk_shape_of
from seg_data.volume_reference import volume_reference
from seg_data.weight_maps.class_factors import class_factors, class_fractions_of
from seg_data.weight_maps.compute import recipe_halo, voxel_size_of, weigh_block
from seg_data.weight_maps.tally import WeightTally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import h5py

    from seg_common.geometry.box import Index3
    from seg_common.schema.voxel_weights import WeightRecipe, WeightType
    from seg_common.volume.opened_volume import Volume

WEIGHTS_DATASET = "weights"
BLOCK_BYTES, MOST_BLOCK_BYTES = 2**28, 2**32
WORK_BYTES_PER_VOXEL = 70
"""Of a block with its halo: codes, masks, the nearest voxel of another class as three indices, distances and weights."""


def write_weights(
    volume: Volume,
    name: str,
    recipe: WeightRecipe,
    *,
    dtype: WeightType = "float32",
    block_shape: Index3 | None = None,
    overwrite: bool = False,
    advance: Callable[[int], object] | None = None,
) -> VoxelWeights:
    """Compute the weights of a volume block by block, and register them.

    Writes `weights_NAME.h5`, then its record `weights_NAME.yaml`, then the volume's document, each at once and whole.

    Parameters
    ----------
    volume : Volume
        With labels, opened in the version that the weights shall be computed from.
    name : str
        Name of the weights in the volume: letters, digits, ``_``, ``-`` and ``.``.
    recipe : WeightRecipe
        The factors.
    dtype : {"float32", "float16"}
        Type of the stored weights; float16 keeps three digits.
    block_shape : tuple of int, optional
        Voxels (z, y, x) computed at one time; what 256 MiB hold when not given. The weights do not depend on it.
    overwrite : bool
        Whether weights of this name may be replaced.
    advance : callable, optional
        Told the number of voxels after each step; in all `steps_of` the volume.

    Returns
    -------
    VoxelWeights
        The record.

    Raises
    ------
    OutputExistsError
        If the volume has weights of this name.
    LabelVolumeError
        If the volume has no labels, or a label is no class.
    VolumeError
        If the name cannot be that of a file, the weights do not fit the type, all of them are 0, or distances reach so far
        that a block does not fit into memory.
    """
    start = time.monotonic()
    path = volume.path.parent / f"{_checked(name)}.h5"
    record_path = path.with_suffix(".yaml")
    _refuse_existing_weights(volume, name, path, record_path, overwrite=overwrite)
    labels = volume.require_labels()
    halo = recipe_halo(recipe, voxel_size_of(volume))
    if block_shape is None:
        block_shape = _block_shape(volume, halo)
    fractions, factors = _class_factors(volume, recipe, advance)
    attributes = {
        "made_by": "seg-data weights",
        "recipe": json.dumps(recipe.model_dump(mode="json")),
        "class_factors": factors,
        "labels": volume.labels_name,
        **voxel_size_attributes(volume.document.voxel_size, volume.document.voxel_size_unit),
    }
    with hdf5_writer(
        path, WEIGHTS_DATASET, labels.shape, dtype, overwrite=overwrite, compressed=True, attributes=attributes
    ) as target:
        tally = _fill(target, volume, recipe, block_shape, factors, advance)
        if tally.all_zero:
            msg = (
                f"some voxel must weigh more than 0; by the recipe none of {volume.path} does. Choose a thinner border."
            )
            raise VolumeError(msg)
        digest = _digest(target, advance)  # before the file appears: the document names it at once
    source = ArraySource(path=path.name, dataset=WEIGHTS_DATASET, digest=digest)
    record = VoxelWeights(
        name=name,
        volume=volume_reference(volume),
        labels=volume.labels_name or "",
        labels_digest=None if volume.label_source is None else volume.label_source.digest,
        ignored_label=volume.ignored_label,
        recipe=recipe,
        distance_unit=volume.document.voxel_size_unit or "voxels",
        halo=halo,
        classes=list(tally.rows(volume.document.class_names, fractions, factors)),
        dtype=dtype,
        weights=source,
        block_shape=block_shape,
        warnings=list(_warnings(volume, recipe, fractions)),
        seconds=time.monotonic() - start,
        peak_memory_bytes=peak_memory_bytes(),
        provenance=gather_provenance(),
    )
    write_document(record_path, record, overwrite=overwrite)
    _register(volume.path, name, source)
    return record


def steps_of(volume: Volume, recipe: WeightRecipe) -> int:
    """Voxels that `write_weights` reports in all: counted, weighed and digested."""
    frequency = recipe.class_frequency
    counted = 0
    if frequency is not None:
        counted = (volume.box if frequency.partition is None else volume.partition(frequency.partition)).voxels
    return counted + 2 * volume.box.voxels


def _fill(
    target: h5py.Dataset,
    volume: Volume,
    recipe: WeightRecipe,
    block_shape: Index3,
    factors: Sequence[float],
    advance: Callable[[int], object] | None,
) -> WeightTally:
    tally = WeightTally(len(factors))
    largest = float(np.finfo(target.dtype).max)
    for box in block_boxes(volume.box, block_shape):
        weights, codes = weigh_block(volume, recipe, box, factors)
        if weights.max() > largest:
            msg = (
                f"weights must fit {target.dtype}, at most {largest:g}; got {weights.max():g} in {box}. Choose float32."
            )
            raise VolumeError(msg)
        target[box.slices()] = weights.astype(target.dtype)
        tally.add(codes, weights)
        if advance is not None:
            advance(box.voxels)
    return tally


def _block_shape(volume: Volume, halo: Index3) -> Index3:
    shape = volume.document.shape
    chunk = chunk_shape_of([volume.require_labels()])
    voxels = BLOCK_BYTES // WORK_BYTES_PER_VOXEL
    block = chunk_block_shape(shape, chunk, voxels, halo=halo, rows_first=False)
    needed = WORK_BYTES_PER_VOXEL * prod(min(b + 2 * h, n) for b, h, n in zip(block, halo, shape, strict=True))
    if needed > MOST_BLOCK_BYTES:
        msg = (
            f"a block and the voxels that its distances reach must fit into {MOST_BLOCK_BYTES / 2**30:.0f} GiB; a reach of "
            f"{halo} voxels (z, y, x) needs {needed / 2**30:.1f} GiB. Choose a smaller sigma, maximum distance or border."
        )
        raise VolumeError(msg)
    return block


def _class_factors(
    volume: Volume, recipe: WeightRecipe, advance: Callable[[int], object] | None
) -> tuple[list[float] | None, list[float]]:
    """Share and factor of each class; None and 1 when class frequency is no factor."""
    if recipe.class_frequency is None:
        return None, [1.0] * len(volume.document.classes)
    fractions = class_fractions_of(volume, recipe.class_frequency, advance)
    return fractions, class_factors(fractions, recipe.class_frequency.alpha)


def _warnings(volume: Volume, recipe: WeightRecipe, fractions: Sequence[float] | None) -> Iterator[str]:
    if recipe.class_frequency is None or fractions is None:
        return
    where = recipe.class_frequency.partition
    for name, fraction in zip(volume.document.class_names, fractions, strict=True):
        if not fraction:
            yield (
                f"class {name!r} has no voxel in {f'partition {where!r}' if where else 'the volume'}: it weighs 0 everywhere. "
                "Count classes in another partition or in the whole volume to give it a weight."
            )


def _checked(name: str) -> str:
    """Name of the files of these weights; VolumeError when it cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        msg = f"the name of weights must be letters, digits, _, - and ., for it names files; got {name!r}. Choose another."
        raise VolumeError(msg)
    return f"weights_{name}"


def _refuse_existing_weights(volume: Volume, name: str, path: Path, record_path: Path, *, overwrite: bool) -> None:
    if name in volume.document.weights and not overwrite:
        msg = (
            f"weights of one name are never overwritten unasked; {volume.path} has weights {name!r}. "
            "Choose another name or give --overwrite (overwrite=True)."
        )
        raise OutputExistsError(msg)
    for file in (path, record_path):
        refuse_existing(file, overwrite=overwrite)


def _digest(target: h5py.Dataset, advance: Callable[[int], object] | None) -> str:
    plane = target.shape[1] * target.shape[2]

    def count(slices: int) -> None:
        if advance is not None:
            advance(slices * plane)

    return array_digest(ArrayInMemory(target), advance=count)  # a dataset gives boxes as an array does


def _register(path: Path, name: str, source: ArraySource) -> None:
    """Name the weights in the volume's document, which is read again: it may have changed since the work began."""
    document = read_document(path, VolumeDocument)
    changed = document.model_copy(update={"weights": {**document.weights, name: source}})
    write_document(path, changed, overwrite=True)
