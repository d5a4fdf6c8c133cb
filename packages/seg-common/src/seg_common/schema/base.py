"""What all documents share: strict, frozen models with a kind and a schema version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

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

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Require the key ``kind``, as `seg_common.yaml_documents.validate` does."""
        found = handler.resolve_ref_schema(handler(schema))
        found["required"] = ["kind", *(name for name in found.get("required", []) if name != "kind")]
        return found

    kind: str
    """What the document describes."""
    schema_version: SchemaVersion = 1
    """Version of the document's schema."""
