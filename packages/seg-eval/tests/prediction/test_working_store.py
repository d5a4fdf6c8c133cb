"""Predictions that are interrupted, and go on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from seg_common.errors import SegError
from seg_common.evaluation_paths import EvaluationPaths
from seg_common.geometry.box import Box
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume
from seg_eval.prediction.working_store import WorkingStore

pytestmark = pytest.mark.usefixtures("undrawn")

OPTIONS = {
    "tile_shape": (1, 16, 16),
    "halo": (0, 4, 4),
    "block_bytes": 3000,
    "save": ("probabilities", "entropy", "errors", "confusion"),
}
CONFTEST = Path(__file__).parents[1] / "conftest.py"
SLOW = f"""
import runpy, sys, time
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions
network = runpy.run_path({str(CONFTEST)!r})["ContextNetwork"]()
class Slow:
    def predict(self, tiles):
        time.sleep(0.02)
        return network.predict(tiles)
evaluate_volume(sys.argv[1], partition="whole", network=Slow(), options=PredictionOptions(**{OPTIONS!r}))
"""


class StopsAfter:
    """A network that a user interrupts."""

    def __init__(self, network, calls):
        self.network, self.calls = network, calls

    def predict(self, tiles):
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt
        return self.network.predict(tiles)


def store(folder, job="job", **choices):
    return WorkingStore(folder / "out", Box.whole((4, 5, 6)), (2, 3, 4), {"kind": job}, **choices)


def fail_after_a_block(folder):
    """One block finished, the next one written, and then the work fails."""
    with suppress(ZeroDivisionError), store(folder) as kept:
        kept.write(0, "voxels", np.zeros((2, 3, 4)))
        kept.finish(0, {"sum": np.array(7)})
        kept.write(1, "voxels", np.zeros((2, 3, 2)))
        raise ZeroDivisionError


def scores(evaluation):
    """All that a document says, but for times and provenance."""
    return evaluation.document.model_dump(exclude={"seconds", "provenance", "model", "prediction"})


def test_a_killed_evaluation_goes_on_and_gives_the_same_bytes(world, made, capsys):
    """SIGKILL in the middle of the work; the same call again does the rest only."""
    target = world.model / "evaluations" / "scan_whole_gaussian"
    working = target.with_name(f".{target.name}.working")
    process = subprocess.Popen([sys.executable, "-c", SLOW, world.model])
    try:
        deadline = time.monotonic() + 120
        while len(list(working.glob("labels_*.npy"))) < 3:
            assert process.poll() is None, "the evaluation ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not target.exists()

    network = made.ThresholdNetwork()
    batches = network.batches
    context = made.ContextNetwork()
    network.predict = lambda tiles: (batches.append(tiles.shape), context.predict(tiles))[1]
    options = PredictionOptions(**OPTIONS)
    continued = evaluate_volume(world.model, partition="whole", network=network, options=options, quiet=False)
    assert "that an earlier run has finished" in capsys.readouterr().err
    done = sum(shape[0] for shape in batches)
    whole = evaluate_volume(
        world.model, partition="whole", network=context, options=options, output=world.model / "evaluations" / "again"
    )
    record = (continued.paths.prediction).read_text()
    resumed = int(record.partition("resumed_blocks: ")[2].split()[0])
    assert resumed >= 2
    computed = int(record.partition("tiles_computed: ")[2].split()[0])
    assert done < computed + 2 * 40  # those left, and the trial
    for name in ("predicted_labels", "probabilities", "entropy", "errors", "confusion"):
        one, other = (getattr(evaluation.paths, name).read_bytes() for evaluation in (continued, whole))
        assert one == other, name
    assert scores(continued) == scores(whole)
    assert sorted(path.name for path in target.parent.iterdir()) == ["again", "scan_whole_gaussian"]


def test_every_count_survives_an_interruption(world, made, tmp_path):
    """Interrupted again and again, block by block."""
    options = PredictionOptions(**OPTIONS)
    network = made.ContextNetwork()
    for _ in range(100):
        try:
            broken = evaluate_volume(
                world.model, network=StopsAfter(network, 8), options=options, output=tmp_path / "broken"
            )
        except KeyboardInterrupt:
            continue
        break
    whole = evaluate_volume(world.model, network=network, options=options, output=tmp_path / "whole")
    assert scores(broken) == scores(whole)
    np.testing.assert_equal(
        EvaluationPaths(root=tmp_path / "broken").probabilities.read_bytes(), whole.paths.probabilities.read_bytes()
    )


def test_other_options_are_refused_and_restart_begins_anew(world, made, tmp_path):
    network = made.ContextNetwork()
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        evaluate_volume(world.model, network=StopsAfter(network, 12), options=PredictionOptions(**OPTIONS), output=out)
    kept = sorted(path.name for path in (tmp_path / ".out.working").iterdir())
    other = PredictionOptions(**OPTIONS, aggregation="mean")
    with pytest.raises(SegError, match=r"\.out\.working holds one that differs in: aggregation\. Give .* or --restart"):
        evaluate_volume(world.model, network=network, options=other, output=out)
    assert sorted(path.name for path in (tmp_path / ".out.working").iterdir()) == kept
    anew = PredictionOptions(**OPTIONS, aggregation="mean", restart=True)
    evaluation = evaluate_volume(world.model, network=network, options=anew, output=out)
    assert "resumed_blocks: 0" in evaluation.paths.prediction.read_text()
    assert not (tmp_path / ".out.working").exists()


def test_a_prediction_alone_is_not_continued_by_an_evaluation(world, made, tmp_path):
    """Its journal lacks what an evaluation counts beside the reference."""
    network, words = made.ContextNetwork(), {"options": PredictionOptions(**OPTIONS), "output": tmp_path / "out"}
    with pytest.raises(KeyboardInterrupt):
        predict_volume(world.model, network=StopsAfter(network, 12), **words)
    with pytest.raises(SegError, match=r"differs in: measured\. Give .* or --restart"):
        evaluate_volume(world.model, network=network, **words)
    assert predict_volume(world.model, network=network, **words).resumed_blocks > 0


def test_blocks_are_read_across_their_borders(tmp_path):
    voxels = np.arange(120).reshape(4, 5, 6)
    with store(tmp_path) as kept:
        number = 0
        for z in (0, 2):
            for y in (0, 3):
                for x in (0, 4):
                    kept.write(number, "voxels", voxels[z : z + 2, y : y + 3, x : x + 4])
                    kept.finish(number, {"sum": np.array(number)})
                    number += 1
        np.testing.assert_array_equal(kept.read("voxels", Box.whole((4, 5, 6))), voxels)
        np.testing.assert_array_equal(kept.read("voxels", Box(start=(1, 2, 3), shape=(2, 2, 3))), voxels[1:3, 2:4, 3:])
    assert list(tmp_path.iterdir()) == []


def test_a_block_counts_when_the_journal_says_so(tmp_path):
    """Killed between the two writes, the block is done again."""
    fail_after_a_block(tmp_path)
    (tmp_path / ".out.working" / ".labels_000001.0a1b2c3d.partial.npy").write_bytes(b"half")
    (tmp_path / ".out.0a1b2c3d.partial").mkdir()
    (tmp_path / ".out.notes.partial").mkdir()
    with store(tmp_path) as again:
        assert again.finished == 1
        assert again.counts()["sum"] == 7
        names = {path.name for path in tmp_path.rglob("*")}
        assert ".labels_000001.0a1b2c3d.partial.npy" not in names
    assert [path.name for path in tmp_path.iterdir()] == [".out.notes.partial"]  # not ours


@pytest.mark.parametrize("name", ["out", "phantom-1_8-symmetries", "a b.[1]"])
def test_only_what_a_killed_run_of_this_target_left_is_removed(tmp_path, name):
    """Names of other targets may begin alike, and their runs may be alive."""
    own, others = f".{name}.0a1b2c3d.partial", f".{name}.v2.0a1b2c3d.partial"
    for left in (own, others):
        (tmp_path / left).mkdir()
    with WorkingStore(tmp_path / name, Box.whole((2, 3, 4)), (2, 3, 4), {}):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [others]


def test_no_journal_outlives_the_blocks_that_it_counts(tmp_path, monkeypatch):
    """Killed while the folder is emptied, by --restart or at the end, in whatever order files go."""
    fail_after_a_block(tmp_path)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(Path, "iterdir", dies)
        with pytest.raises(KeyboardInterrupt):
            store(tmp_path, restart=True)._empty()
    with store(tmp_path) as again:
        assert again.finished == 0
        again.write(0, "voxels", np.zeros((2, 3, 4)))
        again.finish(0, {"sum": np.array(7)})
        monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    assert not (tmp_path / ".out.working" / "journal.npz").exists()


def test_a_store_is_locked_until_it_is_gone(tmp_path, monkeypatch):
    """Nobody can go on with blocks that are being removed."""
    remove, seen = shutil.rmtree, []

    def another_comes(folder, **choices):
        with pytest.raises(SegError, match="one process at a time"), store(tmp_path):
            pass
        seen.append(folder)
        remove(folder, **choices)

    monkeypatch.setattr("shutil.rmtree", another_comes)
    with store(tmp_path):
        pass
    assert len(seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_two_processes_never_share_a_store(tmp_path):
    with store(tmp_path), pytest.raises(SegError, match="one process at a time"), store(tmp_path):
        pass


@pytest.mark.parametrize("file", ["job.json", "journal.npz"])
def test_a_damaged_store_is_said_and_restarted(tmp_path, file):
    fail_after_a_block(tmp_path)
    damaged = tmp_path / ".out.working" / file
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(SegError, match=rf"{file}: .*--restart"), store(tmp_path):
        pass
    with store(tmp_path, restart=True) as anew:
        assert anew.finished == 0
        assert json.loads((anew.folder / "job.json").read_text()) == {"kind": "job"}


def changed(content):
    """One bit of a voxel in the middle is another one."""
    place = len(content) - 40
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGE = {
    "changed": changed,
    "cut": lambda content: content[:-5],
    "emptied": lambda content: b"",
    "longer": lambda content: content + b"more",
    "lost": None,
}


def damage(file, how):
    if how is None:
        file.unlink()
    else:
        file.write_bytes(how(file.read_bytes()))


@pytest.mark.parametrize("how", DAMAGE.values(), ids=DAMAGE)
def test_damaged_blocks_are_found(tmp_path, how):
    """By the digest of each file; a block that is whole, and one that was never finished, are none."""
    fail_after_a_block(tmp_path)
    with suppress(ZeroDivisionError), store(tmp_path) as again:
        assert (again.finished, again.damaged) == (1, frozenset())
        again.write(1, "voxels", np.ones((2, 3, 2)))
        again.finish(1, {"sum": np.array(8)})
        again.write(2, "voxels", np.ones((2, 2, 4)))
        raise ZeroDivisionError
    for number in (1, 2):
        damage(tmp_path / ".out.working" / f"voxels_{number:06d}.npy", how)
    with store(tmp_path) as mended:
        assert (mended.finished, mended.damaged) == (2, {1})
        mended.write(1, "voxels", np.ones((2, 3, 2)))
        assert mended.read("voxels", Box(start=(0, 0, 4), shape=(2, 3, 2))).all()


def test_damaged_blocks_are_predicted_again(world, made, tmp_path, capsys):
    """Interrupted after several blocks, one of which the disk changes and one of which it loses: the same bytes and counts."""
    network, options = made.ContextNetwork(), PredictionOptions(**OPTIONS)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        evaluate_volume(world.model, network=StopsAfter(network, 20), options=options, output=out)
    working = tmp_path / ".out.working"
    finished = len(list(working.glob("entropy_*.npy")))
    assert finished > 3
    damage(working / "probabilities_000001.npy", changed)
    damage(working / "labels_000002.npy", None)
    capsys.readouterr()
    mended = evaluate_volume(world.model, network=network, options=options, output=out, quiet=False)
    assert "warning: files of the finished blocks 1, 2 were lost or changed in" in capsys.readouterr().err
    whole = evaluate_volume(world.model, network=network, options=options, output=tmp_path / "whole")
    assert scores(mended) == scores(whole)
    for name in ("predicted_labels", "probabilities", "entropy", "errors", "confusion"):
        assert getattr(mended.paths, name).read_bytes() == getattr(whole.paths, name).read_bytes(), name
    resumed = int(mended.paths.prediction.read_text().partition("resumed_blocks: ")[2].split()[0])
    assert resumed == finished - 2


def test_work_of_another_command_is_kept(tmp_path):
    """Crops that were stored for the same output."""
    working = tmp_path / ".out.working"
    working.mkdir()
    (working / "plan.json").write_text("{}")
    (working / "crops_00000.h5").write_bytes(b"crops")
    with (
        pytest.raises(SegError, match=r"\.out\.working holds crops of seg-eval crops\. Finish that first"),
        store(tmp_path),
    ):
        pass
    assert (working / "crops_00000.h5").read_bytes() == b"crops"
    with store(tmp_path, restart=True) as anew:
        assert not (anew.folder / "plan.json").exists()
