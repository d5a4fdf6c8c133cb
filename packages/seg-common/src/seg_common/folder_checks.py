"""Check a document, or every document of a folder, and the files that it names."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from seg_common.errors import DocumentError, SegError
from seg_common.schema.documents import DOCUMENTS
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import read_data, validate

if TYPE_CHECKING:
    from pathlib import Path

    from seg_common.schema.base import Document

DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")


def check_path(path: Path) -> dict[Path, str]:
    """Validate a document, or all documents below a folder.

    Parameters
    ----------
    path : Path
        A YAML or JSON document, or a folder such as a volume's or a model's.

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
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in DOCUMENT_SUFFIXES and file.is_file())
    else:
        files = [path]
    kinds: dict[Path, str] = {}
    problems = []
    for file in files:
        try:
            data = read_data(file)
            if path.is_dir() and not (isinstance(data, dict) and "kind" in data):
                continue  # another tool's file
            kinds[file] = validate(data, document_model(data, file), file).kind
            if kinds[file] == VolumeDocument.model_fields["kind"].default:
                open_volume(file).close()
        except SegError as error:
            problems.append(str(error))
    if problems:
        raise DocumentError("\n".join(problems))
    if not kinds:
        msg = f"the folder must hold documents with a key kind; {path} holds none."
        raise SegError(msg)
    return kinds


def document_model(data: object, path: Path) -> type[Document]:
    """Model of a document by its kind; DocumentError when it names none that is known."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind in DOCUMENTS:
        return DOCUMENTS[str(kind)]
    close = difflib.get_close_matches(str(kind), DOCUMENTS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    msg = f"{path}: kind must be one of {', '.join(DOCUMENTS)}; got {kind!r}{hint}"
    raise DocumentError(msg)
