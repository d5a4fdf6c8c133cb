"""The local results log: one line for each run that has ended, in a file beside its model folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seg_common.atomic_files import read_text
from seg_train.summary import training_line

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.training_record import TrainingRecord

RESULTS_LOG = "seg-train-results.tsv"


def append_result(model: Path, record: TrainingRecord) -> Path:
    """Append the line of a run to the log in the folder that holds its model folder.

    The names of the columns stand above the first line, and again wherever they change: runs of other classes have
    other columns.

    Parameters
    ----------
    model : Path
        Model folder.
    record : TrainingRecord
        The run; one that was interrupted and has gone on has several lines with the same model_id.

    Returns
    -------
    Path
        The log.
    """
    log = model.resolve().parent / RESULTS_LOG
    header, line = training_line(record, header=True).split("\n")
    text = f"{line}\n"
    before = read_text(log).splitlines() if log.exists() else []
    headers = [row for row in before if row.partition("\t")[0] == "columns"]
    if not headers or headers[-1] != header:
        text = f"{header}\n{text}"
    with log.open("a", encoding="utf-8", newline="") as file:  # one write: runs that end together do not mix
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return log
