"""A run killed between steps, in a checkpoint and in validation ends like one that was left alone."""

from __future__ import annotations


def test_three_kills_change_nothing(runs, same_end) -> None:
    """SIGKILL after the first step, in the middle of a checkpoint of the first epoch, and in the second validation."""
    runs.killed("killed", "step:1")
    runs.killed("killed", "write:1")
    assert list(runs.model("killed").root.glob("checkpoints/.*partial*"))
    runs.killed("killed", "validation:20")
    runs.finish("killed")
    same_end(runs.model("whole"), runs.model("killed"))
    assert not list(runs.model("killed").root.rglob("*partial*"))
