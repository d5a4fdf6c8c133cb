"""Rows of a comparison for the experiments spreadsheet, one per member: fixed, versioned columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.evaluation_paths import ComparisonPaths
from seg_common.schema.comparison import ComparisonDocument
from seg_common.yaml_documents import read_document
from seg_eval.comparing.comparison_tables import member_row

if TYPE_CHECKING:
    from seg_common.results_log import Cell

COLUMNS_VERSION = "seg-eval-comparison/1"
"""Changes whenever a column is added, moved or renamed."""


def is_comparison(path: Path | str) -> bool:
    """Tell whether a path is a ``comparison.json`` or the folder of one."""
    path = Path(path)
    return path.name == ComparisonPaths(root=path.parent).comparison.name or (
        ComparisonPaths(root=path).comparison.is_file()
    )


def read_comparison(path: Path | str) -> ComparisonDocument:
    """Read a comparison.

    Parameters
    ----------
    path : path
        ``comparison.json`` or the folder that holds it.

    Returns
    -------
    ComparisonDocument
        All scores.

    Raises
    ------
    SegError
        If there is none.
    DocumentError
        If it does not match its schema.
    """
    path = Path(path)
    return read_document(ComparisonPaths(root=path).comparison if path.is_dir() else path, ComparisonDocument)


def comparison_rows(document: ComparisonDocument) -> list[dict[str, Cell]]:
    """Pick the cells of each member's row.

    Parameters
    ----------
    document : ComparisonDocument
        All scores.

    Returns
    -------
    list of dict
        For each member, cells by column in their fixed order; what does not apply is None. The last columns are per class.
    """
    rows: list[dict[str, Cell]] = []
    for member in document.members:
        row: dict[str, Cell] = {"columns": COLUMNS_VERSION, "created": document.provenance.created}
        row |= member_row(document, member)
        for info, fraction in zip(member.classes, document.reference_fractions, strict=True):
            row |= {
                f"jaccard {info.name}": info.jaccard,
                f"dice {info.name}": info.dice,
                f"precision {info.name}": info.precision,
                f"recall {info.name}": info.recall,
                f"reference_fraction {info.name}": fraction,
                f"estimated_fraction {info.name}": info.estimated_fraction,
            }
        rows.append(row)
    return rows
