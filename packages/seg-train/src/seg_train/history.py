"""`history.csv` and `timing.csv`: one row per epoch; they grow, and continue where the run stopped."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_text, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Row = dict[str, int | float | None]


def append_row(path: Path, row: Mapping[str, int | float | None]) -> None:
    """Append a row, and the header before the first one; the row is on disk when this returns.

    Floats are written with all their digits, so that equal runs have equal files.
    """
    new = not path.exists()
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if new:
        writer.writerow(row)
    writer.writerow("" if value is None else repr(value) for value in row.values())
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())


def read_rows(path: Path) -> list[Row]:
    """Read all rows; an empty cell is None. A missing file has no rows."""
    if not path.exists():
        return []
    reader = csv.DictReader(io.StringIO(read_text(path)))
    return [{key: _number(cell) for key, cell in row.items()} for row in reader]


def keep_epochs(path: Path, epochs: int) -> None:
    """Drop the rows of epochs after `epochs`, and a row that a kill cut short: they are trained again."""
    if not path.exists():
        return
    if not epochs:
        path.unlink()  # the header may have been cut short, too
        return
    lines = read_text(path).splitlines(keepends=True)
    kept = lines[: 1 + epochs]
    atomic_write_text(path, "".join(kept), overwrite=True)


def _number(cell: str | None) -> int | float | None:
    if not cell:
        return None
    try:
        return int(cell)
    except ValueError:
        return float(cell)
