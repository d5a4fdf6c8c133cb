"""history.csv grows, reads back exactly, and loses only what will be trained again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_train.history import append_row, keep_epochs, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_read_back_exactly(tmp_path: Path) -> None:
    """Integers, floats with all their digits and empty cells survive."""
    rows = [{"epoch": 1, "loss": 1 / 3, "jaccard": None}, {"epoch": 2, "loss": 1e-17, "jaccard": 0.5}]
    for row in rows:
        append_row(tmp_path / "history.csv", row)
    assert read_rows(tmp_path / "history.csv") == rows
    assert (tmp_path / "history.csv").read_text().splitlines()[0] == "epoch,loss,jaccard"


def test_a_missing_history_has_no_rows(tmp_path: Path) -> None:
    """A run killed before its first epoch has nothing to read or to drop."""
    assert read_rows(tmp_path / "history.csv") == []
    keep_epochs(tmp_path / "history.csv", 0)
    assert not (tmp_path / "history.csv").exists()


def test_rows_after_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    """A row of an epoch whose checkpoint was never written goes, also one that a kill cut in the middle."""
    path = tmp_path / "history.csv"
    for epoch in (1, 2, 3):
        append_row(path, {"epoch": epoch, "loss": 0.5})
    with path.open("a") as file:
        file.write("4,0.1")
    keep_epochs(path, 2)
    assert [row["epoch"] for row in read_rows(path)] == [1, 2]
    append_row(path, {"epoch": 3, "loss": 0.25})
    assert [row["epoch"] for row in read_rows(path)] == [1, 2, 3]
