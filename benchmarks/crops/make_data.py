"""Write the volumes that the contestants crop: one phantom, mirrored to the size wanted, in several formats."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.yaml_documents import write_document
from seg_data import make_phantom

PHANTOM = (128, 256, 256)
CHUNK = 64
CLASSES = [("matrix", "#4c566a"), ("fibre", "#e69f00"), ("pore", "#56b4e9")]


def main(folder: Path, side: int) -> None:
    """Write `image.npy` and `labels.npy`, and volume folders npy, hdf5, zarr and tiff of the same voxels."""
    folder.mkdir(parents=True, exist_ok=True)
    phantom = make_phantom(PHANTOM, seed=1)
    arrays = {}
    for name, voxels in (("image", phantom.image), ("labels", phantom.labels)):
        mirrored = voxels
        for axis, length in enumerate(voxels.shape):
            # Mirrored and not repeated: a seam would cut pores, and there would be many seams.
            indices = np.arange(side) % (2 * length)
            mirrored = mirrored.take(np.minimum(indices, 2 * length - 1 - indices), axis=axis)
        arrays[name] = np.ascontiguousarray(mirrored)
        np.save(folder / f"{name}.npy", arrays[name])
    formats = {"npy": _npy, "hdf5": _hdf5, "zarr": _zarr, "tiff": _tiff}
    for kind, write in formats.items():
        volume = folder / kind
        volume.mkdir(exist_ok=True)
        sources = {name: write(volume, folder, name, array) for name, array in arrays.items()}
        document = VolumeDocument(
            name=f"{kind} {side}",
            image=ArraySource(path=sources["image"]),
            labels={"reference": LabelSource(path=sources["labels"])},
            shape=(side, side, side),
            dtype="uint8",
            classes=[ClassInfo(name=name, color=color) for name, color in CLASSES],
            partitions={"train": Box.whole((side, side, side))},
        )
        write_document(volume / "volume.yaml", document, overwrite=True)
    _zarr(folder / "zarr2", folder, "image", arrays["image"], version=2)
    _zarr(folder / "zarr2", folder, "labels", arrays["labels"], version=2)


def _npy(volume: Path, folder: Path, name: str, array: np.ndarray) -> str:  # noqa: ARG001
    return f"../{name}.npy"


def _hdf5(volume: Path, folder: Path, name: str, array: np.ndarray) -> str:  # noqa: ARG001
    with h5py.File(volume / f"{name}.h5", "w") as file:
        file.create_dataset(name, data=array, chunks=(CHUNK,) * 3)
    return f"{name}.h5"


def _tiff(volume: Path, folder: Path, name: str, array: np.ndarray) -> str:  # noqa: ARG001
    import tifffile

    tifffile.imwrite(volume / f"{name}.tif", array, compression="zlib", photometric="minisblack")
    return f"{name}.tif"


def _zarr(volume: Path, folder: Path, name: str, array: np.ndarray, version: int = 3) -> str:  # noqa: ARG001
    import zarr

    path = volume / (name if version == 2 else f"{name}.zarr")
    store = zarr.create_array(
        store=str(path), shape=array.shape, chunks=(CHUNK,) * 3, dtype=array.dtype, zarr_format=version, overwrite=True
    )
    store[...] = array
    return path.name


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
