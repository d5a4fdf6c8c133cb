"""Arrays beside the labels: codes and roundings by hand, and files as other programs read them."""

import sys

import h5py
import numpy as np
import pytest
import zarr
from scipy.stats import entropy

from seg_common.errors import MissingDependencyError, SegError
from seg_common.geometry.box import Box
from seg_common.schema.prediction import PredictionRecord
from seg_common.volume.digests import array_digest
from seg_common.volume.open_array import open_array
from seg_common.yaml_documents import read_document
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume
from seg_eval.prediction.saved_arrays import (
    class_codes_of,
    confusion_codes,
    error_codes,
    stored_entropy,
    stored_probabilities,
)
from seg_eval.probability_volume import open_probabilities


def test_codes_by_hand():
    """Reference 0 1 2 9 against prediction 0 2 1 1, 9 is not known; three classes."""
    reference, predicted = np.array([[[0, 1, 2, 9]]]), np.array([[[0, 2, 1, 1]]], np.uint8)
    known = reference != 9
    positives, negatives = error_codes(reference, predicted, known)
    assert positives.ravel().tolist() == [0, 3, 2, 0]
    assert negatives.ravel().tolist() == [0, 2, 3, 0]
    codes = confusion_codes(reference, predicted, known, 3)
    assert codes.ravel().tolist() == [1, 1 + 3 + 2, 1 + 6 + 1, 0]
    meanings = class_codes_of(["a", "b", "c"], pairs=True)
    assert [meanings[code] for code in codes.ravel()] == [
        "a predicted as a",
        "b predicted as c",
        "c predicted as b",
        "not known",
    ]
    assert class_codes_of(["a", "b", "c"], pairs=False)[positives[0, 0, 1]] == "c"


def test_many_classes_need_wider_codes():
    reference, predicted = np.full((1, 1, 1), 15), np.full((1, 1, 1), 15, np.uint8)
    codes = confusion_codes(reference, predicted, None, 16)
    assert (codes.dtype, codes.item()) == (np.uint16, 256)


@pytest.mark.parametrize(("dtype", "most"), [("uint8", 1 / 510), ("uint16", 1 / 131070), ("float16", 2**-12)])
def test_rounded_probabilities_are_as_near_as_promised(dtype, most):
    p = np.random.default_rng(0).dirichlet(np.ones(3) * 0.3, (2, 20, 30)).astype(np.float32)
    p[0, 0, 0] = (1 + 1e-6, -1e-6, 0)
    stored = stored_probabilities(p, dtype)
    largest = 1 if dtype == "float16" else np.iinfo(dtype).max
    assert stored.dtype == dtype
    assert np.abs(stored.astype(np.float64) / largest - p.clip(0, 1)).max() <= most * 1.01  # float32 itself rounds


def test_entropy_is_that_of_scipy():
    p = np.random.default_rng(1).dirichlet(np.ones(4) * 0.5, (3, 5, 7)).astype(np.float32)
    p[0, 0, :2] = [[1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]]
    stored = stored_entropy(p)
    assert stored[0, 0, :2].tolist() == [0, 255]
    np.testing.assert_allclose(stored / 255, entropy(p, axis=-1) / np.log(4), atol=0.5 / 255 + 1e-6)
    assert not stored_entropy(np.ones((1, 2, 2, 1), np.float32)).any()


def test_files_hold_what_was_asked_for(world, made, tmp_path):
    """Whatever the blocks; read as another program does, by dataset, scale and codes."""
    network, outputs = made.ContextNetwork(), []
    for block_bytes in (4000, 10**8):
        options = PredictionOptions(
            save=("confusion", "errors", "entropy", "probabilities"),
            probability_type="uint16",
            block_bytes=block_bytes,
            tile_shape=(1, 16, 16),
            halo=(0, 4, 4),
        )
        outputs.append(tmp_path / str(block_bytes))
        predict_volume(world.model, output=outputs[-1], options=options, network=network)
    for name in ("predicted_labels", "probabilities", "entropy", "errors", "confusion"):
        assert (outputs[0] / f"{name}.h5").read_bytes() == (outputs[1] / f"{name}.h5").read_bytes()

    record = read_document(outputs[0] / "prediction.yaml", PredictionRecord)
    found = {}
    for saved in record.saved:
        with h5py.File(outputs[0] / saved.file) as file:
            assert file[saved.dataset].dtype == saved.dtype
            assert file[saved.dataset].attrs["region_start"].tolist() == [6, 0, 0]
            found[saved.dataset] = file[saved.dataset][...] * (saved.scale or 1)
    with h5py.File(outputs[0] / "predicted_labels.h5") as file:
        labels = file["labels"][...]
    reference = world.labels[6:12]
    assert list(found) == ["probabilities", "entropy", "false_positives", "false_negatives", "confusion"]
    p = found["probabilities"]
    assert p.shape == (*labels.shape, 3)
    np.testing.assert_allclose(p.sum(axis=-1), 1, atol=3e-5)
    assert (p.argmax(axis=-1) == labels).mean() > 0.999  # rounding may make two classes equal
    np.testing.assert_allclose(found["entropy"], entropy(p, axis=-1) / np.log(3), atol=0.01)
    np.testing.assert_array_equal(found["confusion"], 1 + 3 * reference.astype(int) + labels)
    np.testing.assert_array_equal(found["false_positives"], np.where(labels != reference, labels + 1, 0))
    np.testing.assert_array_equal(found["false_negatives"], np.where(labels != reference, reference + 1, 0))
    source = f"{outputs[0] / 'probabilities.h5'}::probabilities"
    with open_probabilities(source, labels.shape, 3) as probabilities:  # as `seg-eval score --probabilities` does
        np.testing.assert_allclose(probabilities.read(Box.whole(labels.shape)), p, atol=1e-6)


