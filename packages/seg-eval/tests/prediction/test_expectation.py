"""What is said before the work starts."""

import shutil
from types import SimpleNamespace

import pytest

from seg_common.errors import SegError
from seg_eval.prediction.expectation import require_disk
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.predict import predict_volume

GRID = {"tile_shape": (1, 8, 8), "halo": (0, 0, 0), "batch_size": 4}


def test_memory_disk_and_time_are_said_first(world, made, tmp_path, capsys):
    network = made.ThresholdNetwork()
    options = PredictionOptions(**GRID, save=("probabilities",))
    record = predict_volume(world.model, output=tmp_path / "out", options=options, network=network, quiet=False)
    said = capsys.readouterr().err.splitlines()[0]
    assert said.startswith(f"{record.tiles} tiles (0% computed twice) in 1 block; expected: 1.")
    assert "GiB of memory, up to 0.00 GiB of disk, about 0 s in the network" in said
    # The trial runs one batch twice, besides those that are needed.
    assert len(network.batches) == -(-record.tiles // 4) + 2


def test_few_calls_are_not_tried(world, made, tmp_path, capsys):
    network = made.ThresholdNetwork()
    record = predict_volume(world.model, output=tmp_path / "out", network=network, quiet=False)
    assert sum(shape[0] for shape in network.batches) == record.tiles
    assert "in the network" not in capsys.readouterr().err


def test_a_full_disk_is_refused_before_the_network_runs(world, made, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5000))
    network = made.ThresholdNetwork()
    with pytest.raises(SegError, match=r"the disk must hold .* has 0.00 GiB free\. Make room"):
        predict_volume(world.model, output=tmp_path / "new" / "out", network=network)  # 2 · 2880 voxels
    assert network.batches == []
    assert not (tmp_path / "new").exists()
    require_disk(tmp_path / "new" / "out", 5000)


def test_what_an_interrupted_run_wrote_needs_no_room_again(world, made, tmp_path, monkeypatch):
    """2 · 2880 bytes are needed in all; the blocks of the first run are there."""

    class Interrupted:
        def predict(self, tiles):
            self.calls = getattr(self, "calls", 0) + 1
            if self.calls > 12:
                raise KeyboardInterrupt
            return made.ThresholdNetwork().predict(tiles)

    words = {"output": tmp_path / "out", "options": PredictionOptions(**GRID, block_bytes=4000)}
    with pytest.raises(KeyboardInterrupt):
        predict_volume(world.model, network=Interrupted(), **words)
    kept = sum(file.stat().st_size for file in (tmp_path / ".out.working").glob("labels_*.npy"))
    assert kept > 500
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * 2880 - kept - 1))
    with pytest.raises(SegError, match="the disk must hold"):
        predict_volume(world.model, network=made.ThresholdNetwork(), **words)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * 2880 - kept))
    assert predict_volume(world.model, network=made.ThresholdNetwork(), **words).resumed_blocks > 0
