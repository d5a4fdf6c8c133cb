"""The command, in process for its options and as a real process for what only that shows."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import seg_eval.evaluate
from seg_common.volume.digests import file_digest
from seg_eval.cli import main

COMMAND = Path(sys.executable).with_name("seg-eval")


def run(*words):
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def process(*words, cwd):
    """Run the installed command."""
    return subprocess.run(
        [COMMAND, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def pair(tmp_path):
    """A reference and a prediction that misses one voxel of eight."""
    reference = np.zeros((2, 4, 4), np.uint8)
    reference[:, :2, :2] = 1
    prediction = reference.copy()
    prediction[0, 0, 0] = 0
    np.save(tmp_path / "truth.npy", reference)
    np.save(tmp_path / "answer.npy", prediction)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch, made):
    """Predict by thresholds: the package's own tests have no TensorFlow."""
    monkeypatch.setattr(seg_eval.evaluate, "require_tensorflow", lambda: None)
    monkeypatch.setattr(seg_eval.evaluate, "KerasNetwork", lambda path, batch_size: made.ThresholdNetwork())


def test_score_from_another_folder(pair):
    """The real command: a table on stdout, a report beside it, nothing on stderr but notes."""
    done = process("score", "truth.npy", "answer.npy", "--class", "air", "--class", "grain", cwd=pair)
    assert done.returncode == 0, done.stderr
    assert "grain" in done.stdout
    assert "0.8750" in done.stdout  # 7 of 8 voxels
    assert f"report: {Path('evaluation') / 'report.html'}" in done.stdout
    assert (pair / "evaluation" / "report.html").is_file()
    row = process("line", "evaluation", "--decimal-comma", cwd=pair)
    assert row.stdout.startswith("seg-eval/3\t")
    assert "0,875" in row.stdout


def test_help_and_version_of_the_real_command(tmp_path):
    for words in (["--help"], ["volume", "--help"], ["score", "--help"], ["line", "--help"]):
        done = process(*words, cwd=tmp_path)
        assert done.returncode == 0
        assert "Usage: seg-eval" in done.stdout
    assert process("--version", cwd=tmp_path).stdout.strip() == "seg-eval, version 0.1.0"


def test_an_error_is_one_line_and_status_1(tmp_path):
    done = process("line", "nowhere.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: the file must exist; got nowhere.json")


def test_a_missing_label_volume_is_one_line(pair):
    result = run("score", pair / "truth.npy", pair / "missing.npy", "--output", pair / "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: the file must exist; got ")
    assert result.stderr.count("\n") == 1
    assert {path.name for path in pair.iterdir()} == {"truth.npy", "answer.npy"}


def test_bad_usage_is_status_2():
    assert run("score", "only one").exit_code == 2
    assert run("volume", "model", "--aggregation", "median").exit_code == 2
    for overlap in ("1.5", "half", "0.5,0.5", "0.5,0,1"):
        result = run("volume", "model", "--overlap", overlap)
        assert result.exit_code == 2
        assert f"such as 0.25,0.5,0.5; got {overlap!r}" in " ".join(result.stderr.split())


def test_debug_shows_the_traceback(pair):
    result = run("score", pair / "truth.npy", pair / "missing.npy", "--output", pair / "out", "--debug")
    assert result.exception is not None
    assert "must exist" in str(result.exception)


def test_score_prints_json(pair, undrawn):
    result = run("score", pair / "truth.npy", pair / "answer.npy", "--output", pair / "out", "--json", "--quiet")
    assert result.stderr == ""
    data = json.loads(result.stdout)
    assert data["kind"] == "evaluation"
    assert [info["jaccard"] for info in data["classes"]] == [24 / 25, 7 / 8]
    assert set(data["voi"]) >= {"split", "merge"}
    assert set(data["error_blobs"]["class 1"]) == {"fp", "fn", "both"}
    assert {"count", "min", "max"} <= set(data["error_blobs"]["class 1"]["fn"])


def test_volume_ends_with_table_and_report(world, no_network, undrawn):
    result = run("volume", world.model)
    assert result.exit_code == 0, result.output
    assert "histogram thresholds" in result.stdout
    assert result.stdout.splitlines()[-1] == f"report: {world.model}/evaluations/scan_validation_gaussian/report.html"


