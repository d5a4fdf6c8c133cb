"""Say what is wrong with a document: one line per problem, with its line number, key, rule and remedy."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Location = tuple[str | int, ...]

LONGEST_VALUE = 80
"""Characters of a received value that a message shows."""


def problem_lines(
    error: ValidationError, model: type[BaseModel], source: object, root: yaml.Node | None = None
) -> Iterator[str]:
    """Describe all problems of a document.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type
        The model of the document.
    source : object
        What the document is called in the lines: its path.
    root : yaml.Node, optional
        The document as composed from its text; without it the lines have no line numbers.

    Yields
    ------
    str
        ``source:line: dotted.key: rule; value received; remedy``.
    """
    schema = model.model_json_schema()
    for problem in _one_of_each_value(error.errors(include_url=False), schema):
        location, line = _locate(root, problem)
        where = f"{source}:{line}" if line else f"{source}"
        key = ".".join(map(str, location))
        yield f"{where}: {key + ': ' if key else ''}{_sentence(problem, schema)}"


def repeated_keys(node: yaml.Node | None) -> list[tuple[int, str]]:
    """Find the keys that stand twice in one mapping: pairs of line and dotted key."""
    found: list[tuple[int, str]] = []
    visited: set[int] = set()  # an anchor may be met many times, even inside itself

    def visit(node: yaml.Node | None, location: Location) -> None:
        if id(node) in visited:
            return
        visited.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                here = (*location, str(key.value))
                if (key.tag, here) in seen:
                    found.append((key.start_mark.line + 1, ".".join(map(str, here))))
                seen.add((key.tag, here))
                visit(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                visit(value, (*location, index))

    visit(node, ())
    return found


def did_you_mean(received: object, names: Iterable[str]) -> str:
    """End of a message about an unknown name: the nearest known one, or nothing."""
    close = difflib.get_close_matches(str(received), list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _one_of_each_value(problems: Iterable[ErrorDetails], schema: dict[str, Any]) -> list[ErrorDetails]:
    """Make one problem of all that the same single value has: it may be a number or a word, and is neither.

    Pydantic tells one problem for each, and puts the name of a type where the next key would be.
    """
    joined: dict[Location, ErrorDetails] = {}
    for problem in problems:
        location = problem["loc"][:-1]
        if not location or isinstance(problem["loc"][-1], int) or _takes_keys(schema, location):
            joined[(*problem["loc"], len(joined))] = problem
        elif location in joined:
            joined[location]["msg"] += f", or {problem['msg'].removeprefix('Input should be ')}"
        else:
            joined[location] = {**problem, "loc": location, "type": "one_of_several"}
    return list(joined.values())


def _sentence(problem: ErrorDetails, schema: dict[str, Any]) -> str:
    kind, context, received = problem["type"], problem.get("ctx", {}), problem["input"]
    message = problem["msg"].removeprefix("Value error, ")
    last = problem["loc"][-1] if problem["loc"] else None
    if kind == "extra_forbidden":
        known = _known_keys(schema, problem["loc"][:-1])
        return f"unknown key{did_you_mean(last, known) or '; known here: ' + ', '.join(known)}"
    if kind == "missing":
        return "this key is required; add it"
    if kind == "literal_error" and last == "schema_version":
        return f"the schema version must be {context['expected']}; got {received!r}. Update the tools to read this file"
    if kind == "literal_error":
        return f"{message}; got {_short(received)}{did_you_mean(received, _quoted(context['expected']))}"
    if kind == "union_tag_not_found":
        return f"the key {context['discriminator'].strip(chr(39))} is required, it tells what the others mean; add it"
    if kind == "union_tag_invalid":
        tag, expected = context["tag"], context["expected_tags"]
        return f"kind must be one of {expected}; got {tag!r}{did_you_mean(tag, _quoted(expected))}"
    if kind == "value_error":  # our own validators say the value received themselves
        return message
    return f"{message}; got {_short(received)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _quoted(text: str) -> list[str]:
    """Names inside pydantic's list ``'a', 'b' or 'c'``."""
    return text.split("'")[1::2]


def _known_keys(schema: dict[str, Any], location: Location) -> list[str]:
    """Keys that the schema allows at a location."""
    return sorted({name for one in _at(schema, location) for name in one.get("properties", {})})


def _takes_keys(schema: dict[str, Any], location: Location) -> bool:
    """Whether a mapping may stand at a location."""
    return any("properties" in one or "additionalProperties" in one for one in _at(schema, location))


def _at(schema: dict[str, Any], location: Location) -> list[dict[str, Any]]:
    """Parts of the schema that may stand at a location, all members of a union."""
    definitions = schema.get("$defs", {})

    def variants(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in part:
            part = definitions[part["$ref"].rpartition("/")[2]]
        yield part
        for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
            yield from variants(choice)

    def inner(part: dict[str, Any], step: str | int) -> dict[str, Any] | None:
        for one in variants(part):
            if step in one.get("properties", {}):
                found: dict[str, Any] = one["properties"][step]
                return found
            if one.get("properties", {}).get("kind", {}).get("const") == step:
                return one  # pydantic's name of a member of a union
            for key in ("items", "additionalProperties"):
                if isinstance(one.get(key), dict):
                    return dict(one[key])
        return None

    here: dict[str, Any] | None = schema
    for step in location:
        here = inner(here, step) if here is not None else None
    return list(variants(here or {}))


def _locate(node: yaml.Node | None, problem: ErrorDetails) -> tuple[Location, int | None]:
    """Follow a problem's location through the YAML nodes: the keys really written, and the last one's line.

    Pydantic puts the names of union members into a location; they are not keys of the file and are left out.
    """
    location = problem["loc"]
    if node is None:
        return location, None
    found: list[str | int] = []
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if str(part) in pairs:
                key, node = pairs[str(part)]
                line = key.start_mark.line + 1
                found.append(part)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
            found.append(part)
    if not location or problem["type"] == "value_error" or (found and found[-1] == location[-1]):
        return tuple(found), line
    # The key is not in the file: it is missing there, or was set from elsewhere and has no line.
    return (*found, location[-1]), line if problem["type"] == "missing" else None
