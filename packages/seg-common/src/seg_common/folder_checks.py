"""Check a document, or every document of a folder, and the files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.document_problems import did_you_mean
from seg_common.errors import DocumentError, SegError
from seg_common.schema.documents import DOCUMENTS
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_data, validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seg_common.schema.base import Document

DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")


def check_path(path: Path) -> dict[Path, str]:
    """Validate a document, or all documents below a folder.

    Parameters
    ----------
    path : Path
        A YAML or JSON document, or a folder such as a volume's or a model's. Hidden files and folders are left out,
        and so are files without a key ``kind``, which belong to other tools.

    Returns
    -------
    dict
        Kind of each valid document by its path.

    Raises
    ------
    SegError
        If nothing is found there.
    DocumentError
        If a document does not match its schema, or a volume's files differ from what its document says; lists every
        problem of every document, one a line.
    """
    kinds: dict[Path, str] = {}
    problems = []
    for file in _documents_below(path) if path.is_dir() else [path]:
        try:
            data = read_data(file)
            if path.is_dir() and not (isinstance(data, dict) and "kind" in data):
                continue
            document = validate(data, document_model(data, file), file)
        except SegError as error:
            problems.append(str(error))
            continue
        kinds[file] = document.kind
        if isinstance(document, VolumeDocument):
            problems += _volume_problems(file, document)
    if problems:
        raise DocumentError("\n".join(problems))
    if not kinds:
        msg = f"the folder must hold documents with a key kind; {path} holds none. Give the folder of a volume or a model."
        raise SegError(msg)
    return kinds


def document_model(data: object, path: Path) -> type[Document]:
    """Model of a document by its kind; DocumentError when it names none that is known."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if isinstance(kind, str) and kind in DOCUMENTS:
        return DOCUMENTS[kind]
    hint = did_you_mean(kind, DOCUMENTS) or "."
    msg = f"{path}: kind must be one of {', '.join(DOCUMENTS)}; got {kind!r}{hint}"
    raise DocumentError(msg)


def _documents_below(folder: Path) -> list[Path]:
    files = (file for file in folder.rglob("*") if file.suffix in DOCUMENT_SUFFIXES and file.is_file())
    return sorted(f for f in files if not any(part.startswith(".") for part in f.relative_to(folder).parts))


def _volume_problems(file: Path, document: VolumeDocument) -> Iterator[str]:
    """Open the image with each of the label versions and each of the voxel weights."""
    found = []
    versions = [(version, None) for version in document.labels or [None]]
    for labels, weights in [*versions, *((None, name) for name in document.weights)]:
        try:
            open_volume(file, labels, weights).close()
        except SegError as error:
            found.append(str(error))
    yield from dict.fromkeys(found)  # a bad image is bad beside all of them
