"""Every kind of document: its schema as committed, and any content written and read again."""

import json
import types
import typing
from pathlib import Path
from typing import Literal, Union, get_args, get_origin

import annotated_types
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from seg_common.schema.documents import DOCUMENTS
from seg_common.yaml_documents import dump, read_document, write_document

SNAPSHOTS = Path(__file__).parents[2] / "schemas"

texts = st.text(min_size=1, max_size=8)
shapes = st.tuples(*[st.integers(1, 6).map(lambda n: 8 * n)] * 3)

# Fields that validators tie together: what they allow, or hardly any document would be drawn.
SPECIAL = {
    ("VolumeDocument", "partitions"): st.just({}),
    ("VolumeDocument", "voxel_size"): st.just((1.5, 2.0, 1e-7)),
    ("VolumeDocument", "voxel_size_unit"): texts,
    ("VolumeDocument", "classes"): st.lists(texts, min_size=1, max_size=3, unique=True).map(
        lambda names: [{"name": name, "color": "#0A1b2c"} for name in names]
    ),
    ("LabelSource", "ignored_label"): st.sampled_from([None, -1, 255]),
    ("CropsConfig", "shape"): shapes.map(lambda shape: (1, *shape[1:])),
    ("CropsConfig", "partition"): st.just("train"),
    ("ValidationConfig", "partition"): st.just("validation"),
    ("CropsConfig", "slices"): st.sampled_from([1, 3, 5]),
    ("CropsConfig", "normals"): st.sampled_from([["z"], ["x", "y"]]),
    ("CropsConfig", "on_reject"): st.just("drop"),
    ("CropsConfig", "draw"): st.just("reject"),
    ("GridPositions", "stride"): st.just(None),
    ("WeightedPositions", "class_shares"): st.just({"pore": 0.5}),
    ("WeightedPositions", "volume"): st.just(None),
    ("Curve", "points"): st.just([(0.0, 1.0), (0.125, 0.1)]),
    ("Grey", "points"): st.just([(-2.5, 1.0), (0.125, 0.1)]),
    ("Mask", "points"): st.just([(0.0, 1.0)]),
    **{
        (combination, "of"): st.just([{"kind": "mask", "mask": "mask.h5"}, {"kind": "python", "function": "mine:f"}])
        for combination in ("AllOf", "AnyOf", "ProductOf")
    },
    ("UNetConfig", "depth"): st.integers(1, 3),
    ("UNetConfig", "kernel_size"): st.sampled_from([1, 3, (1, 3, 5)]),
    ("UNetConfig", "strides"): st.sampled_from([None, "auto"]),
    **{(loss, "form"): st.just("macro") for loss in ("Jaccard2Config", "DiceConfig")},
    **{(loss, "class_name"): st.just(None) for loss in ("Jaccard2Config", "DiceConfig")},
    ("GreyHistogram", "class_names"): st.just(["a", "b"]),
    ("GreyHistogram", "edges"): st.just([0.0, 0.1, 1e9]),
    ("GreyHistogram", "counts"): st.just([[1, 2], [3, 2**60]]),
    ("VolumeStatistics", "classes"): st.just([{"name": "a", "color": "#0A1b2c"}]),
    ("VolumeStatistics", "edges"): st.just([-0.5, 0.0, 2.0**40]),
    ("RegionStatistics", "voxels"): st.just(2**60 + 3),
    ("RegionStatistics", "class_voxels"): st.just([2**60]),
    ("RegionStatistics", "unlabelled_voxels"): st.just(3),
    ("RegionStatistics", "histogram"): st.just([[2**60, 0]]),
    ("RegionStatistics", "unlabelled_histogram"): st.just([1, 2]),
}


def values(annotation, metadata=()):
    """Draw values of an annotation, within the limits that its metadata set."""
    if get_origin(annotation) is typing.Annotated:
        inner, *extra = get_args(annotation)
        return values(inner, (*metadata, *extra))
    limits = [limit for item in metadata for limit in getattr(item, "metadata", [item])]
    low = max(
        (
            getattr(limit, "ge", getattr(limit, "gt", None))
            for limit in limits
            if hasattr(limit, "ge") or hasattr(limit, "gt")
        ),
        default=None,
    )
    high = min(
        (
            getattr(limit, "le", getattr(limit, "lt", None))
            for limit in limits
            if hasattr(limit, "le") or hasattr(limit, "lt")
        ),
        default=None,
    )
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([values(argument) for argument in arguments])
    if origin is tuple:
        return st.tuples(*[values(argument) for argument in arguments])
    if origin is list:
        return st.lists(values(arguments[0]), min_size=1, max_size=2)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(0 if low is None else low, (2**62 if high is None else high - 1))
    if annotation is float:
        open_low = any(isinstance(limit, annotated_types.Gt) for limit in limits)
        open_high = any(isinstance(limit, annotated_types.Lt) for limit in limits)
        return st.floats(low, high, exclude_min=open_low, exclude_max=open_high, allow_nan=False, allow_infinity=False)
    if annotation is str:
        patterns = [limit.pattern for limit in limits if getattr(limit, "pattern", None)]
        return st.from_regex(patterns[0].replace("$", r"\Z")) if patterns else texts
    if annotation is type(None):
        return st.none()
    assert issubclass(annotation, BaseModel), annotation
    return models(annotation)


def models(model):
    """Draw valid content of a model as the mapping that a file would hold."""
    fields = {}
    for name, field in model.model_fields.items():
        strategy = SPECIAL.get((model.__name__, name))
        fields[name] = values(field.annotation, field.metadata) if strategy is None else strategy
    return st.fixed_dictionaries(fields)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a document of 200 values takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_what_is_written_is_read(tmp_path_factory, kind, suffix, data):
    """The round trip is the identity for any content: any text, any number, every alternative."""
    model = DOCUMENTS[kind]
    try:
        document = model.model_validate(data.draw(models(model)))
    except ValidationError:
        assume(False)
    path = tmp_path_factory.mktemp("document") / f"a.{suffix}"
    write_document(path, document)
    again = read_document(path, model)
    assert again == document
    assert dump(again) == dump(document)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_the_committed_schema_is_that_of_the_model(kind):
    """A change of a document shows in the diff; `seg-common schema KIND > schemas/KIND.json` writes the new one."""
    committed = json.loads((SNAPSHOTS / f"{kind}.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(DOCUMENTS[kind].model_json_schema()))


def test_every_committed_schema_has_its_model():
    """A schema of a document that is gone is gone too."""
    assert {path.stem for path in SNAPSHOTS.glob("*.json")} == set(DOCUMENTS)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_field_is_explained(kind):
    """The schema is documentation: each property has a description, each document requires its kind."""
    schema = DOCUMENTS[kind].model_json_schema()
    assert schema["required"][0] == "kind"
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["description"]
        for name, field in part["properties"].items():
            # pydantic leaves a description away that the part referred to has already
            assert name == "kind" or "$ref" in field or field.get("description"), (part["title"], name)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_the_table_agrees_with_the_models(kind):
    """The kind in the table is the one in the file."""
    assert DOCUMENTS[kind].model_fields["kind"].default == kind