def test_every_option_of_volume_is_used(world, no_network, made, tmp_path, undrawn):
    other = made.model(tmp_path / "other", world.volume, world.train, depth=1)
    (other / "best.keras").write_bytes(b"other weights")
    words = ["--volume", world.volume, "--partition", "train", "--aggregation", "mean", "--tile-shape", 1, 16, 16]
    words += ["--halo", 0, 2, 2, "--overlap", "0,0.5,0.25", "--batch-size", 2, "--weights", "best"]
    words += ["--output", tmp_path / "out"]
    words += ["--symmetries", 8, "--along", "y", "--with", other, "--max-memory", "2G", "--restart"]
    words += ["--save", "probabilities,entropy", "--probability-type", "float16"]
    words += ["--connectivity", 1, "--block-megabytes", 1, "--overwrite", "--quiet", "--json"]
    result = run("volume", world.model, *words)
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert (data["partition"], data["connectivity"]) == ("train", 1)
    grid = {"tile_shape": [1, 16, 16], "min_overlap": [0, 3, 3], "halo": [0, 2, 2], "symmetries": 8, "along": "y"}
    assert data["aggregation"] == {
        "kind": "mean",
        **grid,
        "more_passes": [{"model_id": "0123456789abcdef", "weights_digest": file_digest(other / "best.keras"), **grid}],
    }
    record = (tmp_path / "out" / "prediction.yaml").read_text()
    assert "dtype: float16" in record
    assert (tmp_path / "out" / "entropy.h5").is_file()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--symmetries", "0", "a number of at least 1, all or none; got '0'"),
        ("--symmetries", "many", "a number of at least 1, all or none; got 'many'"),
        ("--max-memory", "4", "such as 800M or 4.5G; got '4'"),
        ("--max-memory", "-1G", "such as 800M or 4.5G; got '-1G'"),
        ("--max-memory", "nanG", "such as 800M or 4.5G; got 'nanG'"),
        ("--along", "w", "'w' is not one of"),
    ],
)
def test_options_that_mean_nothing_are_bad_usage(option, value, message):
    result = run("volume", "model", option, value)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_labels_of_another_method_stand_among_the_baselines(world, no_network, pair, undrawn):
    labels = world.volume.parent / "labels.npy"
    data = json.loads(run("volume", world.model, "--baseline", f"other={labels}", "--json", "--quiet").stdout)
    assert data["baselines"]["other"]["mean_jaccard"] == 1.0
    words = ["score", pair / "truth.npy", pair / "answer.npy", "--baseline", f"other={pair}/truth.npy", "--json"]
    data = json.loads(run(*words, "--quiet", "--output", pair / "out").stdout)
    assert list(data["baselines"]) == ["constant", "other"]
    assert data["baselines"]["other"]["description"] == f"labels of {pair}/truth.npy"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--baseline", "nameless"], 2, "given as NAME=LABELS; got 'nameless'"),
        (["--baseline", "a=x", "--baseline", "a=y"], 2, "names must be unique; got 'a' twice"),
        (["--baseline", "constant=truth.npy"], 1, "constant is a baseline already"),
        (["--baseline", "other=missing.npy"], 1, "the file must exist"),
    ],
)
def test_other_labels_that_cannot_be_used_are_refused(pair, words, status, message, monkeypatch):
    monkeypatch.chdir(pair)
    result = run("score", "truth.npy", "answer.npy", "--output", "out", *words)
    assert result.exit_code == status
    assert message in result.stderr
    assert not (pair / "out").exists()


def test_score_judges_probabilities_of_any_tool(pair, undrawn):
    truth = np.load(pair / "truth.npy")
    np.save(pair / "p.npy", np.stack([1.0 - truth, truth], axis=-1))
    words = ["score", pair / "truth.npy", pair / "truth.npy", "--probabilities", pair / "p.npy", "--json", "--quiet"]
    data = json.loads(run(*words, "--output", pair / "out").stdout)
    assert data["probabilities"]["expected_calibration_error"] == 0.0
    assert [info["roc_area"] for info in data["probabilities"]["classes"]] == [1.0, 1.0]
    fractions = [(info["reference_fraction"], info["estimated_fraction_by_probability"]) for info in data["classes"]]
    assert all(reference == estimate for reference, estimate in fractions)


def test_calibration_is_an_option_of_volume(world, no_network, made, tmp_path, undrawn):
    run("volume", world.model, "--output", tmp_path / "labelled")
    new = made.volume(tmp_path / "new", world.image)
    words = ["--volume", new, "--calibration", tmp_path / "labelled", "--output", tmp_path / "out"]
    result = run("volume", world.model, *words)
    assert result.exit_code == 0, result.output
    assert "corrected" in result.stdout
    assert "only the amounts of the classes differ" in result.stdout


def test_volume_without_tensorflow_says_what_to_install(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = run("volume", world.model)
    assert result.exit_code == 1
    assert result.stderr.strip().endswith("seg-eval score works without it.")
    assert "pip install 'seg-eval[tensorflow]'" in result.stderr
    assert not (world.model / "evaluations").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--partition", "tset"], "the partition must be named"),
        (["--tile-shape", "1", "30", "32"], "multiple of 4"),
        (["--volume", "nowhere"], "a volume is a volume.yaml"),
    ],
)
def test_bad_input_to_volume_is_one_line(world, no_network, words, message):
    result = run("volume", world.model, *words)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_model_is_one_line(no_network, tmp_path):
    result = run("volume", tmp_path / "model")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "must hold metadata.yaml" in result.stderr


def test_ctrl_c_is_one_line_and_leaves_nothing(world, monkeypatch, no_network, tmp_path):
    class Interrupted:
        def __init__(self, path, batch_size):
            pass

        def predict(self, tiles):
            raise KeyboardInterrupt

    monkeypatch.setattr(seg_eval.evaluate, "KerasNetwork", Interrupted)
    (tmp_path / "results").mkdir()
    result = run("volume", world.model, "--output", tmp_path / "results" / "out", "--quiet")
    assert result.exit_code == 1
    assert result.stderr == "error: interrupted; nothing half-written is left behind.\n"
    assert list((tmp_path / "results").iterdir()) == []


def test_line_prints_a_header_and_json(pair, undrawn):
    run("score", pair / "truth.npy", pair / "answer.npy", "--output", pair / "out")
    header, row = run("line", pair / "out", "--header").stdout.splitlines()
    assert len(header.split("\t")) == len(row.split("\t"))
    assert json.loads(run("line", pair / "out" / "evaluation.json", "--json").stdout)["columns"] == "seg-eval/3"
