import sys

import h5py
import numpy as np
import pytest

from seg_common.errors import CropError, MissingDependencyError, OutputExistsError, SegError
from seg_common.schema.prediction import PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import read_document
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume


def test_labels_and_record_are_written(world, made, tmp_path):
    """The labels cover the region only; the record is what was returned."""
    record = predict_volume(world.model, output=tmp_path / "out", network=made.ThresholdNetwork())
    assert record.partition == "validation"
    assert read_document(tmp_path / "out" / "prediction.yaml", PredictionRecord) == record
    grey = world.image[6:12]
    with h5py.File(tmp_path / "out" / "predicted_labels.h5") as file:
        labels = file["labels"][...]
        attributes = dict(file["labels"].attrs)
    np.testing.assert_array_equal(labels, np.where(grey < 60, 2, np.where(grey >= 170, 1, 0)))
    assert labels.dtype == np.uint8
    assert attributes["region_start"].tolist() == [6, 0, 0]
    assert attributes["classes"].tolist() == ["matrix", "fibre", "pore"]
    assert record.fractions_by_label == pytest.approx([(labels == k).mean() for k in range(3)])
    assert sum(record.fractions_by_probability) == pytest.approx(1)
    assert record.tiles == record.tiles_computed == 6
    assert record.aggregation.tile_shape == (1, 56, 52)  # (24, 20) voxels, halo 16, a multiple of 4
    with open_array(tmp_path / "out" / "predicted_labels.h5") as reader:
        assert record.labels_digest == array_digest(reader)


def test_the_voxel_size_goes_with_the_labels(world, made, tmp_path):
    volume = made.volume(tmp_path / "scan2", world.image, voxel_size=(2.0, 1.0, 1.0), voxel_size_unit="um")
    predict_volume(world.model, volume, output=tmp_path / "out", network=made.ConstantNetwork())
    with h5py.File(tmp_path / "out" / "predicted_labels.h5") as file:
        assert file["labels"].attrs["voxel_size"].tolist() == [2.0, 1.0, 1.0]
        assert file["labels"].attrs["voxel_size_unit"] == "um"


def test_without_a_network_tensorflow_is_needed(world, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingDependencyError, match="pip install"):
        predict_volume(world.model, output=tmp_path / "out")


def test_options_reach_the_record(world, made, tmp_path):
    """Blocks of four kilobytes share tiles: more are computed than the grid has."""
    options = PredictionOptions(
        aggregation="mean", tile_shape=(1, 16, 16), halo=(0, 4, 4), overlap=0.5, batch_size=2, block_bytes=4000
    )
    network = made.ThresholdNetwork()
    record = predict_volume(
        world.model, world.volume, partition="whole", output=tmp_path / "out", options=options, network=network
    )
    assert record.partition is None
    assert record.aggregation.model_dump() == {
        "kind": "mean",
        "tile_shape": (1, 16, 16),
        "min_overlap": (0, 4, 4),
        "halo": (0, 4, 4),
        "symmetries": 1,
        "along": "z",
        "more_passes": [],
    }
    assert record.tiles_computed > record.tiles
    assert {shape[0] for shape in network.batches} <= {1, 2}


def test_the_output_is_refused_before_any_work(world, made, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    network = made.ThresholdNetwork()
    with pytest.raises(OutputExistsError, match="--overwrite"):
        predict_volume(world.model, output=tmp_path, network=network)
    assert network.batches == []


def test_ctrl_c_leaves_nothing(world, tmp_path):
    class Impatient:
        def predict(self, tiles):
            raise KeyboardInterrupt

    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt):
        predict_volume(world.model, output=tmp_path / "out" / "prediction", network=Impatient())
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tile_shape": (1, 30, 32)}, CropError, "got y = 30"),
        ({"batch_size": 0}, SegError, "batch size must be at least 1; got 0"),
        ({"aggregation": "median"}, SegError, "got 'median'"),
    ],
)
def test_options_that_do_not_fit_are_refused(world, made, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        predict_volume(
            world.model, output=tmp_path / "out", network=made.ThresholdNetwork(), options=PredictionOptions(**options)
        )
    assert not (tmp_path / "out").exists()
