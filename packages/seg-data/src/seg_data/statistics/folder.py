"""Write statistics into a folder: tables, pictures, and last the document that tells that all are there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.atomic_files import atomic_write_bytes, refuse_existing
from seg_common.yaml_documents import dump
from seg_data.statistics.figures import PICTURES, SUFFIXES, draw_statistics
from seg_data.statistics.tables import table_texts

if TYPE_CHECKING:
    from seg_common.schema.statistics import VolumeStatistics

DOCUMENT_FILE = "statistics.yaml"


def write_statistics(
    statistics: VolumeStatistics, folder: Path | str, *, log_counts: bool = True, overwrite: bool = False
) -> list[str]:
    """Write a document, CSV tables and pictures.

    Parameters
    ----------
    statistics : VolumeStatistics
        Made by `gather_statistics`.
    folder : path
        Made when missing.
    log_counts : bool
        Whether the histograms are drawn on a logarithmic axis.
    overwrite : bool
        Whether existing files may be replaced.

    Returns
    -------
    list of str
        Names of the files, the document last.

    Raises
    ------
    OutputExistsError
        If one of the files exists; then none is written.
    """
    folder = Path(folder)
    files = {name: text.encode() for name, text in table_texts(statistics).items()}
    for name in (*files, *(f"{picture}.{suffix}" for picture in PICTURES for suffix in SUFFIXES), DOCUMENT_FILE):
        refuse_existing(folder / name, overwrite=overwrite)
    files.update(draw_statistics(statistics, log_counts=log_counts))
    files[DOCUMENT_FILE] = dump(statistics).encode()
    for name, data in files.items():
        atomic_write_bytes(folder / name, data, overwrite=overwrite)
    return list(files)