def test_zarr_holds_what_hdf5_holds(world, made, tmp_path, monkeypatch):
    """Every value and attribute, whatever the blocks; chunks smaller than the region, so that several are written."""
    monkeypatch.setattr("seg_eval.prediction.result_arrays.ZARR_CHUNK_SIDE", 8)
    kinds = ("probabilities", "entropy", "errors", "confusion")
    for name, choices in {"h5": {}, "small": {"block_bytes": 4000}, "large": {"block_bytes": 10**8}}.items():
        save_format = "hdf5" if name == "h5" else "zarr"
        options = PredictionOptions(
            save=kinds, save_format=save_format, tile_shape=(1, 16, 16), halo=(0, 4, 4), **choices
        )
        predict_volume(world.model, output=tmp_path / name, options=options, network=made.ContextNetwork())
    record, plain = (read_document(tmp_path / name / "prediction.yaml", PredictionRecord) for name in ("small", "h5"))
    assert record.labels_digest == plain.labels_digest
    assert record.labels_file == "predicted_labels.zarr"
    listed = [(one.file.replace(".h5", ".zarr"), one.dataset, one.dtype, one.scale) for one in plain.saved]
    assert [(one.file, one.dataset, one.dtype, one.scale) for one in record.saved] == listed
    for file, dataset, *_ in [("predicted_labels.zarr", "labels"), *listed]:
        stored = zarr.open_group(tmp_path / "small" / file, mode="r")[dataset]
        with h5py.File(tmp_path / "h5" / file.replace(".zarr", ".h5")) as other:
            np.testing.assert_array_equal(stored[:], other[dataset][:])
            expected = {name: np.asarray(value).tolist() for name, value in other[dataset].attrs.items()}
        assert dict(stored.attrs) == expected
        assert stored.chunks[:3] == (6, 8, 8)
        assert stored.nchunks_initialized == stored.nchunks == 9
        assert stored.metadata.dimension_names == tuple(stored.attrs["axes"])
    small, large = (
        {
            path.relative_to(root): path.read_bytes()
            for folder in root.glob("*.zarr")
            for path in folder.rglob("*")
            if path.is_file()
        }
        for root in (tmp_path / "small", tmp_path / "large")
    )
    assert small == large
    assert not list((tmp_path / "small").glob("*.h5"))


def test_zarr_is_read_as_labels_and_as_probabilities(world, made, tmp_path):
    """By the readers of the other commands; a chunk that is lost is no zero."""
    options = PredictionOptions(save=("probabilities",), save_format="zarr")
    record = predict_volume(world.model, output=tmp_path / "out", options=options, network=made.ContextNetwork())
    with open_array(tmp_path / "out" / "predicted_labels.zarr") as labels:
        assert labels.dataset == "labels"
        assert labels.attribute("region_start") == [6, 0, 0]
        assert array_digest(labels) == record.labels_digest
        predicted = labels.read(Box.whole(labels.shape))
    folder = tmp_path / "out" / "probabilities.zarr"
    with open_probabilities(f"{folder}::probabilities", predicted.shape, 3) as probabilities:
        p = probabilities.read(Box.whole(predicted.shape))
    assert (p.argmax(axis=-1) == predicted).mean() > 0.99
    with pytest.raises(SegError, match=r"names no dataset\. It holds: probabilities\."):
        open_probabilities(folder, predicted.shape, 3).__enter__()
    (chunk,) = (path for path in (folder / "probabilities" / "c").rglob("*") if path.is_file())
    content = chunk.read_bytes()
    chunk.write_bytes(content[:-8] + bytes(8))
    with (
        open_probabilities(f"{folder}::probabilities", predicted.shape, 3) as probabilities,
        pytest.raises(SegError, match="must be readable"),
    ):
        probabilities.read(Box.whole(predicted.shape))
    chunk.unlink()
    with pytest.raises(SegError, match=r"every chunk must be stored; .* lacks 1 of 1\."):
        open_probabilities(f"{folder}::probabilities", predicted.shape, 3).__enter__()


def test_zarr_that_is_not_installed_is_told_before_any_work(world, made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    network = made.ThresholdNetwork()
    with pytest.raises(MissingDependencyError, match=r"--save-format zarr needs the package zarr: pip install"):
        predict_volume(
            world.model, output=tmp_path / "out", options=PredictionOptions(save_format="zarr"), network=network
        )
    assert network.batches == []


def test_what_cannot_be_saved_is_refused_before_any_work(world, made, tmp_path):
    network = made.ThresholdNetwork()
    unlabelled = made.volume(tmp_path / "new", world.image)
    for options, message in (
        ({"save": ("errors", "confusion")}, "errors and confusion need reference labels"),
        ({"save": ("entropie",)}, r"must be of probabilities, entropy, errors, confusion; got entropie"),
        ({"save": ("probabilities",), "probability_type": "int8"}, "stored as uint8, uint16, float16; got 'int8'"),
        ({"save_format": "tiff"}, "saved as hdf5, zarr; got 'tiff'"),
    ):
        with pytest.raises(SegError, match=message):
            predict_volume(
                world.model,
                unlabelled,
                output=tmp_path / "out",
                options=PredictionOptions(**options),
                network=network,
            )
    assert network.batches == []
    assert not (tmp_path / "out").exists()
