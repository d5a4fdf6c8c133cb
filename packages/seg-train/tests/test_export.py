"""Exported networks answer as the model does, or are not written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from seg_common.errors import MissingDependencyError, ModelFolderError, OutputExistsError
from seg_common.model_paths import ModelPaths
from seg_common.schema.export import ExportRecord
from seg_common.schema.unet import UNetConfig
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document
from seg_train import export_formats
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.errors import TrainingError
from seg_train.export import export_model
from seg_train.export_formats import FORMATS, in_float32, without_groups
from seg_train.run_folder import remove_leftovers


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> ModelPaths:
    """A copy of a model folder after a whole run."""
    return ModelPaths(root=Path(shutil.copytree(trained, tmp_path / "model")))


@pytest.mark.parametrize("export_format", ["savedmodel", "onnx"])
def test_an_export_answers_as_the_model(model: ModelPaths, export_format, tensorflow) -> None:
    """Loaded by its own library, at a shape that was not checked before; its record says what it is."""
    import keras

    exported, record = export_model(model.root, export_format=export_format)
    assert exported.root == model.root / "exports" / f"best_{export_format}"
    assert read_document(exported.record, ExportRecord) == record
    assert record.weights == "best.keras"
    assert record.weights_digest == file_digest(model.best_weights)
    assert record.input_shape == [None, None, None, 1]
    assert record.side_divisors == [2, 2]
    assert record.class_names == ["matrix", "fibre"]
    assert [check.shape for check in record.checks] == [[1, 16, 16, 1], [2, 16, 18, 1]]
    assert record.max_abs_difference < 1e-5
    voxels = np.random.default_rng(0).integers(0, 256, (3, 6, 10, 1), np.uint8)
    expected = keras.saving.load_model(model.best_weights)(voxels).numpy()
    if export_format == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(exported.root / record.file)
        (found,) = session.run(None, {record.input_name: voxels})
    else:
        loaded = tensorflow.saved_model.load(str(exported.root))
        found = loaded.serve(voxels).numpy()
    assert record.file == {"savedmodel": ".", "onnx": "network.onnx"}[export_format]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_export_that_answers_differently_is_refused(model: ModelPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left behind."""
    real = FORMATS["savedmodel"]

    def read_wrongly(path: Path, name: str):
        predict = real.read(path, name)
        return lambda voxels: predict(voxels) + np.float32(1e-3)

    wrong = export_formats.Format(real.libraries, real.extra, real.target, real.write, read_wrongly)
    monkeypatch.setitem(FORMATS, "savedmodel", wrong)
    with pytest.raises(TrainingError, match=r"differ by up to 0.001, allowed is 0.0001.*--tolerance"):
        export_model(model.root)
    assert list((model.root / "exports").iterdir()) == []
    _, record = export_model(model.root, tolerance=0.01, weights="last")
    assert record.max_abs_difference == pytest.approx(1e-3, rel=0.01)
    assert record.weights == "last.keras"


def test_an_export_is_not_overwritten_unasked(model: ModelPaths, tmp_path: Path) -> None:
    """Nor a folder of something else, even when asked."""
    exported, first = export_model(model.root, output=tmp_path / "served")
    assert exported.root == tmp_path / "served"
    with pytest.raises(OutputExistsError, match="--overwrite"):
        export_model(model.root, output=tmp_path / "served")
    _, second = export_model(model.root, output=tmp_path / "served", overwrite=True)
    assert second.checks == first.checks
    with pytest.raises(OutputExistsError):
        export_model(model.root, output=model.root, overwrite=True)
    assert model.metadata.is_file()


def test_what_a_killed_export_left_behind_goes_with_the_next_session(model: ModelPaths) -> None:
    """A folder with files in it; finished exports stay."""
    partial = model.root / "exports" / ".best_onnx.0123abcd.partial"
    finished = model.root / "exports" / "best_savedmodel"
    for folder in (partial, finished):
        folder.mkdir(parents=True)
        (folder / "network.onnx").write_bytes(b"half")
    remove_leftovers(model)
    assert not partial.exists()
    assert (finished / "network.onnx").is_file()


def test_missing_weights_and_damaged_ones(model: ModelPaths) -> None:
    """Each is named."""
    model.last_weights.write_bytes(model.last_weights.read_bytes()[:1000])
    with pytest.raises(ModelFolderError, match=r"last.keras.*damaged"):
        export_model(model.root, weights="last")
    model.best_weights.unlink()
    with pytest.raises(ModelFolderError, match=r"best.keras does not exist"):
        export_model(model.root)
    assert not (model.root / "exports").exists()


def test_a_missing_library_is_named_with_its_remedy(model: ModelPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before TensorFlow is even loaded."""
    monkeypatch.setattr(
        export_formats,
        "find_spec",
        lambda name: None if name == "tf2onnx" else __import__("importlib").util.find_spec(name),
    )
    with pytest.raises(MissingDependencyError, match=r"tf2onnx missing. Install: pip install 'seg-train\[onnx\]'"):
        export_model(model.root, export_format="onnx")


def test_grouped_convolutions_become_full_ones_that_answer_alike(tensorflow, tmp_path: Path) -> None:
    """ONNX knows no XLA: separable 3D networks are written with kernels that are 0 between the channels."""
    config = UNetConfig(depth=1, base_filters=2, convolution="separable", convolutions=1, residual=False)
    network = build_unet(config, NetworkInput(3, 1, "uint16", 0.001, -0.5, 2))
    voxels = np.random.default_rng(0).integers(0, 1000, (1, 2, 4, 6, 1), np.uint16)
    expected = network(voxels).numpy()
    np.testing.assert_allclose(without_groups(network)(voxels).numpy(), expected, atol=1e-6)
    onnx = FORMATS["onnx"]
    onnx.write(network, tmp_path / "network.onnx")
    found = onnx.read(tmp_path / "network.onnx", "voxels")(voxels)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    plain = build_unet(UNetConfig(depth=1, base_filters=2), NetworkInput(2, 1, "uint8", 1.0, 0.0, 2))
    assert without_groups(plain) is plain


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_networks_in_half_precision_become_float32_ones(tensorflow, tmp_path: Path, precision) -> None:
    """They answer alike up to the rounding of half precision, and ONNX runtimes can read them."""
    network = build_unet(
        UNetConfig(depth=1, base_filters=2), NetworkInput(2, 1, "uint8", 1 / 64, -2.0, 2), precision=precision
    )
    full = in_float32(network)
    assert {layer.compute_dtype for layer in full.layers} <= {"float32", "uint8"}
    assert in_float32(full) is full
    voxels = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 1), np.uint8)
    expected = network(voxels).numpy()
    found = full(voxels).numpy()
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert np.abs(found - expected).max() > 1e-6
    onnx = FORMATS["onnx"]
    onnx.write(full, tmp_path / "network.onnx")
    np.testing.assert_allclose(onnx.read(tmp_path / "network.onnx", "voxels")(voxels), found, atol=1e-5)
