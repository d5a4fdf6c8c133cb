"""What all documents share: strict, frozen models with a kind and a schema version."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SchemaVersion = Literal[1]
"""Version of a document's schema; it moves apart from the packages' versions."""

Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class StrictModel(BaseModel):
    """A frozen value; unknown keys, NaN and infinities are errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )


class Document(StrictModel):
    """A file of its own: it names its kind, so that any tool can tell what it reads."""

    kind: str
    """What the document describes."""
    schema_version: SchemaVersion = 1
    """Version of the document's schema."""
