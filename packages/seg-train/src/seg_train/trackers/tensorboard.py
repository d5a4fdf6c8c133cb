"""TensorBoard: scalars, pictures and the configuration as event files in the model folder."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PIL import Image

from seg_train.trackers.tracker import flat_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord


class TensorBoardTracker:
    """Writes event files; look at them with ``tensorboard --logdir FOLDER``.

    Parameters
    ----------
    folder : Path
        Folder of the event files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def begin(self, record: TrainingRecord) -> None:
        """Write the configuration as a table; epochs that a run repeats replace those of the event files before."""
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._writer = EventFileWriter(str(self._folder))
        done = record.result.epochs_done
        self._write(done + 1, session_log=SessionLog(status=SessionLog.START))
        rows = [f"| {name} | {value} |" for name, value in flat_facts(record).items()]
        self._write(done, summary=text_pb("run", "\n".join(["| key | value |", "|---|---|", *rows])))

    def epoch(self, epoch: int, metrics: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """Write scalars and pictures; validation metrics share the chart of their training metric."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        values = [Summary.Value(tag=_tag(name), simple_value=value) for name, value in metrics.items()]
        for path in pictures:
            with Image.open(path) as picture:
                width, height = picture.size
            encoded = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=path.read_bytes())
            values.append(Summary.Value(tag=_picture_tag(path), image=encoded))
        self._write(epoch, summary=Summary(value=values))
        self._writer.flush()

    def end(self, record: TrainingRecord) -> None:  # noqa: ARG002 - event files have no place for an outcome
        """Close the file."""
        self._writer.close()

    def _write(self, step: int, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=step, **content))


def _tag(name: str) -> str:
    metric = name.removeprefix("validation_")
    return f"{metric}/validation" if metric != name else f"{metric}/training"


def _picture_tag(path: Path) -> str:
    """One tag for the pictures of all epochs: TensorBoard puts them on a slider."""
    return f"pictures/{path.stem.partition('_epoch_')[0]}"
