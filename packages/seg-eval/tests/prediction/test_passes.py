"""Several orientations and several networks over one volume."""

import re

import numpy as np
import pytest

from seg_common.errors import ModelFolderError, SegError
from seg_common.geometry.box import Box
from seg_common.volume.open_array import open_array
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume
from seg_eval.results_row import results_row


class SliceMean:
    """The probability of class 1 is the mean grey level of the slice that the network sees, over 255."""

    def predict(self, tiles):
        p = tiles.astype(np.float32).mean(axis=(2, 3), keepdims=True)[..., tiles.shape[-1] // 2] / 255
        p = np.broadcast_to(p, tiles.shape[:-1])
        return np.stack([1 - p, p, np.zeros_like(p)], axis=-1)


@pytest.fixture
def cuboid(made, tmp_path):
    """A scan of three different sides, and a 2D and a 2.5D model of it, without a halo or an overlap."""
    image, labels = made.scan((8, 12, 16))
    volume = made.volume(tmp_path / "cuboid", image, labels)
    return volume, image


def model_of(made, root, volume, *, weights=b"weights", **what):
    made.model(root, volume, Box.whole((8, 12, 16)), **what)
    (root / "best.keras").write_bytes(weights)
    return root


@pytest.mark.parametrize(("along", "axis"), [("z", 0), ("y", 1), ("x", 2)])
@pytest.mark.parametrize("slices", [1, 3])
def test_slices_lie_across_the_axis_asked_for(made, cuboid, tmp_path, along, axis, slices):
    """The network sees whole slices, one voxel thick; labels are class 1 where their mean exceeds one half."""
    volume, image = cuboid
    model = model_of(made, tmp_path / "model", volume, dimensions="2.5D" if slices > 1 else "2D", slices=slices)
    sides = [n for i, n in enumerate(image.shape) if i != axis]
    options = PredictionOptions(along=along, tile_shape=(1, *sides), halo=(0, 0, 0), overlap=0)
    network = SliceMean()
    record = predict_volume(model, volume, output=tmp_path / "out", options=options, network=network)
    means = image.mean(axis=tuple(i for i in range(3) if i != axis), dtype=np.float64) / 255
    assert record.fractions_by_probability[1] == pytest.approx(means.mean(), rel=1e-5)
    with open_array(tmp_path / "out" / "predicted_labels.h5") as reader:
        labels = reader[:, :, :]
    expected = np.expand_dims((means > 0.5).astype(np.uint8), [i for i in range(3) if i != axis])
    np.testing.assert_array_equal(labels, np.broadcast_to(expected, labels.shape))
    assert (record.aggregation.along, record.tiles) == (along, image.shape[axis])


def test_channels_across_x_are_the_neighbouring_slices(made, cuboid, tmp_path):
    volume, image = cuboid
    model = model_of(made, tmp_path / "model", volume, dimensions="2.5D", slices=3)
    seen = []

    class Spy(SliceMean):
        def predict(self, tiles):
            seen.extend(tiles[:, 0])
            return super().predict(tiles)

    options = PredictionOptions(along="x", tile_shape=(1, 8, 12), halo=(0, 0, 0), overlap=0)
    predict_volume(model, volume, output=tmp_path / "out", options=options, network=Spy())
    np.testing.assert_array_equal(seen[5], image[:, :, 4:7])
    np.testing.assert_array_equal(seen[0], image[:, :, [1, 0, 1]])


@pytest.mark.parametrize("aggregation", ["gaussian", "max", "vote"])
def test_all_orientations_and_models_count_alike(made, cuboid, tmp_path, aggregation):
    """The mean of the three orientations of one model and the single one of a 3D model, each aggregated for itself."""
    volume, _ = cuboid
    flat = model_of(made, tmp_path / "flat", volume)
    solid = model_of(made, tmp_path / "solid", volume, weights=b"3D", dimensions="3D", crop_shape=(8, 8, 8))
    networks = [made.ContextNetwork(), made.ConstantNetwork((0.2, 0.7, 0.1))]

    def mean(name, **choices):
        options = PredictionOptions(aggregation=aggregation, **choices)
        out = tmp_path / name
        given = networks if choices.get("with_models") else networks[0]
        return predict_volume(flat, volume, output=out, options=options, network=given)

    alone = [np.array(mean(along, along=along).fractions_by_probability) for along in "zyx"]
    constant = np.array([0, 1, 0] if aggregation == "vote" else [0.2, 0.7, 0.1])
    record = mean("together", along="all", with_models=(solid,))
    np.testing.assert_allclose(record.fractions_by_probability, (sum(alone) + constant) / 4, atol=1e-6)
    assert [one.along for one in record.aggregation.more_passes] == ["y", "x", "z"]
    assert [one.name for one in record.more_models] == ["toy"]
    digests = [one.weights_digest for one in record.aggregation.more_passes]
    assert digests == [record.model.weights_digest] * 2 + [record.more_models[0].weights_digest]


def test_no_block_changes_the_result_of_several_passes(made, cuboid, tmp_path):
    volume, _ = cuboid
    models = [
        model_of(made, tmp_path / name, volume, weights=name.encode(), dimensions="2.5D", slices=3) for name in "ab"
    ]
    found = []
    for block_bytes in (12_000, 10**8):
        options = PredictionOptions(
            along="all",
            symmetries=4,
            with_models=(models[1],),
            block_bytes=block_bytes,
            tile_shape=(1, 8, 8),
            halo=(0, 2, 2),
        )
        out = tmp_path / str(block_bytes)
        networks = [made.ContextNetwork(), made.ContextNetwork()]
        record = predict_volume(models[0], volume, output=out, options=options, network=networks)
        found.append((record.labels_digest, record.fractions_by_probability))
    assert found[0] == found[1]


def test_the_row_and_the_folder_name_what_was_averaged(made, world, tmp_path, undrawn):
    other = made.model(tmp_path / "other", world.volume, world.train)
    (other / "best.keras").write_bytes(b"other")
    options = PredictionOptions(along="all", symmetries=4, with_models=(other,))
    networks = [made.ThresholdNetwork(), made.ThresholdNetwork()]
    evaluation = evaluate_volume(world.model, options=options, network=networks)
    assert evaluation.paths.root.name == "scan_validation_gaussian_4-symmetries_along-all_with-other"
    row = results_row(evaluation.document)
    assert (row["symmetries"], row["along"]) == (4, "zyx")
    assert row["ensemble"] == "0123456789abcdef+0123456789abcdef"
    assert evaluation.document.left_out == []  # validated on voxels that neither model was trained on


def test_voxels_that_the_second_model_was_trained_on_are_pointed_out(made, world, tmp_path, undrawn):
    other = made.model(tmp_path / "other", world.volume, world.validation)
    (other / "best.keras").write_bytes(b"other")
    networks = [made.ThresholdNetwork(), made.ThresholdNetwork()]
    evaluation = evaluate_volume(world.model, options=PredictionOptions(with_models=(other,)), network=networks)
    notes = ["scores on unseen voxels only: 100% of the measured region was trained on by other"]
    assert evaluation.document.left_out == notes


def test_the_axis_of_training_is_the_default(made, cuboid, tmp_path):
    volume, _ = cuboid
    model = model_of(made, tmp_path / "model", volume)
    text, count = re.subn(r"normals:\s*(- z|\[z\])", "normals: [x]", (model / "metadata.yaml").read_text())
    assert count
    (model / "metadata.yaml").write_text(text)
    record = predict_volume(model, volume, output=tmp_path / "out", network=made.ThresholdNetwork())
    assert record.aggregation.along == "x"


def test_models_that_do_not_fit_together_are_refused(made, world, tmp_path):
    def refuse(error, message, network=None, **options):
        with pytest.raises(error, match=message):
            predict_volume(
                world.model,
                output=tmp_path / "out",
                options=PredictionOptions(**options),
                network=network or made.ThresholdNetwork(),
            )
        assert not (tmp_path / "out").exists()

    refuse(ModelFolderError, "must hold metadata.yaml", with_models=(tmp_path / "nowhere",))
    refuse(SegError, "hold the same weights", with_models=(world.model,))
    other = made.model(tmp_path / "other", world.volume, world.train)
    (other / "best.keras").write_bytes(b"other")
    refuse(SegError, "one network for each model; got 1 for 2", with_models=(other,))
    text = (other / "metadata.yaml").read_text()
    (other / "metadata.yaml").write_text(text.replace("name: fibre", "name: glass"))
    refuse(SegError, "same classes in one order", with_models=(other,))
    solid = made.model(tmp_path / "solid", world.volume, world.train, dimensions="3D", crop_shape=(4, 8, 8))
    with pytest.raises(SegError, match="no slices to orient; got along y"):
        predict_volume(
            solid, output=tmp_path / "out", network=made.ThresholdNetwork(), options=PredictionOptions(along="y")
        )
