"""Read and write documents: YAML or JSON in, models out, and every problem at once with its line."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from seg_common.atomic_files import atomic_write_text, read_text
from seg_common.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]


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
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            msg = f"{path}:{error.lineno}: the file must be JSON; {error.msg}."
            raise DocumentError(msg) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        msg = f"{path}{line}: the file must be YAML; {problem}."
        raise DocumentError(msg) from None
    repeated = [f"{path}:{line}: {key}: a key may stand once; it is repeated" for line, key in _repeated_keys(node, ())]
    if repeated:
        raise DocumentError("\n".join(repeated))
    return data


def validate(data: Any, model: type[Model], path: Path) -> Model:
    """Validate data that were read from `path`; see `read_document`."""
    if not isinstance(data, dict):
        msg = f"{path}: a document must be a mapping of keys to values; got {type(data).__name__}."
        raise DocumentError(msg)
    wanted = model.model_fields.get("kind")
    if wanted is not None and data.get("kind") != wanted.default:
        msg = f"{path}: the document's kind must be {wanted.default!r}; got {data.get('kind')!r}. Is it another file?"
        raise DocumentError(msg)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise DocumentError("\n".join(_problems(error, model, Path(path)))) from None


def write_document(path: Path, document: BaseModel, *, overwrite: bool = False) -> None:
    """Write a document atomically, as JSON for ``.json`` and as YAML otherwise; every safe loader reads both."""
    atomic_write_text(path, dump(document, as_json=Path(path).suffix == ".json"), overwrite=overwrite)


def dump(document: BaseModel, *, as_json: bool = False) -> str:
    """Text of a document."""
    data = document.model_dump(mode="json")
    if as_json:
        return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    return text


def _problems(error: ValidationError, model: type[BaseModel], path: Path) -> Iterator[str]:
    """One line per problem: file, line, dotted key, rule, value received, nearest known name."""
    node = None
    if path.suffix != ".json" and path.is_file():
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    names = _property_names(model)
    for problem in error.errors(include_url=False):
        location, line = _locate(node, problem["loc"])
        where = f"{path}:{line}" if line else f"{path}"
        key = ".".join(str(part) for part in location)
        yield f"{where}: {key + ': ' if key else ''}{_sentence(problem, names)}"


def _sentence(problem: ErrorDetails, names: Sequence[str]) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    message = problem["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"unknown key{_did_you_mean(str(problem['loc'][-1]), names)}"
    if kind == "missing":
        return "this key is required; add it"
    if kind == "literal_error":
        return f"{message}; got {problem['input']!r}{_did_you_mean(problem['input'], _quoted(context['expected']))}"
    if kind == "union_tag_invalid":
        expected = context["expected_tags"]
        return (
            f"kind must be one of {expected}; got {context['tag']!r}{_did_you_mean(context['tag'], _quoted(expected))}"
        )
    if kind == "value_error":  # our own validators say the value received themselves
        return message
    return f"{message}; got {problem['input']!r}"


def _did_you_mean(received: object, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(str(received), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _quoted(text: str) -> list[str]:
    """Names inside pydantic's list ``'a', 'b' or 'c'``."""
    return text.split("'")[1::2]


def _property_names(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return sorted({name for part in parts for name in part.get("properties", {})})


def _locate(node: yaml.Node | None, location: Location) -> tuple[Location, int | None]:
    """Follow a problem's location through the YAML nodes: the keys really written, and the last one's line.

    Pydantic puts the names of union members into a location; they are not keys of the file and are left out.
    """
    if node is None:
        return location, None
    found: list[str | int] = []
    line = node.start_mark.line + 1
    for position, part in enumerate(location):
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part in pairs:
                key, node = pairs[str(part)]
                line = key.start_mark.line + 1
                found.append(part)
            elif position == len(location) - 1:
                found.append(part)  # a key that is missing
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
            found.append(part)
    return tuple(found), line


def _repeated_keys(node: yaml.Node | None, location: Location) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            here = (*location, key.value)
            if key.value in seen:
                yield key.start_mark.line + 1, ".".join(map(str, here))
            seen.add(key.value)
            yield from _repeated_keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated_keys(value, (*location, index))
