"""Everything that training needs to go on, in one file that appears whole or not at all.

A checkpoint is an .npz with every variable of the network and of the optimizer, and a JSON text with the position
of the run. The one before is kept: should the last one be damaged, the run goes on from there.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from seg_common.atomic_files import atomic_path
from seg_common.errors import ModelFolderError
from seg_train.errors import TrainingError
from seg_train.position import Position

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.model_paths import ModelPaths

POSITION = "position"


def write_checkpoint(paths: ModelPaths, position: Position, variables: Sequence[Any]) -> None:
    """Write a checkpoint and keep the one before, which must be a good one: see `set_aside_last`.

    At every moment one of the two is whole.

    Parameters
    ----------
    paths : ModelPaths
        The model folder.
    position : Position
        Where the run stands.
    variables : sequence of keras.Variable
        Variables of network and optimizer, in an order that a rebuilt run gives again.
    """
    arrays = {_key(i): np.asarray(variable.numpy()) for i, variable in enumerate(variables)}
    arrays[POSITION] = np.array(position.model_dump_json())
    last = paths.last_checkpoint
    with atomic_path(last, overwrite=True) as temporary:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        if last.exists():
            # Between this and the coming rename there is no last checkpoint; reading falls back to the previous one.
            last.replace(paths.previous_checkpoint)


def read_checkpoint(paths: ModelPaths, variables: Sequence[Any]) -> tuple[Position, str | None]:
    """Restore the variables from the last good checkpoint.

    Parameters
    ----------
    paths : ModelPaths
        The model folder.
    variables : sequence of keras.Variable
        As in `write_checkpoint`; their values are replaced when a whole checkpoint has been read.

    Returns
    -------
    position : Position
        Where the run stood.
    warning : str or None
        What was wrong with the last checkpoint, when the previous one was taken.

    Raises
    ------
    ModelFolderError
        If neither checkpoint can be read.
    TrainingError
        If a checkpoint belongs to another network.
    """
    problems = []
    for path in (paths.last_checkpoint, paths.previous_checkpoint):
        try:
            position, arrays = _read(path, variables)
        except FileNotFoundError:
            problems.append(f"{path} is missing")
        except TrainingError:
            raise
        except Exception as error:  # noqa: BLE001 - one wrong bit can ask for a password, other software or all memory
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            problems.append(f"{path} is damaged ({reason})")
        else:
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)
            return position, "; ".join(problems) or None
    msg = f"resuming needs a checkpoint; {'; '.join(problems)}. Start again with seg-train run --overwrite."
    raise ModelFolderError(msg)


def set_aside_last(paths: ModelPaths) -> None:
    """Move a last checkpoint that is damaged out of the way of the next one, which would put it in the place of the good one."""
    if paths.last_checkpoint.exists():
        paths.last_checkpoint.replace(paths.damaged_checkpoint)


def _read(path: Path, variables: Sequence[Any]) -> tuple[Position, list[NDArray[Any]]]:
    """Read a whole checkpoint; the zip format checks the CRC of each of its files."""
    with path.open("rb") as opened, zipfile.ZipFile(opened) as archive:
        position = Position.model_validate_json(str(_array(archive, POSITION)))
        arrays = [_array(archive, _key(i)) for i in range(len(variables))]
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != array.shape:
            msg = (
                f"a checkpoint must be of the same network; {variable.path} has shape {array.shape} in {path} "
                f"and {tuple(variable.shape)} in the network. Was config.yaml or the code changed?"
            )
            raise TrainingError(msg)
    return position, arrays


def _array(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    """Read an array to the last byte of its file, where the CRC is compared: a damaged header may tell of a smaller one."""
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(archive.read(f"{key}.npy")), allow_pickle=False)
    return array


def _key(index: int) -> str:
    """Name of a variable in the file: its place, since Keras numbers the layers of a process through."""
    return f"variable_{index:04d}"
