"""Checkpoints restore every bit, and a damaged one is replaced by the one before."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from seg_common.errors import ModelFolderError
from seg_common.model_paths import ModelPaths
from seg_train.checkpoints import read_checkpoint, set_aside_last, write_checkpoint
from seg_train.errors import TrainingError
from seg_train.position import Position


def variables(value: float, rows: int = 2):
    """Two Keras variables, as of a network and its optimizer."""
    import keras

    weights = keras.Variable(np.full((rows, 3), value, np.float32), name="weights")
    return [weights, keras.Variable(int(value), dtype="int64", name="iterations")]


def test_values_and_position_come_back(tmp_path: Path) -> None:
    """What was written is what is read, bit for bit."""
    paths = ModelPaths(root=tmp_path)
    position = Position(step=7, epochs_done=1, best_epoch=1, best_mean_jaccard=1 / 3)
    write_checkpoint(paths, position, variables(0.1))
    restored = variables(5)
    assert read_checkpoint(paths, restored) == (position, None)
    assert (restored[0].numpy() == np.float32(0.1)).all()
    assert int(restored[1].numpy()) == 0


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "missing"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path: Path, damage: str) -> None:
    """Whatever happens to the last checkpoint, the previous one is taken, and the reason is told."""
    paths = ModelPaths(root=tmp_path)
    write_checkpoint(paths, Position(epochs_done=1), variables(1))
    write_checkpoint(paths, Position(epochs_done=2), variables(2))
    data = bytearray(paths.last_checkpoint.read_bytes())
    middle = data.index(np.full(6, 2, np.float32).tobytes())
    match damage:
        case "truncated":
            paths.last_checkpoint.write_bytes(data[: len(data) // 2])
        case "flipped":
            data[middle] ^= 1
            paths.last_checkpoint.write_bytes(data)
        case "empty":
            paths.last_checkpoint.write_bytes(b"")
        case "missing":
            paths.last_checkpoint.unlink()
    restored = variables(9)
    position, warning = read_checkpoint(paths, restored)
    assert position.epochs_done == 1
    assert warning is not None
    assert "last.npz" in warning
    assert (restored[0].numpy() == 1).all()


class Killed(BaseException):
    """Ends a process where it is raised, as far as files are concerned."""


@pytest.mark.parametrize("renames", [0, 1])
@pytest.mark.parametrize("last", ["whole", "damaged", "missing"])
def test_a_kill_while_writing_leaves_a_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, renames: int
) -> None:
    """Before and after each rename of a write, whatever the last checkpoint was like when the run went on."""
    paths = ModelPaths(root=tmp_path)
    for number in (1, 2):
        write_checkpoint(paths, Position(epochs_done=number), variables(number))
    if last == "damaged":
        paths.last_checkpoint.write_bytes(b"junk")
    if last == "missing":
        paths.last_checkpoint.unlink()
    restored = variables(9)
    before, damage = read_checkpoint(paths, restored)
    assert before.epochs_done == (2 if last == "whole" else 1)
    if damage:
        set_aside_last(paths)
    assert paths.damaged_checkpoint.exists() == (last == "damaged")
    replace, done = Path.replace, []

    def killed(path: Path, target: Path) -> Path:
        if len(done) == renames:
            raise Killed
        done.append(target)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    with contextlib.suppress(Killed):
        write_checkpoint(paths, Position(epochs_done=3), variables(3))
    monkeypatch.setattr(Path, "replace", replace)
    position, _ = read_checkpoint(paths, restored)
    assert position.epochs_done in (before.epochs_done, 3)
    assert (restored[0].numpy() == position.epochs_done).all()
    write_checkpoint(paths, Position(epochs_done=4), variables(4))
    assert read_checkpoint(paths, restored) == (Position(epochs_done=4), None)
    paths.last_checkpoint.unlink()
    position, _ = read_checkpoint(paths, restored)
    assert position.epochs_done in (before.epochs_done, 3)


def test_no_flipped_bit_gives_wrong_values_or_a_traceback(tmp_path: Path) -> None:
    """In all bytes of an array's header and of an entry of the zip's directory, some elsewhere: right values, or those before."""
    paths = ModelPaths(root=tmp_path)
    write_checkpoint(paths, Position(epochs_done=1), variables(1))
    write_checkpoint(paths, Position(epochs_done=2), variables(2))
    whole = paths.last_checkpoint.read_bytes()
    header, entry = whole.index(b"{'descr'"), whole.rindex(b"PK\x01\x02")
    described = range(header, whole.index(b"}", header))
    # Bits 0, 5 and 6 of its flags call an entry encrypted or patched; all three ask for other methods of compression.
    flips = [(place, bit) for place in range(entry, len(whole)) for bit in (0, 5, 6)]
    flips += [(place, place % 8) for place in (*described, *range(0, len(whole), 11))]
    assert 400 < len(flips) < 600
    restored = variables(9)
    epochs = []
    for place, bit in flips:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        paths.last_checkpoint.write_bytes(flipped)
        position, warning = read_checkpoint(paths, restored)
        assert (restored[0].numpy() == position.epochs_done).all()
        assert int(restored[1].numpy()) == position.epochs_done
        assert warning is None or "last.npz is damaged (" in warning
        assert (warning is None) == (position.epochs_done == 2)
        epochs.append(position.epochs_done)
    assert set(epochs) == {1, 2}, "wrong dates in the zip do no harm, all else does"
    assert epochs.count(1) > len(epochs) / 2


def test_no_checkpoint_at_all_is_an_error(tmp_path: Path) -> None:
    """Nothing to go on from names both files and the remedy."""
    with pytest.raises(ModelFolderError, match=r"last\.npz is missing.*previous\.npz is missing.*--overwrite"):
        read_checkpoint(ModelPaths(root=tmp_path), variables(0))


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    """Weights of another shape are never loaded."""
    paths = ModelPaths(root=tmp_path)
    write_checkpoint(paths, Position(), variables(1))
    with pytest.raises(TrainingError, match=r"shape \(2, 3\).*\(4, 3\)"):
        read_checkpoint(paths, variables(1, rows=4))
