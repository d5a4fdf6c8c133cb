"""A volume that nobody has labelled, from the network to the terminal."""

import csv

import numpy as np
import pytest

from seg_common.schema.volume import AnnotatedSlices
from seg_eval.evaluate import evaluate_volume
from seg_eval.result_table import result_table

pytestmark = pytest.mark.usefixtures("undrawn")


def test_fractions_doubt_and_slices_to_annotate(world, made, tmp_path):
    volume = made.volume(tmp_path / "new", world.image, name="new")
    evaluation = evaluate_volume(world.model, volume, network=made.ContextNetwork())
    document = evaluation.document
    assert document.uncertainty.mean_entropy == document.mean_entropy
    assert 0 < document.uncertainty.low_confidence_share < 1
    assert document.grey_range.trained_on == "scan (z 0:6, y 0:24, x 0:20)"
    assert document.warnings == []
    chosen = document.annotate_next
    assert len(chosen) == 5
    assert len({one.axis for one in chosen}) == 1
    with evaluation.paths.annotate_next_table.open() as file:
        assert [int(row["index"]) for row in csv.DictReader(file)] == [one.index for one in chosen]
    lines = result_table(document).splitlines()
    assert lines[0].split("  ")[-1] == "by probability"
    assert any(line.startswith("uncertainty: mean entropy") for line in lines)
    (place,) = (n for n, line in enumerate(lines) if line.startswith("annotate next: slices"))
    assert f"= {chosen[0].index}, {chosen[1].index}" in lines[place]
    axis = chosen[0].axis
    assert lines[place + 1].strip() == (
        f"seg-data add-labels {tmp_path}/new NAME --label-slices FOLDER --label-axis {axis} "
        "--class matrix --class fibre --class pore"
    )


def test_a_brighter_scan_is_warned_of(world, made, tmp_path):
    """Another exposure: all bright voxels saturate."""
    image = np.where(world.image > 100, 255, world.image).astype(np.uint8)
    document = evaluate_volume(
        world.model, made.volume(tmp_path / "new", image), network=made.ThresholdNetwork()
    ).document
    (warning,) = document.warnings
    assert "not explained by the classes as they were in training" in warning
    assert f"warning: {warning}" in result_table(document)


def test_a_volume_with_labels_everywhere_asks_for_none(evaluated):
    _, evaluation = evaluated
    assert evaluation.document.annotate_next == []
    assert not evaluation.paths.annotate_next_table.exists()
    assert "annotate next" not in result_table(evaluation.document)


def test_a_volume_with_a_few_labelled_slices_asks_for_more(world, made, tmp_path):
    """Across the same axis, and away from what has labels: 12 slices, 5 wanted, so only z = 3 is left out."""
    labels = np.full_like(world.labels, 255)
    labels[:, 3] = world.labels[:, 3]
    volume = made.volume(
        tmp_path / "sparse",
        world.image,
        labels,
        ignored_label=255,
        annotated=AnnotatedSlices(axis="y", indices=[3]),
    )
    document = evaluate_volume(world.model, volume, network=made.ContextNetwork()).document
    assert {one.axis for one in document.annotate_next} == {"y"}
    assert all(abs(one.index - 3) >= 2 for one in document.annotate_next)
