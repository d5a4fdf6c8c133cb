"""Write the volumes that the contestants of `compare.py` train on, as arrays and as a folder with a volume.yaml.

    python make_data.py phantom PHANTOM.h5 DATA
    python make_data.py isbi ISBI.h5 DATA

The HDF5 file has the datasets ``image`` and ``label``, axes (z, y, x). Without a file (``-``) a phantom is made.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import h5py
import numpy as np

from seg_common.geometry.box import Box
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.yaml_documents import write_document
from seg_data import make_phantom

CLASSES = {
    "phantom": [("matrix", "#4c566a"), ("fibre", "#e69f00"), ("pore", "#56b4e9")],
    "isbi": [("interior", "#4c566a"), ("membrane", "#e69f00")],
}
SPLITS = {"phantom": (128, 160, 256), "isbi": (20, 24, 30)}
"""Slices at which training, validation and test end."""


def main(kind: str, source: str, folder: Path) -> None:
    """Write image.npy, labels.npy, split.json and volume.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    if source == "-":
        phantom = make_phantom((256, 256, 256), seed=11)
        image, labels = phantom.image, phantom.labels
    else:
        with h5py.File(source) as file:
            image, labels = file["image"][...], file["label"][...]
    np.save(folder / "image.npy", image)
    np.save(folder / "labels.npy", labels.astype(np.uint8))
    train, validation, test = SPLITS[kind]
    slices = {"train": (0, train), "validation": (train, validation), "test": (validation, test)}
    names = [name for name, _ in CLASSES[kind]]
    (folder / "split.json").write_text(json.dumps({"slices": slices, "classes": names}))
    document = VolumeDocument(
        name=kind,
        image=ArraySource(path="image.npy"),
        labels={"reference": LabelSource(path="labels.npy")},
        shape=image.shape,
        dtype=str(image.dtype),
        classes=[ClassInfo(name=name, color=color) for name, color in CLASSES[kind]],
        partitions={
            name: Box(start=(first, 0, 0), shape=(stop - first, *image.shape[1:]))
            for name, (first, stop) in slices.items()
        },
    )
    write_document(folder / "volume.yaml", document, overwrite=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
