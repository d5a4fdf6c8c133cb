"""Tests of the commands that draw crops, run as users run them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from seg_common.schema.crops import CropsDocument, CropsRecord
from seg_common.volume.opened_volume import open_volume
from seg_data import CropReader, make_sampler, read_crop_log
from seg_data.cli import main

COMMAND = Path(sysconfig.get_path("scripts")) / "seg-data"
POROUS = (
    "kind: crops_config\nseed: 2\ncrops:\n  shape: [10, 16, 16]\n  rejection:\n"
    "    {kind: min_class_fraction, class_name: pore, fraction: 0.02, reject_probability: 0.9}\n"
    "  augmentation: {noise: 5, elastic: {probability: 0.5, max_displacement: [1, 2, 2]}}\n"
)


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=240, check=False
    )


def invoke(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which is faster."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def error_line(result: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failed command; it printed no traceback and no result."""
    assert result.returncode == 1, result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture(scope="module")
def phantom(tmp_path_factory) -> Path:
    """A small phantom; never written to."""
    folder = tmp_path_factory.mktemp("crops") / "composite"
    result = invoke("phantom", folder, "--shape", 32, 48, 48, "--seed", 1, "--quiet")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def small_phantom(tmp_path_factory) -> Path:
    """One whose training partition has 8 slices; never written to."""
    folder = tmp_path_factory.mktemp("crops") / "small"
    result = invoke("phantom", folder, "--shape", 16, 48, 48, "--seed", 2, "--quiet")
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "crops.yaml"
    path.write_text(POROUS)
    return path


class TestPreviewCrops:
    """`seg-data preview-crops`."""

    def test_defaults(self, phantom, tmp_path):
        """The page in a folder here, under a name that is free; what is expected, then what was measured, on stdout."""
        for folder in ("crops-preview", "crops-preview-2"):
            result = run("preview-crops", phantom, cwd=tmp_path)
            assert result.returncode == 0, result.stderr
            assert result.stdout.index("expected acceptance  1.000 (exact") < result.stdout.index("visits per voxel")
            assert f"wrote {folder}/preview.html" in result.stderr
            assert (tmp_path / folder / "preview.html").stat().st_size > 100_000

    def test_record_as_json(self, phantom, config, tmp_path):
        """For scripts; nothing else is on stdout."""
        result = invoke(
            "preview-crops", phantom, "--config", config, "--output", tmp_path / "p", "--count", 6, "--json"
        )
        record = CropsRecord.model_validate_json(result.stdout)
        assert record.seed == 2
        assert record.visits_offered.never == 0
        assert record.acceptance_rate < 1
        assert record.sources[0].expected.exact

    def test_several_volumes(self, phantom, small_phantom, tmp_path):
        """Weights divide the crops; the default crop fits both."""
        result = invoke(
            "preview-crops", phantom, small_phantom, "--weight", 3, "--weight", 1, "--output", tmp_path / "p", "--json",
            "--cycles", 2,
        )  # fmt: skip
        sources = CropsRecord.model_validate_json(result.stdout).sources
        assert [source.share for source in sources] == [0.75, 0.25]
        assert [source.offered for source in sources] == [2 * source.crops_per_cycle for source in sources]

    def test_a_volume_without_crops_is_left_out_or_an_error(self, phantom, small_phantom, config, tmp_path):
        """As asked; either way it is named with the reason."""
        arguments = (
            "preview-crops",
            phantom,
            small_phantom,
            "--config",
            config,
            "--output",
            tmp_path / "p",
            "--count",
            2,
        )
        result = invoke(*arguments)
        assert result.returncode == 0
        assert f"({small_phantom}/volume.yaml): a crop must fit" in result.stderr.splitlines()[0]
        assert str(small_phantom) in (tmp_path / "p" / "preview.html").read_text()
        assert "Choose z ≤ 8" in error_line(invoke(*arguments, "--strict", "--overwrite"))

    def test_label_version_and_partition(self, phantom, tmp_path):
        """What is not there is named with what is."""
        assert "'expert', it has: reference" in error_line(invoke("preview-crops", phantom, "--labels", "expert"))
        assert "'nowhere'" in error_line(invoke("preview-crops", phantom, "--partition", "nowhere"))

    def test_weights_are_one_for_each_volume(self, phantom):
        result = invoke("preview-crops", phantom, "--weight", 1, "--weight", 2)
        assert result.returncode == 2
        assert "got 2 for 1" in result.stderr

    @pytest.mark.parametrize(
        ("crops", "message"),
        [
            ("{shape: [1, 64, 64]}", "Choose y ≤ 48, x ≤ 48"),
            ("{partition: nowhere}", "'nowhere'"),
            ("{shapes: [1, 8, 8]}", "did you mean 'shape'"),
            ("{shape: [1, 8, 8], voxel_weights: border}", "'border'"),
            (
                "{shape: [1, 8, 8], rejection: {kind: min_class_fraction, class_name: void, fraction: 0.1, "
                "reject_probability: 1}}",
                "'void'",
            ),
            (
                "{shape: [1, 8, 8], max_attempts: 20, positions: {kind: uniform}, "
                "rejection: {kind: curve, class_name: pore, points: [[0, 1]]}}",
                "acceptance 0 of ",
            ),
        ],
    )
    def test_bad_configuration(self, phantom, tmp_path, crops, message):
        """One line with rule, value and remedy; nothing written."""
        config = tmp_path / "crops.yaml"
        config.write_text(f"kind: crops_config\ncrops: {crops}\n")
        result = invoke("preview-crops", phantom, "--config", config, "--output", tmp_path / "p", "--json")
        assert message in error_line(result)
        assert not (tmp_path / "p").exists()


