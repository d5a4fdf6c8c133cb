"""A run that was killed when it began loses nobody's work, and says what it left."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from seg_common.errors import ModelFolderError, OutputExistsError
from seg_common.model_paths import ModelPaths
from seg_train.resume import resume_training
from seg_train.run import run_training

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training import TrainingConfig


def test_a_model_that_was_being_replaced_is_never_forgotten(
    config: TrainingConfig, trained: Path, tmp_path: Path
) -> None:
    """As a kill between the two renames of --overwrite leaves it: no command takes the place of a model for an empty one."""
    model, replaced = tmp_path / "model", tmp_path / ".model.0123abcd.replaced"
    shutil.copytree(trained, replaced)
    (tmp_path / ".model.89abcdef.partial").mkdir()
    with pytest.raises(ModelFolderError, match=r"get it back with: mv .*\.model\.0123abcd\.replaced .*model"):
        resume_training(model, quiet=True)
    with pytest.raises(OutputExistsError, match=r"never overwritten unasked.* get it back with: mv .*--overwrite"):
        run_training(config, model, quiet=True)
    told: list[str] = []
    short = config.model_copy(update={"epochs": 1, "steps_per_epoch": 1, "examples_every": 0})
    run_training(short, model, overwrite=True, quiet=True, tell=told.append)
    assert ".model.0123abcd.replaced, " in told[0]
    assert ".model.89abcdef.partial; nothing reads that" in told[0]
    assert ModelPaths.existing(replaced).last_weights.exists()
    resume_training(model, quiet=True, tell=told.append)
    assert told[-2:] == [told[0], f"{model} has finished after 1 epochs; there is nothing to do."]
