"""The record and its summary: every fact that a reader of a run asks for is in both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from seg_common.model_paths import ModelPaths
from seg_common.schema.augmentation import Augmentation, Elastic
from seg_common.schema.crop_rejection import MinClassFraction
from seg_common.schema.optimization import ComposedSchedule
from seg_common.schema.training import EarlyStopping
from seg_common.schema.training_record import Extension, InitialWeights, TrainingRecord
from seg_common.yaml_documents import read_document
from seg_train.configuration import load_config
from seg_train.history import read_rows
from seg_train.summary import LINE_COLUMNS, summarise, training_line


@pytest.fixture(scope="module")
def metadata(trained: Path) -> Any:
    """`metadata.yaml` as any safe reader sees it."""
    return yaml.safe_load(ModelPaths(root=trained).metadata.read_text())


@pytest.fixture(scope="module")
def summary(trained: Path) -> dict[str, str]:
    """Rows of `summary.txt`."""
    lines = ModelPaths(root=trained).summary.read_text().splitlines()
    rows = (line.strip().split("  ", 1) for line in lines if line.startswith("  "))
    return {key: value.strip() for key, value in rows}


FACTS = [
    ("strategy.name", "one_device", "strategy", "one_device"),
    ("strategy.devices", ["CPU:0"], "strategy", "CPU:0"),
    ("strategy.replicas", 1, "strategy", "1 replica(s)"),
    ("strategy.workers", 1, "strategy", "1 worker(s)"),
    ("batch_size", 4, "batch size", "4 ("),
    ("batch_size_per_replica", 4, "batch size", "(4 per replica)"),
    ("config.learning_rate.kind", "constant", "learning rate", "kind constant"),
    ("config.learning_rate.value", 0.01, "learning rate", "value 0.01"),
    ("config.optimizer.kind", "adamw", "optimizer", "kind adamw"),
    ("config.loss.kind", "jaccard2", "loss", "kind jaccard2"),
    ("image_size", [1, 16, 16], "image size", "1 × 16 × 16"),  # noqa: RUF001 - the sign that people read
    ("channels", 1, "channels", "1"),
    ("crops_per_epoch", 12, "crops per epoch", "12"),
    ("result.crops_seen", 24, "crops seen", "24"),
    ("validation_steps", 18, "validation_steps", "18 ("),
    ("validation_crops", 72, "validation_steps", "(72 crops)"),
    ("config.epochs", 2, "epochs", "2"),
    ("use_multiprocessing", False, "use_multiprocessing", "false ("),
    ("threads", 1, "use_multiprocessing", "(1 threads)"),
    ("config.seed", 0, "seed", "0"),
    ("data.name", "rods", "volume", "rods"),
    ("data.shape", [16, 48, 48], "volume", "16 × 48 × 48"),  # noqa: RUF001
    ("data.dtype", "uint8", "volume", "uint8"),
    ("config.crops.partition", "train", "train", "train: "),
    ("config.validation.partition", "validation", "validation", "validation: "),
    ("config.crops.positions.kind", "covering", "positions", "covering"),
    ("sampling.kept", 12, "acceptance rate", "(12 of 12 offered)"),
    ("status", "finished", "status", "finished"),
    ("sessions", 1, "time", "1 session(s)"),
]
"""Key and value in `metadata.yaml`; name of the row of `summary.txt` and what it says."""


@pytest.mark.parametrize(("key", "value", "row", "words"), FACTS, ids=[f"{fact[0]}" for fact in FACTS])
def test_every_fact_is_recorded_and_told(
    metadata: Any, summary: dict[str, str], key: str, value: object, row: str, words: str
) -> None:
    """Programs find it under its key, people in the row of its name."""
    found = metadata
    for part in key.split("."):
        found = found[part]
    assert found == value
    assert words in summary[row]


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("model_id", "model id"),
        ("data.image_digest", "image digest"),
        ("data.labels_digest", "labels digest"),
        ("network.trainable_parameters", "parameters"),
        ("network.parameters", "parameters"),
        ("provenance.created", "begun"),
        ("provenance.environment.TF_ENABLE_ONEDNN_OPTS", "environment"),
        ("provenance.hostname", "machine"),
        ("provenance.cpu", "machine"),
        ("provenance.python", "machine"),
        ("provenance.platform", "machine"),
        ("provenance.packages.tensorflow", "code"),
        ("provenance.packages.seg-train", "code"),
        ("result.best_epoch", "best epoch"),
    ],
)
def test_what_differs_between_machines_is_the_same_in_both(
    metadata: Any, summary: dict[str, str], key: str, row: str
) -> None:
    """Digests, counts, versions and the machine: the summary tells what the record holds."""
    found = metadata
    for part in key.split("."):
        found = found[part]
    assert str(found)
    assert str(found) in summary[row]


def test_a_composed_schedule_is_told_part_by_part(trained: Path) -> None:
    """A quarter of the steps up, three quarters down."""
    parts = [{"share": 1, "schedule": {"kind": "linear"}}, {"share": 3, "schedule": {"kind": "log", "end": 1e-6}}]
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    config = record.config.model_copy(update={"learning_rate": ComposedSchedule.model_validate({"parts": parts})})
    (row,) = (
        line
        for line in summarise(record.model_copy(update={"config": config})).splitlines()
        if " learning rate " in line
    )
    assert row.split("  ")[-1].strip() == (
        "kind composed: 0.25 of the steps kind linear, start 0.001, end 1e-05; 0.75 of the steps kind log, start 0.001, end 1e-06"
    )


def test_callbacks_memory_and_time_are_told(metadata: Any, summary: dict[str, str]) -> None:
    """All callbacks by name; memory and time in units of people."""
    assert metadata["callbacks"]
    assert summary["callbacks"] == ", ".join(metadata["callbacks"])
    assert {"example pictures", "checkpoint"} <= set(metadata["callbacks"])
    assert float(summary["peak memory"].split()[0]) == pytest.approx(metadata["peak_memory_bytes"] / 2**30, abs=0.01)
    assert float(summary["time"].split()[0]) == pytest.approx(metadata["seconds"], abs=0.51)


def test_what_a_gpu_says_is_told(trained: Path) -> None:
    """Versions of its libraries and the memory that was taken on it, where there is one."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    strategy = record.strategy.model_copy(update={"gpu_libraries": {"CUDA": "12.5", "cuDNN": "9"}})
    text = summarise(record.model_copy(update={"strategy": strategy, "peak_gpu_memory_bytes": 3 * 2**29}))
    assert " CUDA 12.5, cuDNN 9\n" in text
    assert " GiB, 1.50 GiB on a GPU\n" in text