class TestDrawAndReplay:
    """`seg-data draw-crops` and `seg-data replay-crops`."""

    def test_crops_are_those_of_the_stream_and_come_again(self, phantom, config, tmp_path):
        """The file has what training gets; replaying the log gives the same file, from a copy of the volume too."""
        first, second, third = (tmp_path / name for name in ("first.h5", "second.h5", "third.h5"))
        log = tmp_path / "crops.jsonl"
        drawn = run(
            "draw-crops", phantom, "--config", config, "--count", 11, "--first", 5, "--log", log, "--output", first
        )
        assert drawn.returncode == 0, drawn.stderr
        assert f"11 crops: {log}, {first}" in drawn.stdout
        replayed = run("replay-crops", log, "--output", second, "--batch-size", 3)
        assert replayed.returncode == 0, replayed.stderr
        moved = tmp_path / "moved"
        shutil.copytree(phantom, moved)
        assert invoke("replay-crops", log, moved, "--output", third, "--json").returncode == 0
        with open_volume(phantom) as volume:
            document = CropsDocument.model_validate(yaml.safe_load(config.read_text()))
            expected = CropReader(make_sampler(volume, document.crops, document.seed)).batch(5, 11)
        for path in (first, second, third):
            with h5py.File(path) as file:
                assert np.array_equal(file["image"], expected.image)
                assert np.array_equal(file["labels"], expected.labels)
                assert file["image"].chunks == (1, 10, 16, 16, 1)
                assert (file["image"].dtype, file["labels"].dtype) == (np.uint8, np.uint8)
                assert CropsDocument.model_validate(yaml.safe_load(file.attrs["crops"])) == document
                assert json.loads(file.attrs["provenance"])["packages"]["seg-data"]
        assert [crop.n for crop in read_crop_log(log).crops] == list(range(5, 16))

    def test_a_log_alone(self, phantom, tmp_path):
        """One header, one line per crop."""
        log = tmp_path / "crops.jsonl"
        result = invoke("draw-crops", phantom, "--count", 3, "--log", log, "--json")
        assert json.loads(result.stdout) == {"crops": 3, "log": str(log), "output": None}
        assert len(log.read_text().splitlines()) == 4

    def test_nothing_is_overwritten_or_half_written(self, phantom, config, tmp_path):
        """Either file stops the command before anything is drawn."""
        log, output = tmp_path / "crops.jsonl", tmp_path / "crops.h5"
        output.write_text("mine")
        arguments = ("draw-crops", phantom, "--config", config, "--count", 2, "--log", log, "--output", output)
        assert "crops.h5 exists" in error_line(invoke(*arguments))
        assert not log.exists()
        assert invoke(*arguments, "--overwrite").returncode == 0
        assert "crops.h5 exists" in error_line(invoke("replay-crops", log, "--output", output))

    def test_another_volume_is_refused(self, phantom, small_phantom, tmp_path):
        """The voxels would be others."""
        log = tmp_path / "crops.jsonl"
        assert invoke("draw-crops", phantom, "--count", 2, "--log", log).returncode == 0
        result = invoke("replay-crops", log, small_phantom, "--output", tmp_path / "crops.h5")
        assert "Give the same volumes" in error_line(result)
        assert not (tmp_path / "crops.h5").exists()

    def test_a_log_without_crops(self, phantom, tmp_path):
        """There is nothing to write."""
        log = tmp_path / "crops.jsonl"
        assert invoke("draw-crops", phantom, "--count", 2, "--log", log).returncode == 0
        log.write_text(log.read_text().splitlines()[0] + "\n")
        assert "got 0 of 0" in error_line(invoke("replay-crops", log, "--output", tmp_path / "crops.h5"))

    def test_weights_go_along(self, phantom, tmp_path):
        """Voxel weights are opened by the name in the configuration, and cut with the crops."""
        volume = tmp_path / "weighted"
        shutil.copytree(phantom, volume)
        document = yaml.safe_load((volume / "volume.yaml").read_text())
        weights = np.random.default_rng(0).random((32, 48, 48)).astype(np.float32)
        np.save(volume / "weights.npy", weights)
        document["weights"] = {"border": {"path": "weights.npy"}}
        (volume / "volume.yaml").write_text(yaml.safe_dump(document))
        config = tmp_path / "crops.yaml"
        config.write_text("kind: crops_config\ncrops: {shape: [1, 8, 8], voxel_weights: border, symmetries: false}\n")
        log, output = tmp_path / "crops.jsonl", tmp_path / "crops.h5"
        result = invoke("draw-crops", volume, "--config", config, "--count", 4, "--log", log, "--output", output)
        assert result.returncode == 0, result.stderr
        with h5py.File(output) as file:
            for cut, crop in zip(file["weights"], read_crop_log(log).crops, strict=True):
                assert np.array_equal(cut, weights[crop.box.slices()][0])
