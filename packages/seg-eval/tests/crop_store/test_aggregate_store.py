"""Crops aggregated later, beside the network that blends at once."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from seg_common.errors import SegError, VolumeError
from seg_common.schema.prediction import PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import read_document
from seg_eval.cli import main
from seg_eval.crop_store.aggregate_store import aggregate_store
from seg_eval.crop_store.store_crops import store_crops
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume

OPTIONS = PredictionOptions(tile_shape=(1, 16, 16), halo=(0, 4, 4), overlap=0.5, batch_size=3)
CIRCUMSTANCES = {"block_shape", "seconds", "provenance", "left_out"}

pytestmark = pytest.mark.usefixtures("undrawn")


def test_a_grid_aggregated_later_is_what_the_network_blends_at_once(stored, made, tmp_path):
    """Every number of the document, the labels and the record; blocks of any size."""
    at_once = evaluate_volume(
        stored.model, partition="test", options=OPTIONS, network=made.ContextNetwork(), output=tmp_path / "a"
    )
    later = aggregate_store(stored.store, output=tmp_path / "b", block_bytes=20_000)
    assert later.document.prediction_digest == at_once.document.prediction_digest
    assert later.document.model_dump(exclude=CIRCUMSTANCES) == at_once.document.model_dump(exclude=CIRCUMSTANCES)
    assert later.paths.predicted_labels.is_file()
    assert later.paths.prediction.is_file()


def test_voxels_that_were_trained_on_are_pointed_out_later_too(stored, made, tmp_path):
    """z 0:3 of 8 slices were trained on."""
    words = {"partition": "whole", "options": OPTIONS, "network": made.ContextNetwork()}
    store = store_crops(stored.model, output=tmp_path / "store", **words)
    assert store.record.trained_share == 3 / 8
    at_once = evaluate_volume(stored.model, output=tmp_path / "a", **words).document.left_out
    note = "scores on unseen voxels only: 38% of the measured region was trained on"
    assert note in at_once
    assert note in aggregate_store(store.paths.root, output=tmp_path / "b").document.left_out


@pytest.mark.parametrize("aggregation", ["mean", "hann", "centre", "max", "vote"])
def test_every_strategy_gives_the_labels_of_the_network(stored, made, tmp_path, aggregation):
    options = dataclasses.replace(OPTIONS, aggregation=aggregation)
    words = {"partition": "test", "options": options, "network": made.ContextNetwork()}
    at_once = predict_volume(stored.model, output=tmp_path / "a", **words)
    later = aggregate_store(stored.store, aggregation=aggregation, output=tmp_path / "b")
    assert later.document.prediction_digest == at_once.labels_digest
    assert later.document.aggregation == at_once.aggregation
    assert read_document(later.paths.prediction, PredictionRecord).fractions_by_probability == (
        at_once.fractions_by_probability
    )


def test_votes_need_no_probabilities(stored, made, tmp_path):
    words = {"partition": "test", "options": OPTIONS, "network": made.ContextNetwork()}
    labels_alone = store_crops(stored.model, probabilities="none", output=tmp_path / "labels", **words)
    with pytest.raises(SegError, match=r"gaussian needs probabilities, and .* holds labels alone"):
        aggregate_store(labels_alone.paths.root, output=tmp_path / "refused")
    votes = aggregate_store(labels_alone.paths.root, aggregation="vote", output=tmp_path / "votes")
    exact = aggregate_store(stored.store, aggregation="vote", output=tmp_path / "exact")
    assert votes.document.prediction_digest == exact.document.prediction_digest


def test_rounded_probabilities_change_few_voxels_and_say_so(stored, made, tmp_path):
    words = {"partition": "test", "options": OPTIONS, "network": made.ContextNetwork()}
    rounded = store_crops(stored.model, probabilities="uint8", output=tmp_path / "store", **words)
    first = aggregate_store(rounded.paths.root)
    exact = aggregate_store(stored.store, output=tmp_path / "exact")
    assert first.paths.root == tmp_path / "store_gaussian"
    with open_array(first.paths.predicted_labels) as one, open_array(exact.paths.predicted_labels) as other:
        assert np.mean(one[:] != other[:]) < 0.01
        assert array_digest(one) == first.document.prediction_digest
    assert any("beyond those of uint8" in remark for remark in first.document.left_out)


def test_random_places_cannot_be_aggregated(stored, made, tmp_path):
    done = store_crops(
        stored.model,
        partition="test",
        positions="random",
        number=4,
        options=dataclasses.replace(OPTIONS, overlap=None),
        network=made.ContextNetwork(),
        output=tmp_path / "out",
    )
    with pytest.raises(SegError, match="random places do not cover every voxel"):
        aggregate_store(done.paths.root)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_another_volume_or_reference_is_refused(stored, made, tmp_path):
    image = np.load(stored.volume.parent / "image.npy")
    other = made.volume(tmp_path / "other", image + np.uint8(1), stored.labels, ignored_label=255)
    with pytest.raises(VolumeError, match="the one that the crops were cut from"):
        aggregate_store(stored.store, volume=other, output=tmp_path / "out")
    relabelled = made.volume(tmp_path / "labels", image, np.zeros_like(stored.labels), ignored_label=255)
    with pytest.raises(VolumeError, match="stored beside"):
        aggregate_store(stored.store, volume=relabelled, output=tmp_path / "out")
    moved = made.volume(tmp_path / "moved", image, stored.labels, ignored_label=255)
    assert aggregate_store(stored.store, volume=moved, output=tmp_path / "out").document.mean_jaccard > 0


def test_both_commands(stored, made, tmp_path, monkeypatch):
    """A store is written and aggregated by its commands; the second one without TensorFlow or Keras."""
    monkeypatch.setattr("seg_eval.crop_store.store_crops.require_tensorflow", lambda: None)
    monkeypatch.setattr("seg_eval.crop_store.store_crops.KerasNetwork", lambda path, batch_size: made.ContextNetwork())
    words = ["crops", stored.model, "--partition", "test", "--tile-shape", 1, 16, 16, "--halo", 0, 4, 4]
    words += ["--overlap", 0.5, "--batch-size", 2, "--weights", "best", "--probabilities", "uint16"]
    words += ["--limit-gigabytes", 1, "--output", tmp_path / "store", "--quiet"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "they hold 100.0% of the region" in result.stdout
    assert "  mean Jaccard  0." in result.stdout
    for framework in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, framework, None)  # an import would fail now
    result = CliRunner().invoke(main, ["aggregate", str(tmp_path / "store"), "--aggregation", "mean", "--quiet"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"report: {tmp_path / 'store_mean' / 'report.html'}"
    assert CliRunner().invoke(main, ["crops", str(stored.model), "--positions", "random"]).exit_code == 1


def test_an_error_of_the_installed_command_is_one_line(tmp_path):
    command = Path(sys.executable).with_name("seg-eval")
    done = subprocess.run(
        [command, "aggregate", "nowhere"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: a store of crops must hold crop_store.yaml; ")
