"""Thirty kills and more, too slow for every day: ``pytest tests/kills/many_kills.py``."""

from __future__ import annotations

import random
import re
import subprocess

import pytest

PLACES = (
    *(f"write:{n}" for n in (1, 2, 2, 3)),
    *(f"rename:{n}" for n in (1, 2)),
    *(f"step:{n}" for n in (1, 2, 3, 1, 4)),
    *(f"validation:{n}" for n in (1, 5, 17, 18)),
    *(f"history:{n}" for n in (1, 2)),
    "best:1",
)


def test_a_kill_before_the_folder_leaves_nothing(runs, same_end) -> None:
    """Inside the first checkpoint there is no folder yet: the run is started again."""
    runs.killed("early", "write:1")
    assert not runs.model("early").root.exists()
    runs.finish("early")
    same_end(runs.model("whole"), runs.model("early"))


def test_a_kill_while_replacing_keeps_the_old_model(runs, same_end) -> None:
    """It is under another name; the next run says how to get it back, and then goes on with it."""
    runs.killed("old", "validation:1")
    process = runs.start("old", "overwrite:1", overwrite=True)
    process.communicate(timeout=600)
    assert process.returncode == -9
    model = runs.model("old")
    assert not model.root.exists()
    process = runs.start("old")
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 1
    command = re.search(r"get it back with: (mv .*); or give", errors.splitlines()[-1])
    subprocess.run(command[1], shell=True, check=True)
    process = runs.start("old")
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0
    assert ".partial; nothing reads that" in errors
    same_end(runs.model("whole"), model)


@pytest.mark.parametrize("order", [0, 1])
def test_kills_at_places(runs, same_end, order: int) -> None:
    """Each place in random order, one after the other in the same run as far as it gets; then a new run."""
    places = list(PLACES)
    random.Random(order).shuffle(places)
    kills, number = 0, 0
    while places:
        name = f"places_{order}_{number}"
        for _ in range(3):
            if not places:
                break
            process = runs.start(name, places[0])
            _, errors = process.communicate(timeout=600)
            if process.returncode == 0:
                break
            assert process.returncode == -9, errors
            places.pop(0)
            kills += 1
        if not runs.model(name).last_weights.exists():
            runs.finish(name)
        same_end(runs.model("whole"), runs.model(name))
        number += 1
    assert kills == len(PLACES)


def test_kills_at_random_moments(runs, same_end) -> None:
    """SIGKILL from outside, at any moment after the folder is there."""
    moments = random.Random(7)
    kills, number = 0, 0
    while kills < 12:
        name = f"random_{number}"
        while kills < 12 and runs.killed_after(name, moments.uniform(0, 12)):
            kills += 1
        runs.finish(name)
        same_end(runs.model("whole"), runs.model(name))
        number += 1
