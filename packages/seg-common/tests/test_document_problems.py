"""Sentences about problems: the right key, the right neighbour, and a length that fits a line."""

import pytest

from seg_common.document_problems import did_you_mean
from seg_common.errors import DocumentError
from seg_common.schema.training import TrainingConfig
from seg_common.schema.volume import VolumeDocument
from seg_common.yaml_documents import read_document, validate


def problems(tmp_path, text):
    path = tmp_path / "train.yaml"
    path.write_text(f"kind: training_config\nvolume: scan\n{text}")
    with pytest.raises(DocumentError) as caught:
        read_document(path, TrainingConfig)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("epoch: 3", "3: epoch: unknown key; did you mean 'epochs'?"),
        ("crops:\n  shap: [1, 8, 8]", "4: crops.shap: unknown key; did you mean 'shape'?"),
        (
            "crops:\n  positions:\n    kind: grid\n    min_overlp: [0, 0, 0]",
            "6: crops.positions.min_overlp: unknown key; did you mean 'min_overlap'?",
        ),
        (
            "loss: {batch_size: 3}",
            "3: loss.batch_size: unknown key; known here: class_name, form, kind, over, smoothing",
        ),
        (
            "crops: {rejection: {kind: curve, class_name: a, point: [[0, 0]], points: [[0, 1]]}}",
            "3: crops.rejection.point: unknown key; did you mean 'points'?",
        ),
    ],
)
def test_an_unknown_key_is_compared_with_the_keys_of_its_place(tmp_path, text, line):
    """Not with keys that are known elsewhere in the document only."""
    assert problems(tmp_path, text) == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "learning_rate: {kind: cosin}",
            "3: learning_rate: kind must be one of 'constant', 'linear', 'log', 'cosine', 'plateau', 'composed'; got 'cosin'; "
            "did you mean 'cosine'?",
        ),
        (
            "learning_rate:\n  kind: composed\n  parts:\n  - schedule: {kind: log, first: 1}",
            "6: learning_rate.parts.0.schedule.first: unknown key; known here: end, kind, start",
        ),
        (
            "learning_rate:\n  kind: composed\n  parts:\n  - schedule: {kind: plateau}",
            "6: learning_rate.parts.0.schedule: a part of a composed schedule must follow from the step alone, and a plateau waits "
            "for the validation; got kind 'plateau'. Take it as the whole schedule",
        ),
        (
            "learning_rate:\n  kind: composed\n  parts:\n  - schedule: {kind: composed, parts: []}",
            "6: learning_rate.parts.0.schedule: a part of a composed schedule must be no composed one itself; got kind 'composed'. "
            "List its parts instead",
        ),
        (
            "crops:\n  positions: {min_overlap: [0, 0, 0]}",
            "4: crops.positions: the key kind is required, it tells what the others mean; add it",
        ),
        (
            "model: {down: stridet}",
            "3: model.down: Input should be 'strided' or 'pooled'; got 'stridet'; did you mean 'strided'?",
        ),
        (
            "schema_version: 2",
            "3: schema_version: the schema version must be 1; got 2. Update the tools to read this file",
        ),
        ("model:\n  kernel_size: 4", "3: model: kernel_size must be odd, so that the output stays aligned; got 4"),
        ("crops:\n  shape: [1, 0, 8]", "4: crops.shape.1: Input should be greater than or equal to 1; got 0"),
        ("crops:\n  shape: [1, 8]", "4: crops.shape.2: this key is required; add it"),
        ("7: 8", "3: 7: Keys should be strings; got 7"),
    ],
)
def test_every_sort_of_problem_has_a_sentence(tmp_path, text, line):
    """Rule, value received, remedy; the key as it stands in the file, without the names of alternatives."""
    assert problems(tmp_path, text) == [line]


def test_keys_inside_lists_and_named_parts_are_compared_too(tmp_path):
    """A class's colour, a label version's path."""
    path = tmp_path / "volume.yaml"
    path.write_text(
        "kind: volume\nname: a\nimage: {path: a.h5}\nshape: [1, 1, 1]\ndtype: uint8\n"
        "classes:\n- {name: a, color: '#000000', colr: red}\nlabels:\n  expert: {path: b.h5, datset: c}\n"
    )
    with pytest.raises(DocumentError) as caught:
        read_document(path, VolumeDocument)
    assert sorted(str(caught.value).splitlines()) == [
        f"{path}:7: classes.0.colr: unknown key; did you mean 'color'?",
        f"{path}:9: labels.expert.datset: unknown key; did you mean 'dataset'?",
    ]


def test_a_long_value_is_cut(tmp_path):
    """A whole list in the place of a number would fill the screen."""
    (line,) = problems(tmp_path, f"epochs: {list(range(1000))}")
    assert line.endswith("…")
    assert len(line) < 200


def test_problems_of_several_places_come_together(tmp_path):
    """One run, all mistakes."""
    found = problems(tmp_path, "epochs: 0\nbatchsize: 4\nmodel: {depth: 9}\n")
    assert sorted(line.split(":")[0] for line in found) == ["3", "4", "5"]


def test_a_name_like_no_other_gets_no_advice():
    """A wrong proposal is worse than none."""
    assert did_you_mean("zzz", ["epochs"]) == ""
    assert did_you_mean(3, ["epochs"]) == ""


def test_a_value_that_may_be_of_several_types_is_one_problem(tmp_path):
    """Each type that it might have had is named once; neighbours keep their own lines."""
    found = problems(tmp_path, "batch_size: many\nmodel: {kernel_size: a}\nepochs: 0\n")
    number = "Input should be a valid integer, unable to parse string as an integer"
    assert sorted(found) == [
        f"3: batch_size: {number}, or 'auto'; got 'many'",
        f"4: model.kernel_size: {number}, or a valid tuple; got 'a'",
        "5: epochs: Input should be greater than or equal to 1; got 0",
    ]


def test_a_key_that_was_set_from_elsewhere_keeps_its_name_and_has_no_line(tmp_path):
    """A setting of the command line is checked with the file's keys, and stands in none of its lines."""
    path = tmp_path / "train.yaml"
    path.write_text("kind: training_config\nvolume: volume.yaml\n")
    data = {"kind": "training_config", "volume": "volume.yaml", "epochz": 4, "batch_size": 0}
    with pytest.raises(DocumentError) as caught:
        validate(data, TrainingConfig, path)
    assert sorted(str(caught.value).splitlines()) == [
        f"{path}: batch_size: Input should be greater than or equal to 1, or 'auto'; got 0",
        f"{path}: epochz: unknown key; did you mean 'epochs'?",
    ]
