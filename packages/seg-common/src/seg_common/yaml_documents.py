"""Read and write documents: YAML or JSON in, models out, and every problem at once with its line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from seg_common.atomic_files import atomic_write_text, read_text
from seg_common.document_problems import problem_lines, repeated_keys
from seg_common.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

Model = TypeVar("Model", bound=BaseModel)


def read_document(path: Path, model: type[Model]) -> Model:
    """Read a YAML or JSON file and validate it.

    Parameters
    ----------
    path : Path
        The file; ``.json`` is read as JSON, anything else as YAML 1.1 by the safe loader.
    model : type
        The pydantic model of its content.

    Returns
    -------
    model
        The validated document.

    Raises
    ------
    SegError
        If the file is missing or unreadable.
    DocumentError
        If it is not YAML or JSON, repeats a key or does not match the model; names the file, the line and the key of
        every problem.
    """
    return validate(read_data(path), model, path)


def read_data(path: Path) -> Any:
    """Read a YAML or JSON file without validating it; repeated keys are errors."""
    path = Path(path)
    text = read_text(path)
    return _json_data(text, path) if path.suffix == ".json" else _yaml_data(text, path)


def validate(data: Any, model: type[Model], path: Path) -> Model:
    """Validate data that were read from `path`; see `read_document`."""
    path = Path(path)
    if not isinstance(data, dict):
        found = "an empty file" if data is None else type(data).__name__
        msg = f"{path}: a document must be a mapping of keys to values; got {found}."
        raise DocumentError(msg)
    problems = []
    field = model.model_fields.get("kind")
    if field is not None and "kind" not in data:
        problems.append(f"{path}: kind: this key is required; add kind: {field.default}")
    elif field is not None and data["kind"] != field.default:
        msg = f"{path}: the document's kind must be {field.default!r}; got {data['kind']!r}. Is it another file?"
        raise DocumentError(msg)
    try:
        document = model.model_validate(data)
    except ValidationError as error:
        problems += problem_lines(error, model, path, _compose(path))
        raise DocumentError("\n".join(problems)) from None
    if problems:
        raise DocumentError("\n".join(problems))
    return document


def write_document(path: Path, document: BaseModel, *, overwrite: bool = False) -> None:
    """Write a document atomically, as JSON for ``.json`` and as YAML otherwise; every safe loader reads both."""
    atomic_write_text(path, dump(document, as_json=Path(path).suffix == ".json"), overwrite=overwrite)


def dump(document: BaseModel, *, as_json: bool = False) -> str:
    """Text of a document."""
    data = document.model_dump(mode="json")
    if as_json:
        return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    text = _yaml_text(data, allow_unicode=True)
    # PyYAML does not escape these ends of line, and every loader would read them as spaces.
    return _yaml_text(data, allow_unicode=False) if re.search("[\x85\u2028\u2029]", text) else text


def _yaml_text(data: object, *, allow_unicode: bool) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=allow_unicode, default_flow_style=None, width=120)
    return text


def _yaml_data(text: str, path: Path) -> Any:
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        _refuse_repeated_keys(repeated_keys(node), path)
        return None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        what = ", ".join(part for part in (error.context, error.problem) if part)
        hint = ". Indent with spaces, not tabs" if "'\\t'" in what else ""
        msg = f"{path}{line}: the file must be YAML; {what}{hint}."
        raise DocumentError(msg) from None
    except DocumentError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date like 2024-13-45, a control character
        msg = f"{path}: the file must be YAML; {str(error).splitlines()[0]}."
        raise DocumentError(msg) from None
    finally:
        if loader is not None:
            loader.dispose()


def _json_data(text: str, path: Path) -> Any:
    repeated = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        repeated |= len({key for key, _ in pairs}) < len(pairs)
        return dict(pairs)

    try:
        data = json.loads(text, object_pairs_hook=mapping)
    except json.JSONDecodeError as error:
        msg = f"{path}:{error.lineno}: the file must be JSON; {error.msg}."
        raise DocumentError(msg) from None
    except RecursionError:
        msg = f"{path}: the file must be JSON; it is nested too deeply."
        raise DocumentError(msg) from None
    if repeated:
        _refuse_repeated_keys(repeated_keys(_compose(path)), path)
    return data


def _refuse_repeated_keys(found: Iterable[tuple[int, str]], path: Path) -> None:
    problems = [f"{path}:{line}: {key}: a key may stand once; it is repeated" for line, key in found]
    if problems:
        raise DocumentError("\n".join(problems))


def _compose(path: Path) -> yaml.Node | None:
    """Nodes of a file with their lines; JSON is read as the YAML that it nearly is. None when there are none."""
    try:
        return yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