def rows_of(record: TrainingRecord) -> dict[str, str]:
    """Rows of a summary."""
    rows = (line.strip().split("  ", 1) for line in summarise(record).splitlines() if line.startswith("  "))
    return {key: value.strip() for key, value in rows}


def test_what_a_run_was_asked_for_beyond_the_usual_is_told(trained: Path, summary: dict[str, str]) -> None:
    """Weights, fine-tuning, extensions, augmentation and the rest have a row when they are set, and none when they are not."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    digest = "sha256:" + "ab" * 32
    data = record.data.model_copy(update={"weights": "boundaries", "weights_digest": digest})
    crops = record.config.crops.model_copy(
        update={
            "rejection": MinClassFraction(class_name="fibre", fraction=0.1, reject_probability=0.9),
            "on_reject": "keep_uncovered",
            "augmentation": Augmentation(noise=2.0, elastic=Elastic(probability=0.25)),
        }
    )
    changes = {"crops": crops, "early_stopping": EarlyStopping(patience=7), "checkpoint_every": 250}
    asked = record.model_copy(
        update={
            "config": record.config.model_copy(update={**changes, "after_training": "evaluate"}),
            "data": data,
            "more_data": [data],
            "extensions": [Extension(epochs_done=2, epochs_before=2), Extension(epochs_done=5, epochs_before=6)],
            "initial_weights": InitialWeights(
                model="/models/first",
                model_id="0123456789ab",
                file="best.keras",
                digest=digest,
                loaded_parameters=1200,
                fresh=["head"],
            ),
            "trackers": ["tensorboard", "mlflow"],
        }
    )
    told = rows_of(asked)
    expected = {
        "voxel weights": f"boundaries, {digest}",
        "extensions": "after 2 epochs, of 2 to train until then; after 5 epochs, of 6 to train until then",
        "draw": "reject, on_reject keep_uncovered",
        "augmentation": "noise 2.0, elastic (probability 0.25, max_displacement (0.0, 4.0, 4.0))",
        "initial weights": f"best.keras of /models/first, model id 0123456789ab, {digest}; 1200 weights loaded; from the seed: head",
        "early stopping": "patience 7",
        "checkpoint_every": "250 steps",
        "trackers": "tensorboard, mlflow",
        "after training": "evaluate",
    }
    assert {name: told[name] for name in expected} == expected
    assert told["volume 2"].endswith(f", voxel weights boundaries, {digest}")
    assert not expected.keys() & summary.keys()


def test_checkpoint_names_are_those_of_the_model_folder(trained: Path, metadata: Any) -> None:
    """Every recorded file exists, under the name that ModelPaths gives it."""
    paths = ModelPaths(root=trained)
    assert paths.inside(metadata["checkpoint_files"]["last"]) == paths.last_checkpoint
    for name in metadata["checkpoint_files"].values():
        assert paths.inside(name).is_file()


def test_every_row_of_the_history_has_its_learning_rate_and_sizes(trained: Path) -> None:
    """History holds what the spreadsheet asks for: step, rate, crops, voxels, batch and crop shape."""
    rows = read_rows(ModelPaths(root=trained).history)
    assert [row["learning_rate"] for row in rows] == [0.01, 0.01]
    assert [row["step"] for row in rows] == [3, 6]
    assert [row["crops"] for row in rows] == [12, 24]
    assert [row["voxels"] for row in rows] == [12 * 256, 24 * 256]
    assert [(row["batch_size"], row["crop_z"], row["crop_y"], row["crop_x"]) for row in rows] == [(4, 1, 16, 16)] * 2


def test_a_run_can_be_repeated_from_its_record(trained: Path) -> None:
    """The recorded configuration is one that can be run, and equal to `config.yaml`."""
    paths = ModelPaths(root=trained)
    config = read_document(paths.metadata, TrainingRecord).config
    again = load_config(paths.config)
    assert again.model_copy(update={"volume": config.volume}) == config
    assert Path(str(again.volume)).parent == Path(str(config.volume))


def test_the_line_has_versioned_columns_and_a_decimal_comma(trained: Path) -> None:
    """The first cell names the version of the columns; header and line have as many cells; numbers may have a comma."""
    record = read_document(ModelPaths(root=trained).metadata, TrainingRecord)
    header, line = training_line(record, header=True).split("\n")
    cells = dict(zip(header.split("\t"), line.split("\t"), strict=True))
    assert cells["columns"] == LINE_COLUMNS
    assert line == training_line(record)
    expected = {
        "strategy": "one_device",
        "batch_size": "4",
        "batch_size_per_replica": "4",
        "accumulate": "1",
        "channels": "1",
        "crops": "24",
        "validation_steps": "18",
        "epochs": "2",
        "seed": "0",
        "learning_rate": "kind constant, value 0.01",
        "precision": "float32",
    }
    assert {key: cells[key] for key in expected} == expected
    assert list(cells).index("accumulate") == list(cells).index("batch_size_per_replica") + 1
    assert cells["optimizer"].startswith("kind adamw, ")
    assert list(cells)[-6:-2] == ["seed", "learning_rate", "optimizer", "precision"]
    assert list(cells)[-2:] == ["last_jaccard_matrix", "last_jaccard_fibre"]
    comma = training_line(record, decimal_comma=True).split("\t")
    assert comma[list(cells).index("best_mean_jaccard")] == cells["best_mean_jaccard"].replace(".", ",")
    assert comma[list(cells).index("begun")] == cells["begun"], "a date is no number"
