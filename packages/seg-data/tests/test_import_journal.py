"""An import that was killed is continued, and its result is that of an import that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sysconfig
import time
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest

from seg_common.errors import OutputExistsError, VolumeError
from seg_common.volume.opened_volume import open_volume
from seg_data import ImportOptions, import_volume
from seg_data.import_journal import ImportJournal

COMMAND = Path(sysconfig.get_path("scripts")) / "seg-data"
IMAGE = np.arange(8 * 5 * 6, dtype=np.uint16).reshape(8, 5, 6)


@pytest.fixture
def scan(tmp_path):
    """A small scan with labels, on disk."""
    np.save(tmp_path / "scan.npy", IMAGE)
    np.save(tmp_path / "labels.npy", (IMAGE % 3).astype(np.uint8))
    return tmp_path / "scan.npy"


def with_labels(scan, **options):
    """Say which labels belong to the scan."""
    return ImportOptions(labels=str(scan.with_name("labels.npy")), **options)


def working(out):
    """Folder in which the finished pieces of an import are kept."""
    return out.with_name(f".{out.name}.importing")


def interrupt_at(percent):
    """Make a progress function that interrupts the import when so much is done."""
    done = [0]

    def advance(step):
        done[0] += step
        if done[0] >= percent:
            raise KeyboardInterrupt

    return advance


@pytest.fixture(scope="module")
def large_scan(tmp_path_factory):
    """A hundred megabytes of packed voxels with labels: three pieces and two."""
    path = tmp_path_factory.mktemp("large") / "scan.h5"
    slab = np.random.default_rng(0).normal(1000, 40, (32, 512, 512)).astype(np.uint16)
    with h5py.File(path, "w") as file:
        packing = {"chunks": (32, 128, 128), "compression": "gzip", "compression_opts": 1}
        image = file.create_dataset("image", (192, 512, 512), np.uint16, **packing)
        labels = file.create_dataset("labels", image.shape, np.uint8, **packing)
        for z in range(0, image.shape[0], 32):
            image[z : z + 32] = slab + np.uint16(z)
            labels[z : z + 32] = (slab > 1000) + np.uint8(z % 64 == 0)
    return path


@pytest.fixture(scope="module")
def expected(large_scan):
    """The document of an import that nobody disturbed."""
    with open_volume(import_volume(large_scan, large_scan.with_name("whole"), with_large_labels(large_scan))) as volume:
        return volume.document


def with_large_labels(scan):
    """Make the options of the command below."""
    return ImportOptions(labels=f"{scan}::labels", name="scan")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_again_and_again(large_scan, expected, tmp_path):
    """SIGKILL in every stage and at random moments: each run goes on where the last one was, and the voxels are the same."""
    out = tmp_path / "out"
    command = [
        COMMAND,
        "import",
        large_scan,
        out,
        "--labels",
        f"{large_scan}::labels",
        "--name",
        "scan",
        "--split",
        "none",
    ]
    stages = [
        lambda: any(working(out).glob("image/000000.npy")),
        lambda: any(working(out).glob("image/000002.npy")),
        lambda: any(working(out).glob("labels/.*.partial.npy")),
        lambda: any(working(out).glob("assembled/.image*")),
    ]
    random_moments = random.Random(0)
    kept = []
    for stage in stages:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 60
            while not stage() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(random_moments.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert not out.exists()
        kept.append({path: path.stat().st_mtime_ns for path in working(out).glob("*/[0-9]*.npy")})
    for before, after in pairwise(kept):
        assert before.items() <= after.items()  # nothing is copied twice
    assert len(kept[-1]) > len(kept[0]) >= 1
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr
    assert sorted(path.name for path in out.iterdir()) == ["image.h5", "labels.h5", "volume.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with open_volume(out) as volume:
        assert volume.document == expected
        with h5py.File(large_scan) as file:
            assert np.array_equal(volume.image[:], file["image"][:])
            assert np.array_equal(volume.require_labels()[:], file["labels"][:])


@pytest.mark.parametrize("percent", [1, 30, 60, 90, 100])
def test_interrupted_and_continued(scan, tmp_path, percent):
    """The finished pieces are kept beside the output, nothing else is; the result is that of one run."""
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        import_volume(scan, out, with_labels(scan, name="a"), advance_percent=interrupt_at(percent))
    assert not out.exists()
    done = []
    import_volume(scan, out, with_labels(scan, name="a"), advance_percent=done.append)
    assert sum(done) == 100
    whole = import_volume(scan, tmp_path / "whole", with_labels(scan, name="a"))
    assert (out / "volume.yaml").read_text() == whole.read_text()
    assert not working(out).exists()


@pytest.mark.parametrize(
    "moved", [(), ("image.h5",), ("image.h5", "labels.h5"), ("image.h5", "labels.h5", "volume.yaml")]
)
def test_killed_while_the_files_are_moved(scan, tmp_path, monkeypatch, moved):
    """Some files are in their place already: they are ours, and the rest follows."""
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(ImportJournal, "publish", lambda self, overwrite: out)  # as if killed before it
        import_volume(scan, out, with_labels(scan))
    out.mkdir()
    for name in moved:
        (working(out) / "assembled" / name).rename(out / name)
    with open_volume(import_volume(scan, out, with_labels(scan))) as volume:
        assert np.array_equal(volume.image[:], IMAGE)
        assert np.array_equal(volume.require_labels()[:], IMAGE % 3)
    assert not working(out).exists()


def test_overwriting_can_be_continued_too(scan, tmp_path):
    """The old volume stays until the new one is whole."""
    out = tmp_path / "out"
    old = import_volume(scan, out).read_text()
    np.save(scan, IMAGE + 1)
    with pytest.raises(KeyboardInterrupt):
        import_volume(scan, out, with_labels(scan), overwrite=True, advance_percent=interrupt_at(80))
    assert (out / "volume.yaml").read_text() == old
    with pytest.raises(OutputExistsError):
        import_volume(scan, out, with_labels(scan))
    with open_volume(import_volume(scan, out, with_labels(scan), overwrite=True)) as volume:
        assert np.array_equal(volume.image[:], IMAGE + 1)


class TestAnotherImport:
    """What was begun is continued by the same import only."""

    @pytest.fixture
    def begun(self, scan, tmp_path):
        """An output whose import was interrupted."""
        with pytest.raises(KeyboardInterrupt):
            import_volume(scan, tmp_path / "out", with_labels(scan), advance_percent=interrupt_at(30))
        return tmp_path / "out"

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"mapping": ((2, 1),)}, r"mapping was \(\), is \(\(2, 1\),\)"),
            ({"name": "other"}, "name was None, is other"),
            ({"voxel_size": (1.0, 1.0, 1.0), "voxel_size_unit": "um"}, "voxel_size was None"),
        ],
    )
    def test_other_options(self, scan, begun, options, message):
        """The message says which, and how to start anew."""
        with pytest.raises(VolumeError, match=f"{message}.*--restart"):
            import_volume(scan, begun, with_labels(scan, **options))
        with open_volume(import_volume(scan, begun, with_labels(scan, **options), restart=True)) as volume:
            assert np.array_equal(volume.image[:], IMAGE)

    def test_a_source_that_changed(self, scan, begun):
        """The same file with other voxels of the same size; even with its old date."""
        state = scan.stat()
        np.save(scan, IMAGE[::-1])
        os.utime(scan, ns=(state.st_atime_ns, state.st_mtime_ns))
        with pytest.raises(VolumeError, match="image middle_slice was sha256"):
            import_volume(scan, begun, with_labels(scan))

    def test_another_source(self, scan, begun, tmp_path):
        """A copy is another source."""
        np.save(tmp_path / "copy.npy", IMAGE)
        with pytest.raises(VolumeError, match=r"image array was .*scan\.npy, is .*copy\.npy"):
            import_volume(tmp_path / "copy.npy", begun, with_labels(scan))

    def test_a_working_folder_without_a_plan(self, scan, tmp_path):
        """Left by a kill between two deletions: it holds nothing that counts."""
        working(tmp_path / "out").mkdir()
        (working(tmp_path / "out") / "label_counts.yaml").write_text("counts: {7: 1}\n")
        import_volume(scan, tmp_path / "out", with_labels(scan))
        assert not working(tmp_path / "out").exists()


def test_a_source_that_changes_under_the_import(scan, tmp_path):
    """Half of one scan and half of another is no volume."""
    changed = []

    def change(_percent):
        if not changed:
            changed.append(np.save(scan, IMAGE + 1))

    with pytest.raises(VolumeError, match="must not change"):
        import_volume(scan, tmp_path / "out", ImportOptions(), advance_percent=change)
    assert not (tmp_path / "out").exists()
    assert not working(tmp_path / "out").exists()


def test_a_failure_before_the_first_piece_leaves_nothing(tmp_path):
    """A damaged file is refused and no folder stays."""
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file.create_dataset("image", data=np.zeros((4, 64, 64), np.uint8), chunks=(1, 64, 64), compression="gzip")
        offset = file["image"].id.get_chunk_info(0).byte_offset
    with (tmp_path / "scan.h5").open("r+b") as file:
        file.seek(offset)
        file.write(b"\xff" * 8)
    with pytest.raises(VolumeError, match="truncated or damaged"):
        import_volume(tmp_path / "scan.h5", tmp_path / "out", ImportOptions())
    assert [path.name for path in tmp_path.iterdir()] == ["scan.h5"]
