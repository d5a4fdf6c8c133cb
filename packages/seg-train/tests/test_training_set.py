"""Several volumes in one training set: how crops are shared out, what is measured, and what is recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from seg_common.errors import CropError, LabelVolumeError, VolumeError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training import CropVolume, TrainingConfig
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import ArraySource, ClassInfo
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_document, write_document
from seg_train.configuration import load_config
from seg_train.crop_source import IGNORED, CropSource
from seg_train.region_statistics import gather_statistics
from seg_train.resume import resume_training
from seg_train.run import run_training
from seg_train.training_set import opened_training_set


@pytest.fixture
def second(make_volume) -> Path:
    """A volume of other height without any fibre, one of whose slices for validation nobody annotated."""
    labels = np.zeros((8, 32, 48), np.uint8)
    labels[7] = 255
    return make_volume(labels, folder="second", name="matrix alone")


def both(config: TrainingConfig, volume: Path, second: Path, **changes: object) -> TrainingConfig:
    """The configuration with two volumes, the first of which gives three times as many crops."""
    volumes = [CropVolume(path=str(volume), weight=3), CropVolume(path=str(second), labels="manual")]
    return TrainingConfig.model_validate(config.model_dump() | {"volume": None, "volumes": volumes} | changes)


def test_crops_come_in_proportion_to_the_weights(config: TrainingConfig, volume: Path, second: Path) -> None:
    """Three crops of four come from the first volume, and both are in the record with what is expected of them."""
    with opened_training_set(both(config, volume, second, steps_per_epoch=25)) as volumes:
        record = CropSource(volumes, both(config, volume, second, steps_per_epoch=25)).record()
    assert [(source.volume, source.share) for source in record.sources] == [("rods", 0.75), ("matrix alone", 0.25)]
    kept = [source.kept for source in record.sources]
    assert sum(kept) == 100
    assert 60 < kept[0] < 90  # 75 on average, four standard deviations to each side
    assert [source.expected.acceptance_rate for source in record.sources] == [1.0, 1.0]
    assert record.sources[1].expected.class_fractions == [1.0, 0.0]


def test_the_validation_grid_holds_every_annotated_voxel_of_both_once(
    config: TrainingConfig, volume: Path, second: Path
) -> None:
    """8 slices of 9 positions and 3 annotated slices of 6; the slice without annotation is left out."""
    settings = both(config, volume, second)
    with opened_training_set(settings) as volumes:
        source = CropSource(volumes, settings)
        assert source.validation_crops == 8 * 9 + 3 * 6
        labels = np.concatenate([source.validation_batch(step).labels for step in range(source.validation_steps)])
    assert (labels != IGNORED).sum() == 8 * 48 * 48 + 3 * 32 * 48
    assert (labels == 1).sum() == 8 * 9 * 64


def test_planes_along_several_axes(config: TrainingConfig, volume: Path) -> None:
    """Crops perpendicular to z and y are trained on and measured: the grid has each voxel once in each plane."""
    crops = config.crops.model_copy(update={"normals": ["z", "y"], "shape": (1, 8, 16)})
    settings = config.model_copy(update={"crops": crops})
    with open_volume(volume) as opened:
        source = CropSource([opened], settings)
        assert source.validation_crops == 8 * 6 * 3 + 48 * 1 * 3
        labels = np.concatenate([source.validation_batch(step).labels for step in range(source.validation_steps)])
        assert (labels == 1).sum() == 2 * 8 * 9 * 64
        assert source.training_batch(0).images.shape == (4, 8, 16, 1)


def test_statistics_are_those_of_all_voxels(volume: Path, second: Path) -> None:
    """Mean and deviation against numpy on both regions joined; shares of classes for each region."""
    with open_volume(volume) as one, open_volume(second) as two:
        regions = [(one, one.partition("train")), (two, two.partition("train"))]
        found = gather_statistics(regions)
        grey = np.concatenate([opened.image.read(region).ravel() for opened, region in regions])
    assert found.mean == pytest.approx(grey.mean(), rel=1e-12)
    assert found.standard_deviation == pytest.approx(grey.std(), rel=1e-12)
    assert found.region_class_fractions == [[0.75, 0.25], [1.0, 0.0]]
    rods, alone = 8 * 48 * 48, 4 * 32 * 48
    assert found.class_fractions[1] == pytest.approx(0.25 * rods / (rods + alone))
    assert found.histogram.volume == "rods + matrix alone"
    assert found.histogram.region is None


def test_a_run_on_two_volumes(config: TrainingConfig, volume: Path, second: Path, tmp_path: Path) -> None:
    """Digests of both are in the record, the plan names both, and a changed second volume cannot be resumed."""
    told: list[str] = []
    settings = both(config, volume, second, epochs=1, steps_per_epoch=1)
    record = run_training(settings, tmp_path / "model", quiet=True, tell=told.append)
    paths = ModelPaths(root=tmp_path / "model")
    assert read_document(paths.metadata, TrainingRecord) == record
    assert record.data.name == "rods"
    assert [more.name for more in record.more_data] == ["matrix alone"]
    assert record.more_data[0].image_digest != record.data.image_digest
    assert record.more_data[0].labels_digest in paths.summary.read_text()
    assert any("crops of rods along z: 3 per epoch, acceptance rate 1.000 expected" in line for line in told)
    assert any("crops of matrix alone along z: 1 per epoch" in line and "fibre 0.00%" in line for line in told)
    changed = record.model_copy(update={"status": "interrupted"})
    write_document(paths.metadata, changed, overwrite=True)
    grey = np.zeros((8, 32, 48), np.uint8)
    with hdf5_writer(second / "image.h5", "image", grey.shape, grey.dtype, overwrite=True) as dataset:
        dataset[...] = grey
    with pytest.raises(VolumeError, match=r"image_digest of .*second"):
        resume_training(paths.root, quiet=True)


def test_voxel_weights_are_opened_with_each_volume(config: TrainingConfig, volume: Path, make_volume) -> None:
    """Crops carry the weights that the configuration names; a volume without them is refused."""
    folder = make_volume(np.zeros((4, 32, 32), np.uint8), weights={"rare": ArraySource(path="weights.h5")})
    with hdf5_writer(folder / "weights.h5", "weights", (4, 32, 32), np.float32) as dataset:
        dataset[...] = 2.5
    crops = config.crops.model_copy(update={"voxel_weights": "rare"})
    settings = config.model_copy(update={"volume": str(folder), "crops": crops})
    with opened_training_set(settings) as volumes:
        weights = CropSource(volumes, settings).training_batch(0).weights
    assert weights is not None
    assert (weights == 2.5).all()
    without = settings.model_copy(update={"volume": str(volume)})
    with pytest.raises(VolumeError, match="voxel weights must be named"), opened_training_set(without):
        pass


def test_volumes_of_other_classes_are_refused(
    config: TrainingConfig, volume: Path, make_volume, tmp_path: Path
) -> None:
    """A network has one list of classes."""
    classes = [ClassInfo(name="matrix", color="#4c566a"), ClassInfo(name="pore", color="#e69f00")]
    other = make_volume(np.zeros((4, 32, 32), np.uint8), classes=classes)
    with pytest.raises(CropError, match="need the same classes"):
        run_training(both(config, volume, other), tmp_path / "model", quiet=True)


def test_wrong_labels_for_validation_are_refused(
    config: TrainingConfig, volume: Path, make_volume, tmp_path: Path
) -> None:
    """A value that is no class, in the validation partition of the second volume, is named before training."""
    labels = np.zeros((8, 32, 48), np.uint8)
    labels[6, 0, :3] = 7
    with pytest.raises(LabelVolumeError, match=r"7 \(3 voxels\)"):
        run_training(both(config, volume, make_volume(labels)), tmp_path / "model", quiet=True)
    assert not (tmp_path / "model").exists()


def test_paths_count_from_the_configuration(config: TrainingConfig, volume: Path, second: Path, tmp_path: Path) -> None:
    """Each path is relative to the file; --volume takes the place of all of them."""
    settings = both(config, volume, second)
    relative = [settings.volumes[0], settings.volumes[1].model_copy(update={"path": "second"})]
    write_document(tmp_path / "train.yaml", settings.model_copy(update={"volumes": relative}))
    loaded = load_config(tmp_path / "train.yaml")
    assert [Path(one.path) for one in loaded.volumes] == [folder / "volume.yaml" for folder in (volume, second)]
    alone = load_config(tmp_path / "train.yaml", volume=second)
    assert [Path(one.path) for one in alone.training_set] == [second / "volume.yaml"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "either volume or volumes; got neither"),
        ({"volume": "a", "volumes": [{"path": "b"}]}, "either volume or volumes; got both"),
        ({"volumes": [{"path": "a"}], "labels": "manual"}, "names its own labels"),
        ({"volumes": [{"path": "a"}, {"path": "a"}]}, "each volume is named once; got a several times"),
        ({"volumes": [{"path": "a", "weight": 0}]}, "greater than 0"),
    ],
)
def test_contradictions_are_refused(content: dict[str, object], words: str) -> None:
    """Which volumes are meant must be clear."""
    with pytest.raises(ValidationError, match=words):
        TrainingConfig.model_validate(content)
