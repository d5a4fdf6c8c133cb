"""Tests of the installed command, run as users run it; of many variants of one error, in process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from seg_data.cli import main

COMMAND = Path(sysconfig.get_path("scripts")) / "seg-data"
SUBCOMMANDS = [
    "phantom",
    "import",
    "add-labels",
    "export",
    "info",
    "check",
    "preview-crops",
    "draw-crops",
    "replay-crops",
    "stats",
    "weights",
]


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
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


def width(path: Path) -> int:
    """Pixels along a row of a picture."""
    with Image.open(path) as picture:
        return picture.width


@pytest.fixture(scope="module")
def phantom(tmp_path_factory) -> Path:
    """A small phantom made by the command; never written to."""
    folder = tmp_path_factory.mktemp("cli") / "composite"
    result = run("phantom", folder, "--shape", 32, 48, 48, "--seed", 1, "--quiet", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["class_fractions"]["pore"] > 0.005
    return folder


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """An HDF5 file with an image and several label datasets, right and wrong."""
    image = np.arange(8 * 6 * 6, dtype=np.uint16).reshape(8, 6, 6)
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["image"] = image
        file["labels"] = (image % 2).astype(np.uint8)
        file["wide"] = (image % 2 * 255).astype(np.uint8)
        file["float"] = (image % 2).astype(np.float32)
        file["negative"] = (image % 2).astype(np.int8) - np.int8(1)
        file["short"] = (image[:4] % 2).astype(np.uint8)
    return tmp_path / "scan.h5"


@pytest.mark.parametrize("command", [[], *([name] for name in SUBCOMMANDS)])
def test_help_has_an_example(command):
    """Each command shows how it is called."""
    result = invoke(*command, "--help")
    assert result.returncode == 0
    if command:
        assert f"\n    seg-data {command[0]} " in result.stdout
        assert {"--quiet", "--debug", "--json"} <= set(result.stdout.split())


def test_help_imports_nothing_heavy():
    """The help answers at once because it needs none of the libraries that the work needs."""
    heavy = {"numpy", "scipy", "h5py", "pydantic", "matplotlib", "PIL", "tifffile", "skimage", "tensorflow", "rich"}
    code = (
        "import sys; from click.testing import CliRunner; import seg_data; from seg_data.cli import main\n"
        "for arguments in (['--help'], ['--version'], ['import', '--help']):\n"
        "    assert CliRunner().invoke(main, arguments).exit_code == 0\n"
        "print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy & set(found.stdout.split()) == set()


def test_version():
    """The version is that of the package."""
    assert run("--version").stdout.startswith("seg-data, version 0.")


class TestPhantom:
    """`seg-data phantom`."""

    def test_refuses_to_overwrite(self, phantom):
        """What is there stays."""
        before = (phantom / "image.h5").read_bytes()
        assert "exists" in error_line(run("phantom", phantom, "--shape", 16, 16, 16))
        assert (phantom / "image.h5").read_bytes() == before

    def test_fractions_as_arguments(self, tmp_path):
        """Partitions along another axis."""
        result = invoke(
            "phantom",
            tmp_path / "p",
            "--shape",
            16,
            16,
            32,
            "--split",
            "x",
            "train=0.5",
            "test=0.5",
            "--pore-fraction",
            0.01,
        )
        assert result.returncode == 0, result.stderr
        info = json.loads(invoke("info", tmp_path / "p", "--json").stdout)
        assert {name: part["shape"] for name, part in info["partitions"].items()} == {
            "train": [16, 16, 16],
            "test": [16, 16, 16],
        }

    def test_bad_shape(self, tmp_path):
        """A range error is one line."""
        assert "at least 16 voxels" in error_line(invoke("phantom", tmp_path / "p", "--shape", 8, 64, 64, "--quiet"))

    def test_debug_shows_the_traceback(self, tmp_path):
        """For those who want to mend the program."""
        result = run("phantom", tmp_path / "p", "--shape", 8, 64, 64, "--debug")
        assert result.returncode == 1
        assert "Traceback" in result.stderr


class TestImport:
    """`seg-data import`."""

    def test_with_labels_classes_and_ranges(self, scan, tmp_path):
        """The whole way: import, check, info."""
        out = tmp_path / "out"
        result = run(
            "import", scan, out, "--labels", f"{scan}::wide", "--map", "255:1", "--class", "matrix", "--class", "fibre",
            "--voxel-size", 2, 1, 1, "--unit", "um", "--partition", "train=z:0:6", "--partition", "test=z:6:8",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert "volume.yaml" in result.stdout
        checked = json.loads(invoke("check", out, "--json").stdout)
        assert [row["voxels"] for row in checked["reference"]["values"]] == [144, 144]
        assert checked["reference / test"]["values"][0]["fraction"] == 0.5
        assert json.loads(invoke("info", out, "--json").stdout)["physical_size"] == [16, 6, 6]

    def test_without_labels_or_partitions(self, scan, tmp_path):
        """A scan to predict on."""
        result = invoke("import", scan, tmp_path / "out", "--dataset", "image", "--split", "none", "--json")
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["volume"].endswith("volume.yaml")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--dataset", "imag"], "did you mean 'image'"),
            (["--labels", "SCAN::nothing"], "has no 'nothing'"),
            (["--labels", "SCAN::short"], "(4, 6, 6)"),
            (["--labels", "SCAN::float"], "must be integers"),
            (["--labels", "SCAN::negative"], "-1 (144 voxels)"),
            (["--labels", "SCAN::wide"], "--map 0:0 --map 255:1"),
            (["--labels", "SCAN::labels", "--class", "matrix"], "labels holds 1 (144 voxels)"),
            (["--axes", "xy"], "Write for example xyz"),
            (["--label-slices", "nowhere"], "nowhere has none"),
            (["--labels", "a", "--label-slice", "1=b.png"], "got both"),
            (["--partition", "train=z:0:20"], "≤ 8"),
            (["--partition", "train=z:0:6", "--partition", "test=z:4:8"], "must not overlap"),
            (["--voxel-size", "1", "1", "1"], "belong together"),
            (["train=0.9", "test=0.9"], "sum to at most 1"),
        ],
    )
    def test_bad_input(self, scan, tmp_path, options, message):
        """One line with rule, value and remedy; status 1; nothing written."""
        options = [option.replace("SCAN", str(scan)) for option in options]
        assert message in error_line(invoke("import", scan, tmp_path / "out", *options))
        assert not (tmp_path / "out").exists()

    def test_the_installed_command_fails_alike(self, scan, tmp_path):
        """As a process of its own: status 1 and one line on stderr."""
        assert "must be integers" in error_line(run("import", scan, tmp_path / "out", "--labels", f"{scan}::float"))

    def test_missing_file(self, tmp_path):
        """The message names it."""
        assert "scan.tif" in error_line(run("import", tmp_path / "scan.tif", tmp_path / "out"))

    @pytest.mark.parametrize(
        "options", [["--map", "255"], ["--partition", "train"], ["train=half"], ["--split", "w"],
                    ["train=0.5", "--partition", "test=z:0:4"], ["--label-slice", "a.png"]]
    )  # fmt: skip
    def test_usage_errors_have_status_2(self, scan, tmp_path, options):
        """A wrong form is told from wrong data."""
        result = invoke("import", scan, tmp_path / "out", *options)
        assert result.returncode == 2
        assert "Usage:" in result.stderr

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single child process")
    def test_interrupt_keeps_what_is_finished(self, tmp_path):
        """Ctrl-C in the middle of the copy: status 1, no folder, and a line that tells how to go on."""
        with h5py.File(tmp_path / "scan.h5", "w") as file:
            # 2 GiB of zeros that take no space: enough for the signal to come in time.
            file.create_dataset("image", (2048, 1024, 1024), np.uint8, chunks=(64, 64, 64), fillvalue=0)
        command = [COMMAND, "import", tmp_path / "scan.h5", tmp_path / "out"]
        working = tmp_path / ".out.importing"
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while not list(working.glob("image/[0-9]*.npy")) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        assert process.returncode == 1
        assert stderr.splitlines() == [
            f"finished pieces are kept in {working}; run the same command again to go on.",
            "error: interrupted; nothing half-written is left behind.",
        ]
        assert sorted(path.name for path in tmp_path.iterdir()) == [".out.importing", "scan.h5"]

    def test_label_slices(self, scan, tmp_path):
        """The slices found are told, so that a wrong number is seen."""
        for name, value in (("z1.png", 0), ("z7.png", 1)):
            Image.fromarray(np.full((6, 6), value, np.uint8)).save(tmp_path / name)
        slices = ["--label-slices", f"{tmp_path}/z*.png", "--first-slice", "1"]
        result = invoke("import", scan, tmp_path / "out", "--dataset", "image", *slices)
        assert "annotated in z 0, 6" in result.stdout
        assert json.loads(invoke("check", tmp_path / "out", "--json").stdout)["reference"]["values"] == [
            {"value": 0, "name": "class 0", "voxels": 36, "fraction": 0.125},
            {"value": 1, "name": "class 1", "voxels": 36, "fraction": 0.125},
            {"value": 255, "name": "ignored", "voxels": 216, "fraction": 0.75},
        ]
        single = ["--label-slice", f"3={tmp_path}/z1.png", "--class", "matrix", "--label-axis", "z"]
        result = invoke("import", scan, tmp_path / "other", "--dataset", "image", *single, "--json")
        assert json.loads(result.stdout)["annotated_slices"] == [3]
        both = invoke("import", scan, tmp_path / "third", "--dataset", "image", *slices, *single)
        assert (both.returncode, "choose one way" in both.stderr) == (2, True)


class TestAddLabels:
    """`seg-data add-labels`."""

    def test_from_volume_and_slices(self, scan, tmp_path):
        """Tables of what was added; a version is refused a second time."""
        out = tmp_path / "out"
        assert invoke("import", scan, out, "--dataset", "image").returncode == 0
        result = run("add-labels", out, "wide", f"{scan}::wide", "--map", "255:1", "--class", "a", "--class", "b")
        assert result.returncode == 0, result.stderr
        assert "b                           144   50.000 %" in result.stdout
        Image.fromarray(np.ones((6, 6), np.uint8)).save(tmp_path / "one.png")
        slices = ["--label-slice", f"2={tmp_path}/one.png"]
        report = json.loads(invoke("add-labels", out, "sparse", *slices, "--json").stdout)["sparse"]
        assert {value["name"]: value["voxels"] for value in report["values"]} == {"b": 36, "ignored": 252}
        assert "wide, sparse" in error_line(invoke("add-labels", out, "sparse", *slices))

    @pytest.mark.parametrize("labels", [[], ["labels.tif", "--label-slice", "2=a.png"]])
    def test_labels_come_from_one_place(self, scan, labels):
        """None or two are a usage error."""
        result = invoke("add-labels", scan.parent, "b", *labels)
        assert (result.returncode, "give one of the two" in result.stderr) == (2, True)


class TestExport:
    """`seg-data export`."""

    def test_to_a_format_and_back(self, phantom, tmp_path):
        """As a process; the voxel size goes along, and where it cannot a line tells so."""
        result = run("export", phantom, tmp_path / "a.nrrd", "--compressed", cwd=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        assert "z 0:32, y 0:48, x 0:48" in result.stdout
        assert invoke("import", tmp_path / "a.nrrd", tmp_path / "b").returncode == 0
        found = json.loads(invoke("info", tmp_path / "b", "--fast", "--json").stdout)
        assert (found["shape"], found["voxel_size"], found["voxel_size_unit"]) == ([32, 48, 48], [1.3] * 3, "um")
        result = invoke("export", phantom, tmp_path / "a.npy", "--what", "labels", "--box", "z:0:8", "--json")
        assert json.loads(result.stdout)["shape"] == [8, 48, 48]
        assert ".npy keeps no voxel size; here it is 1.3 1.3 1.3 um" in result.stderr
        result = invoke("export", phantom, tmp_path / "a.mha", "--partition", "train")
        assert ".mha keeps no unit" in result.stderr

    @pytest.mark.parametrize(
        ("options", "message"),
        [(["--box", "z0:8"], "z:0:128"), (["--box", "z:0:8", "--partition", "train"], "choose one way")],
    )
    def test_usage_errors(self, phantom, tmp_path, options, message):
        """A wrong form is told from wrong data."""
        result = invoke("export", phantom, tmp_path / "a.tif", *options)
        assert (result.returncode, message in result.stderr) == (2, True)


class TestInfoAndCheck:
    """`seg-data info` and `seg-data check`."""

    def test_here_is_the_default(self, phantom):
        """In the folder of a volume, no argument is needed."""
        assert "shape       (32, 48, 48) voxels (z, y, x), uint8" in run("info", cwd=phantom).stdout
        assert "pore" in run("check", cwd=phantom).stdout

    def test_no_volume(self, tmp_path):
        """The message tells how to make one."""
        for command in ("info", "check", "preview-crops"):
            assert "seg-data import" in error_line(invoke(command, tmp_path))

    def test_picture(self, phantom, scan, tmp_path):
        """Written on request, of a volume and of a scan that is none yet; never over another file."""
        result = invoke("info", phantom, "--picture", tmp_path / "a.png", "--fast")
        assert (result.returncode, "grey levels" in result.stdout) == (0, False)
        assert width(tmp_path / "a.png") > 1900
        assert "exists" in error_line(invoke("info", phantom, "--picture", tmp_path / "a.png", "--fast"))
        options = ["--dataset", "image", "--axes", "yxz", "--picture", tmp_path / "b.png", "--at", 1, 2, 3]
        shown = invoke("info", scan, *options)
        assert "shape       (6, 8, 6) voxels (z, y, x), uint16" in shown.stdout
        assert "grey levels 0 … 287" in shown.stdout
        assert 800 < width(tmp_path / "b.png") < 1900
        assert f"--picture {phantom.name}.png" in invoke("info", phantom).stderr

    def test_labels_to_be_imported(self, scan):
        """The table is printed, then the error proposes the mapping."""
        result = invoke("check", f"{scan}::wide")
        assert "255" in result.stdout
        assert "--map 0:0 --map 255:1" in error_line(result)
