"""Small volumes, model folders without weights, and networks made of numpy, shared by the tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003 - dataclasses look at their annotations

import numpy as np
import pytest

from seg_common.counting.grey_histograms import grey_bin_edges, grey_histograms
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.geometry.box import Box
from seg_common.model_paths import ModelPaths
from seg_common.provenance import gather_provenance
from seg_common.schema.crops import CropsConfig, CropSourceRecord, CropsRecord, VisitCounts
from seg_common.schema.histogram import GreyHistogram
from seg_common.schema.training import TrainingConfig, UNetConfig
from seg_common.schema.training_record import DataRecord, NetworkRecord, ResultRecord, StrategyRecord, TrainingRecord
from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import write_document

# Named on the command line by nox sessions of their own; here neither a browser nor napari is needed.
collect_ignore = ["browser", "viewing/napari_window.py"]

CLASSES = [
    ClassInfo(name="matrix", color="#4c566a"),
    ClassInfo(name="fibre", color="#e69f00"),
    ClassInfo(name="pore", color="#56b4e9"),
]
THRESHOLDS = (60, 170)
"""Grey levels of the made-up scans: pores below, fibres above, matrix between."""


@dataclass
class ThresholdNetwork:
    """A classifier by grey level: pore, matrix, fibre from dark to bright; sees the middle channel only."""

    thresholds: tuple[int, int] = THRESHOLDS
    batches: list[tuple[int, ...]] = field(default_factory=list)

    def predict(self, tiles):
        self.batches.append(tiles.shape)
        grey = tiles[..., tiles.shape[-1] // 2]
        dark, bright = grey < self.thresholds[0], grey >= self.thresholds[1]
        labels = np.where(dark, 2, np.where(bright, 1, 0))
        return (np.arange(3) == labels[..., np.newaxis]).astype(np.float32)


@dataclass
class ConstantNetwork:
    """The same probabilities for every voxel."""

    probabilities: tuple[float, ...] = (0.5, 0.25, 0.25)

    def predict(self, tiles):
        answer = np.array(self.probabilities, np.float32)
        return np.broadcast_to(answer, (*tiles.shape[:-1], answer.size)).copy()


@dataclass
class ContextNetwork:
    """Soft probabilities that depend on the neighbours of a voxel, and on where it lies in its tile."""

    def predict(self, tiles):
        grey = tiles.astype(np.float32).mean(axis=-1)
        smooth = grey.copy()
        for axis in (1, 2, 3):
            smooth += np.roll(grey, 1, axis) + np.roll(grey, -1, axis)
        ramp = np.linspace(0, 20, tiles.shape[3], dtype=np.float32)
        scores = np.stack([-np.abs(smooth / 7 + ramp - level) / 20 for level in (120, 210, 30)], axis=-1)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)


def made_up_scan(shape, seed=0, noise=25.0):
    """Bars of fibre, balls of pore, noise: an image (uint8) and its labels (uint8)."""
    rng = np.random.default_rng(seed)
    z, y, x = np.indices(shape)
    labels = np.zeros(shape, np.uint8)
    labels[((y // 3) % 4 == 1) & ((z // 2) % 2 == 0)] = 1
    labels[((z % 7 - 3) ** 2 + (y % 9 - 7) ** 2 + (x % 8 - 4) ** 2) < 5] = 2
    means = np.array([115, 215, 25])
    image = means[labels] + rng.normal(0, noise, shape)
    return image.clip(0, 255).round().astype(np.uint8), labels


def write_volume(
    folder,
    image,
    labels=None,
    *,
    name="scan",
    classes=CLASSES,
    partitions=None,
    ignored_label=None,
    annotated=None,
    **more,
):
    """Write a volume folder with npy files; give the path of its document."""
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "image.npy", image)
    sources = {}
    if labels is not None:
        np.save(folder / "labels.npy", labels)
        sources["manual"] = LabelSource(path="labels.npy", ignored_label=ignored_label, annotated=annotated)
    document = VolumeDocument(
        name=name,
        image=ArraySource(path="image.npy"),
        labels=sources,
        shape=image.shape,
        dtype=image.dtype.name,
        classes=list(classes) if labels is not None else [],
        partitions=partitions or {},
        **more,
    )
    write_document(folder / "volume.yaml", document, overwrite=True)
    return folder / "volume.yaml"


def write_model(
    root, volume_file, train, *, dimensions="2D", crop_shape=(1, 16, 16), slices=1, depth=2, histogram=True
):
    """Write a model folder that was trained on a volume, with weights that nothing can load."""
    root.mkdir(parents=True, exist_ok=True)
    paths = ModelPaths(root=root)
    paths.best_weights.write_bytes(b"a stand-in")
    folder = volume_file.parent
    with open_array(folder / "image.npy") as image, open_array(folder / "labels.npy") as labels:
        image_digest, labels_digest = array_digest(image), array_digest(labels)
        shape, dtype = image.shape, image.dtype.name
        edges = grey_bin_edges(image.dtype, 0, 255)
        counts = grey_histograms(image.read(train), labels.read(train), len(CLASSES), edges)
    if histogram:
        grey = GreyHistogram(
            volume="scan",
            region=train,
            dtype=dtype,
            class_names=[info.name for info in CLASSES],
            edges=edges.tolist(),
            counts=counts.tolist(),
        )
        write_document(paths.training_histogram, grey, overwrite=True)
    crops = CropsConfig(shape=crop_shape, slices=slices)
    visits = VisitCounts(min=1, median=1.0, max=1, never=0, never_fraction=0.0)
    record = TrainingRecord(
        model_id="0123456789abcdef",
        status="finished",
        reason=None,
        config=TrainingConfig(name="toy", volume=str(volume_file), crops=crops, model=UNetConfig(depth=depth)),
        data=DataRecord(
            volume=str(volume_file),
            name="scan",
            shape=shape,
            dtype=dtype,
            voxel_size=None,
            voxel_size_unit=None,
            image_digest=image_digest,
            labels="manual",
            labels_digest=labels_digest,
            ignored_label=None,
            classes=CLASSES,
            train=train,
            validation=train,
            class_fractions=(counts.sum(axis=1) / counts.sum()).tolist(),
        ),
        network=NetworkRecord(
            dimensions=dimensions,
            input_dtype=dtype,
            channels=slices,
            scale=1 / 255,
            offset=0.0,
            side_divisor=2**depth,
            trainable_parameters=1000,
            parameters=1010,
        ),
        sampling=CropsRecord(
            config=crops,
            seed=0,
            sources=[
                CropSourceRecord(
                    volume="scan",
                    labels="reference",
                    normal="z",
                    share=1.0,
                    region=train,
                    crops_per_cycle=4,
                    offered=8,
                    kept=8,
                )
            ],
            offered=8,
            kept=8,
            acceptance_rate=1.0,
            class_names=[info.name for info in CLASSES],
            class_fractions_region=[0.5, 0.3, 0.2],
            class_fractions_kept=[0.5, 0.3, 0.2],
            visits_offered=visits,
            visits_kept=visits,
        ),
        strategy=StrategyRecord(name="one_device", devices=["CPU:0"], replicas=1, workers=1),
        batch_size=8,
        batch_size_per_replica=8,
        image_size=crop_shape,
        channels=slices,
        crops_per_epoch=32,
        validation_steps=1,
        validation_crops=1,
        callbacks=[],
        threads=1,
        checkpoint_files={},
        seconds=1.0,
        sessions=1,
        peak_memory_bytes=1,
        result=ResultRecord(epochs_done=3, crops_seen=96, best_epoch=2, best_mean_jaccard=0.5, last={}),
        provenance=gather_provenance(),
    )
    write_document(paths.metadata, record, overwrite=True)
    return root


@dataclass
class World:
    """A volume with partitions, and a model that was trained on it."""

    volume: Path
    model: Path
    image: np.ndarray
    labels: np.ndarray
    train: Box
    validation: Box


def make_world(folder):
    """A labelled scan of (12, 24, 20) voxels, trained on z 0:6, validated on z 6:12."""
    image, labels = made_up_scan((12, 24, 20))
    train = Box(start=(0, 0, 0), shape=(6, 24, 20))
    validation = Box(start=(6, 0, 0), shape=(6, 24, 20))
    volume = write_volume(folder / "scan", image, labels, partitions={"train": train, "validation": validation})
    model = write_model(folder / "model", volume, train)
    return World(volume, model, image, labels, train, validation)


@pytest.fixture
def world(tmp_path):
    """A scan and a model of this test's own."""
    return make_world(tmp_path)


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory):
    """The validation region predicted by thresholds, with all pictures; shared, so only to be read."""
    from seg_eval.evaluate import evaluate_volume

    shared = make_world(tmp_path_factory.mktemp("evaluated"))
    return shared, evaluate_volume(shared.model, network=ThresholdNetwork())


@pytest.fixture
def copied(evaluated, tmp_path):
    """A copy of that evaluation for one test to change: its paths and its document."""
    evaluation = evaluated[1]
    folder = shutil.copytree(evaluation.paths.root, tmp_path / "copy")
    return EvaluationPaths(root=folder), evaluation.document


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the pictures away, which take most of the time of a small evaluation."""
    monkeypatch.setattr("seg_eval.report.build.draw_figures", lambda paths, document, curves, *, overwrite: [])
    for drawing in ("draw_sections", "draw_gallery"):
        monkeypatch.setattr(f"seg_eval.report.build.{drawing}", lambda paths, document, slices, *, overwrite: [])


@pytest.fixture(scope="session")
def made():
    """The builders of this file, for tests that need another volume or another network."""
    return Made


class Made:
    """Builders and stand-ins."""

    CLASSES = CLASSES
    ThresholdNetwork = ThresholdNetwork
    ConstantNetwork = ConstantNetwork
    ContextNetwork = ContextNetwork
    scan = staticmethod(made_up_scan)
    volume = staticmethod(write_volume)
    model = staticmethod(write_model)
