"""Write what the contestants measure: a phantom mirrored to a cube, a prediction of it, one shifted by a voxel, segments, a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

from seg_common.geometry.box import Box
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.yaml_documents import write_document
from seg_data import make_phantom

PHANTOM = (128, 256, 256)
CLASSES = [("matrix", "#4c566a"), ("fibre", "#e69f00"), ("pore", "#56b4e9")]
SEGMENT_SIDE = 30
"""Segments are cubes of so many voxels with wavy borders: about 5000 of them in 512 cubed voxels."""
TEST_SET = (300, 1040, 1300)
"""The test set of the published work: 405.6 million voxels."""


def main(folder: Path, side: int) -> None:
    """Write npy files of `side` cubed voxels, the larger `test_set_*.npy`, volumes of growing size, and a tiny model."""
    folder.mkdir(parents=True, exist_ok=True)
    phantom = make_phantom(PHANTOM, seed=1)
    predicted = threshold(phantom.image, phantom.labels)
    for name, shape in (("", (side,) * 3), ("test_set_", tuple(max(1, n * side // 512) for n in TEST_SET))):
        save_mirrored(folder / f"{name}reference.npy", phantom.labels, shape)
        save_mirrored(folder / f"{name}prediction.npy", predicted, shape)
    reference = np.load(folder / "reference.npy", mmap_mode="r")
    shifted = np.concatenate([reference[:, :, :1], reference[:, :, :-1]], axis=2)
    np.save(folder / "shifted.npy", shifted)
    for name, phase in (("segments_reference", 0.0), ("segments_prediction", 2.0)):
        np.save(folder / f"{name}.npy", segments(side, phase))
    for size in (side // 4, side // 2, 3 * side // 4, side):
        write_volume(folder / f"volume_{size}", phantom.image, phantom.labels, size)
    train_tiny_model(folder / "model", folder / f"volume_{side // 4}")


def threshold(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Classify by the nearest mean grey level of 3 cubed voxels, as a plain tool would."""
    smooth = ndimage.uniform_filter(image.astype(np.float32), 3)
    means = np.array([smooth[labels == index].mean() for index in range(len(CLASSES))])
    return np.abs(smooth[..., np.newaxis] - means).argmin(axis=-1).astype(np.uint8)


def mirrored(voxels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Repeat back and forth along each axis: a seam would cut blobs, and there would be many seams."""
    for axis, (length, wanted) in enumerate(zip(voxels.shape, shape, strict=True)):
        indices = np.arange(wanted) % (2 * length)
        voxels = voxels.take(np.minimum(indices, 2 * length - 1 - indices), axis=axis)
    return np.ascontiguousarray(voxels)


def save_mirrored(path: Path, voxels: np.ndarray, shape: tuple[int, ...]) -> None:
    """Write an npy file."""
    np.save(path, mirrored(voxels, shape))


def segments(side: int, phase: float) -> np.ndarray:
    """Number wavy cubes."""
    per_axis = -(-side // SEGMENT_SIDE) + 2
    z, y, x = np.ogrid[:side, :side, :side]
    out = np.empty((side,) * 3, np.uint32)
    for plane in range(side):
        cells = [
            (z[plane] + 4 * np.sin(y[0] / 17 + phase)) // SEGMENT_SIDE,
            (y[0] + 4 * np.sin(x[0] / 13 + phase) + phase) // SEGMENT_SIDE,
            (x[0] + 4 * np.sin(y[0] / 11 + phase) + phase) // SEGMENT_SIDE,
        ]
        a, b, c = (cell.astype(np.int64) + 1 for cell in cells)
        out[plane] = (a * per_axis + b) * per_axis + c
    return out


def write_volume(folder: Path, image: np.ndarray, labels: np.ndarray, size: int) -> None:
    """Write a labelled volume of `size` cubed voxels with partitions."""
    folder.mkdir(exist_ok=True)
    for name, array in (("image", image), ("labels", labels)):
        save_mirrored(folder / f"{name}.npy", array, (size,) * 3)
    half = size // 2
    document = VolumeDocument(
        name=f"cube {size}",
        image=ArraySource(path="image.npy"),
        labels={"exact": LabelSource(path="labels.npy")},
        shape=(size,) * 3,
        dtype=image.dtype.name,
        classes=[ClassInfo(name=name, color=color) for name, color in CLASSES],
        partitions={
            "train": Box(start=(0, 0, 0), shape=(half, size, size)),
            "validation": Box(start=(half, 0, 0), shape=(size - half, size, size)),
        },
    )
    write_document(folder / "volume.yaml", document, overwrite=True)


def train_tiny_model(folder: Path, volume: Path) -> None:
    """Train a 3D network of the least size for a moment: what is measured is the work around it."""
    config = folder.with_suffix(".yaml")
    config.write_text(
        "kind: training_config\nschema_version: 1\nname: tiny\nvolume: volume.yaml\n"
        "crops: {partition: train, shape: [16, 32, 32], positions: {kind: covering}}\n"
        "model: {depth: 1, base_filters: 2}\nbatch_size: 2\nepochs: 1\nsteps_per_epoch: 20\n",
        encoding="utf-8",
    )
    command = ["seg-train", "run", str(config), "--volume", str(volume), "--output", str(folder), "--overwrite"]
    subprocess.run([*command, "--quiet"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
