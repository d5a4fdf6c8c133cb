"""Small volumes and complete documents that several test modules need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from seg_common.geometry.box import Box
from seg_common.schema.crops import CropsConfig, CropSourceRecord, CropsRecord, VisitCounts
from seg_common.schema.provenance import GitState, Provenance
from seg_common.schema.training import TrainingConfig
from seg_common.schema.training_record import DataRecord, NetworkRecord, ResultRecord, StrategyRecord, TrainingRecord
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.yaml_documents import write_document

if TYPE_CHECKING:
    from pathlib import Path

settings.register_profile("seg", deadline=None, max_examples=40)
settings.load_profile("seg")

DIGEST = "sha256:" + "0" * 64
CLASSES = [ClassInfo(name="matrix", color="#4c566a"), ClassInfo(name="fibre", color="#e69f00")]


@pytest.fixture
def image() -> np.ndarray:
    """Grey levels of 4 x 5 x 6 voxels, all different."""
    return np.arange(120, dtype=np.uint8).reshape(4, 5, 6)


@pytest.fixture
def labels(image: np.ndarray) -> np.ndarray:
    """Class 1 where the grey level is at least 60, that is in the last two slices."""
    return (image >= 60).astype(np.uint8)


@pytest.fixture
def volume_folder(tmp_path: Path, image: np.ndarray, labels: np.ndarray) -> Path:
    """A folder with a volume.yaml, an image and two label versions, the second of them with ignored voxels."""
    folder = tmp_path / "scan"
    revised = labels.copy()
    revised[0, 0, 0] = 255
    for name, voxels in {"image": image, "labels": labels, "revised": revised}.items():
        with hdf5_writer(folder / f"{name}.h5", name, voxels.shape, voxels.dtype) as dataset:
            dataset[...] = voxels
    document = VolumeDocument(
        name="scan",
        image=ArraySource(path="image.h5"),
        labels={
            "expert": LabelSource(path="labels.h5", dataset="labels"),
            "revised": LabelSource(path="revised.h5", ignored_label=255),
        },
        shape=(4, 5, 6),
        dtype="uint8",
        voxel_size=(1.5, 1.5, 1.5),
        voxel_size_unit="um",
        classes=CLASSES,
        partitions={
            "train": Box(start=(0, 0, 0), shape=(2, 5, 6)),
            "validation": Box(start=(2, 0, 0), shape=(2, 5, 6)),
        },
    )
    write_document(folder / "volume.yaml", document)
    return folder


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    return Provenance(
        command=["seg-train", "run"],
        created="2026-01-02T03:04:05+01:00",
        packages={"numpy": "2.4.6"},
        python="3.11.7",
        git=GitState(commit="0" * 40, dirty=False),
        platform="Linux",
        hostname="lab",
        cpu="a processor",
        cpu_count=2,
        memory_bytes=2**33,
    )


@pytest.fixture(scope="session")
def training_record(provenance: Provenance) -> TrainingRecord:
    """The record of a run that has finished 2 of 20 epochs."""
    region = Box.whole((2, 5, 6))
    visits = VisitCounts(min=1, median=2.0, max=3, never=0, never_fraction=0.0)
    return TrainingRecord(
        model_id="abc",
        status="interrupted",
        reason="Ctrl-C",
        config=TrainingConfig(volume="scan/volume.yaml", name="first"),
        data=DataRecord(
            volume="/data/scan/volume.yaml",
            name="scan",
            shape=(4, 5, 6),
            dtype="uint8",
            voxel_size=(1.5, 1.5, 1.5),
            voxel_size_unit="um",
            image_digest=DIGEST,
            labels="expert",
            labels_digest=DIGEST,
            ignored_label=None,
            classes=CLASSES,
            train=region,
            validation=Box(start=(2, 0, 0), shape=(2, 5, 6)),
            class_fractions=[0.75, 0.25],
        ),
        network=NetworkRecord(
            dimensions="2D",
            input_dtype="uint8",
            channels=1,
            scale=1 / 255,
            offset=0.0,
            side_divisor=8,
            trainable_parameters=827763,
            parameters=830000,
        ),
        sampling=CropsRecord(
            config=CropsConfig(),
            seed=0,
            sources=[
                CropSourceRecord(
                    volume="scan",
                    labels="reference",
                    normal="z",
                    share=1.0,
                    region=region,
                    crops_per_cycle=4,
                    offered=8,
                    kept=6,
                )
            ],
            offered=8,
            kept=6,
            acceptance_rate=0.75,
            class_names=["matrix", "fibre"],
            class_fractions_region=[0.75, 0.25],
            class_fractions_kept=[0.5, 0.5],
            visits_offered=visits,
            visits_kept=visits,
        ),
        strategy=StrategyRecord(name="one_device", devices=["CPU:0"], replicas=1, workers=1),
        batch_size=8,
        batch_size_per_replica=8,
        image_size=(1, 128, 128),
        channels=1,
        crops_per_epoch=800,
        validation_steps=3,
        validation_crops=20,
        callbacks=["checkpoint"],
        threads=1,
        checkpoint_files={"last": "checkpoints/last.npz"},
        seconds=12.5,
        sessions=1,
        peak_memory_bytes=2**30,
        result=ResultRecord(
            epochs_done=2, crops_seen=1600, best_epoch=2, best_mean_jaccard=0.5, last={"loss": 0.25, "jaccard": None}
        ),
        provenance=provenance,
    )
