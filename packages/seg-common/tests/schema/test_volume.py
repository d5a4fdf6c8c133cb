"""What a volume.yaml may say."""

import pytest
from pydantic import ValidationError

from seg_common.schema.volume import VolumeDocument

GOOD = {
    "name": "scan",
    "image": {"path": "image.h5"},
    "shape": (10, 5, 5),
    "dtype": "uint8",
    "labels": {"expert": {"path": "labels.h5"}},
    "classes": [{"name": "matrix", "color": "#000000"}, {"name": "pore", "color": "#ffffff"}],
}


def box(start, stop):
    return {"start": (start, 0, 0), "shape": (stop - start, 5, 5)}


def test_names_and_colours_come_in_the_order_of_the_indices():
    """A class's index is its place in the list."""
    document = VolumeDocument.model_validate(GOOD)
    assert document.class_names == ["matrix", "pore"]
    assert document.class_colors == ["#000000", "#ffffff"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"partitions": {"train": box(0, 6), "validation": box(5, 7)}},
            r"'train' and 'validation' must not overlap; they share z 5:6",
        ),
        ({"partitions": {"test": box(0, 10), "train": box(9, 10)}}, r"'train' and 'test' must not overlap"),
        ({"partitions": {"train": box(0, 11)}}, r"'train' must lie inside the volume; got z 0:11.*\(10, 5, 5\)"),
        ({"partitions": {"train": box(-1, 1)}}, r"'train' must lie inside the volume"),
        ({"classes": []}, r"label volumes need classes; got labels \['expert'\]"),
        ({"classes": [{"name": "a", "color": "#000000"}] * 2}, r"class names must be unique; got \['a', 'a'\]"),
        ({"classes": [{"name": f"{n}", "color": "#000000"} for n in range(256)]}, r"at most 255 classes.*got 256"),
        ({"classes": [{"name": "a", "color": "red"}]}, r"pattern"),
        ({"labels": {"expert": {"path": "a", "ignored_label": 1}}}, r"not be a class index; got 1 in labels 'expert'"),
        ({"voxel_size": (1, 1, 1)}, r"voxel_size and voxel_size_unit belong together; got \(1.0, 1.0, 1.0\) and None"),
        ({"voxel_size_unit": "um"}, r"voxel_size and voxel_size_unit belong together"),
        ({"voxel_size": (1, 0, 1), "voxel_size_unit": "um"}, r"greater than 0"),
        ({"shape": (10, 5)}, r"Field required"),
        ({"dtype": "complex64"}, r"'uint8', 'uint16'"),
        ({"image": {"path": "a", "digest": "md5:0"}}, r"pattern"),
    ],
)
def test_contradictions_are_refused(change, words):
    """With the rule and the values that break it."""
    with pytest.raises(ValidationError, match=words):
        VolumeDocument.model_validate(GOOD | change)


def test_all_problems_of_partitions_are_told_at_once():
    """Two that overlap and one outside."""
    partitions = {"train": box(0, 6), "validation": box(5, 7), "test": box(7, 12)}
    with pytest.raises(ValidationError, match=r"'test' must lie inside.*'train' and 'validation' must not overlap"):
        VolumeDocument.model_validate(GOOD | {"partitions": partitions})


def test_partitions_that_touch_and_those_of_other_names_are_free():
    """Only train, validation and test exclude each other."""
    partitions = {"train": box(0, 5), "validation": box(5, 7), "nice": box(0, 10), "nicer": box(4, 6)}
    document = VolumeDocument.model_validate(GOOD | {"partitions": partitions})
    assert list(document.partitions) == ["train", "validation", "nice", "nicer"]


@pytest.mark.parametrize("ignored", [-1, 2, 255])
def test_an_ignored_label_is_any_value_that_is_no_class(ignored):
    """With two classes, 2 is free."""
    labels = {"expert": {"path": "labels.h5", "ignored_label": ignored}}
    assert VolumeDocument.model_validate(GOOD | {"labels": labels}).labels["expert"].ignored_label == ignored
