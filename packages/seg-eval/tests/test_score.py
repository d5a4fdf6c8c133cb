import subprocess
import sys

import h5py
import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
from seg_common.geometry.box import Box
from seg_common.schema.evaluation import LabelValues
from seg_common.volume.writing.array_writer import array_writer
from seg_eval.score import score_labels

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def pair(tmp_path):
    """Two label volumes in one HDF5 file: 16 voxels of class 1, of which 12 are found, and 2 too many."""
    reference = np.zeros((4, 4, 4), np.uint8)
    reference[:2, :2] = 1
    prediction = reference.copy()
    prediction[0, 0] = 0
    prediction[3, 3, :2] = 1
    with h5py.File(tmp_path / "pair.h5", "w") as file:
        file["truth"], file["answer"] = reference, prediction
    return f"{tmp_path}/pair.h5::truth", f"{tmp_path}/pair.h5::answer"


def test_scores_by_hand(pair, tmp_path):
    evaluation = score_labels(*pair, output=tmp_path / "out", class_names=("air", "grain"))
    document = evaluation.document
    assert document.scheme == "label_volumes"
    assert document.confusion == [[46, 2], [4, 12]]
    grain = document.classes[1]
    assert (grain.name, grain.jaccard, grain.precision, grain.recall) == ("grain", 12 / 18, 12 / 14, 12 / 16)
    assert document.error_blobs["grain"].fn.count == 1
    assert document.error_blobs["grain"].fn.largest[0].longest_axis == "x"
    assert (document.model, document.volume, document.aggregation) == (None, None, None)


def test_the_constant_answer_says_that_it_saw_the_reference(pair, tmp_path):
    constant = score_labels(*pair, output=tmp_path / "out").document.baselines["constant"]
    assert constant.fitted_on.startswith("the reference itself")
    assert constant.description == "class 0 everywhere"
    assert [info.jaccard for info in constant.classes] == [48 / 64, 0.0]


def test_classes_are_counted_when_nobody_names_them(pair, tmp_path):
    """One for each value up to the largest in either volume."""
    with h5py.File(tmp_path / "pair.h5", "a") as file:
        file["answer"][0, 0, 0] = 3
    document = score_labels(*pair, output=tmp_path / "out").document
    assert [info.name for info in document.classes] == ["class 0", "class 1", "class 2", "class 3"]
    assert document.classes[2].jaccard is None


def test_a_volume_gives_classes_ignored_label_and_grey_levels(made, tmp_path):
    image, labels = made.scan((6, 12, 10))
    labels[0] = 255
    volume = made.volume(
        tmp_path / "scan", image, labels, ignored_label=255, voxel_size=(3.0, 1.0, 1.0), voxel_size_unit="nm"
    )
    np.save(tmp_path / "answer.npy", np.where(labels == 255, 0, labels))
    document = score_labels(
        f"{tmp_path}/scan/labels.npy", f"{tmp_path}/answer.npy", output=tmp_path / "out", volume=volume
    ).document
    assert [info.name for info in document.classes] == ["matrix", "fibre", "pore"]
    assert (document.mean_jaccard, document.ignored_voxels) == (1.0, 120)
    assert document.volume.voxel_size == (3.0, 1.0, 1.0)


def test_everything_ignored_scores_nothing(tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 2, 2), 9, np.uint8))
    np.save(tmp_path / "b.npy", np.zeros((2, 2, 2), np.uint8))
    document = score_labels(
        tmp_path / "a.npy", tmp_path / "b.npy", output=tmp_path / "out", ignored_labels=[9]
    ).document
    assert (document.mean_jaccard, document.accuracy, document.voi) == (None, None, None)
    assert (document.baselines, document.voxels) == ({}, 0)


def save(tmp_path, **arrays):
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return [str(tmp_path / f"{name}.npy") for name in arrays]


@pytest.mark.parametrize(
    ("prediction", "options", "message"),
    [
        (np.zeros((2, 2, 3), np.uint8), {}, r"one shape; .* has \(2, 2, 2\) and .* \(2, 2, 3\)"),
        (np.zeros((2, 2, 2), np.float32), {}, "labels must be integers; .* has dtype float32"),
        (np.full((2, 2, 2), -1, np.int16), {}, r"must not be negative; .*b.npy holds -1"),
        (
            np.full((2, 2, 2), -1, np.int16),
            {"class_names": ("air", "grain")},
            r"class indices 0 … 1; .*b.npy holds -1 \(8 voxels\). Map them with --map-prediction OLD=NEW.",
        ),
        (np.full((2, 2, 2), 2, np.uint8), {"class_names": ("air", "grain")}, "class indices 0 … 1; .* holds 2"),
        (np.full((2, 2, 2), 4000, np.uint16), {}, "go up to 4000.*ids of single objects"),
        (np.zeros((2, 2, 2), np.uint8), {"class_names": ("air", "air")}, "class names must be unique; got air, air"),
    ],
)
def test_bad_labels_are_refused(tmp_path, prediction, options, message):
    reference, answer = save(tmp_path, a=np.zeros((2, 2, 2), np.uint8), b=prediction)
    with pytest.raises(LabelVolumeError, match=message):
        score_labels(reference, answer, output=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def write(path, labels):
    """Write labels in the format that the suffix names."""
    with array_writer(path, labels.shape, labels.dtype) as writer:
        for box in writer.slabs():
            writer.write(box, labels[box.slices()])
    return path


@pytest.mark.parametrize("suffix", [".h5", ".mha", ".npy", ".nrrd", ".raw", ".tif", ".xdmf", ".zarr"])
def test_labels_of_every_format_give_the_same_scores(tmp_path, suffix):
    """As another tool may leave them: 0 and 255, in 8 bits or 16."""
    reference = np.zeros((3, 4, 5), np.uint8)
    reference[:2, :2] = 1
    prediction = reference.copy()
    prediction[0, 0] = 0
    truth = write(tmp_path / f"truth{suffix}", reference * np.uint8(255))
    answer = write(tmp_path / f"answer{suffix}", prediction.astype(np.uint16) * 300)
    document = score_labels(
        truth, answer, output=tmp_path / "out", map_reference={255: 1}, map_prediction={300: 1}
    ).document
    assert document.confusion == [[40, 0], [5, 15]]
    assert document.label_values == LabelValues(reference={255: 1}, prediction={300: 1})


def test_several_values_are_ignored(tmp_path):
    """Reference 8 and 9 count nowhere; the prediction holds 9 where the reference does, and a class where that holds 8."""
    reference = np.array([[[0, 0, 1, 1, 8, 9]]], np.uint8)
    prediction = np.array([[[0, 1, 1, 1, 1, 9]]], np.uint8)
    truth, answer = save(tmp_path, a=reference, b=prediction)
    document = score_labels(truth, answer, output=tmp_path / "out", ignored_labels=(8, 9)).document
    assert (document.confusion, document.ignored_voxels) == ([[1, 1], [0, 2]], 2)
    assert document.label_values.ignored == [8, 9]
    assert any("2 voxels with the ignored label 8 or 9" in note for note in document.left_out)


def test_an_ignored_value_where_the_reference_is_known_is_refused(tmp_path):
    truth, answer = save(tmp_path, a=np.array([[[0, 9]]], np.uint8), b=np.array([[[9, 9]]], np.uint8))
    with pytest.raises(LabelVolumeError, match=r"b.npy holds 255 \(1 voxels\)"):
        score_labels(truth, answer, output=tmp_path / "out", ignored_labels=(9,), class_names=("a", "b"))


def test_zero_may_mean_unknown(tmp_path):
    truth, answer = save(tmp_path, a=np.array([[[0, 1, 2]]], np.uint8), b=np.array([[[0, 0, 1]]], np.uint8))
    document = score_labels(truth, answer, output=tmp_path / "out", ignored_labels=(0,), map_reference={1: 0, 2: 1})
    assert document.document.confusion == [[1, 0], [0, 1]]


def test_a_region_scores_what_its_voxels_score_alone(pair, tmp_path):
    """By the crops of both volumes in numpy."""
    with h5py.File(tmp_path / "pair.h5") as file:
        reference, prediction = file["truth"][()], file["answer"][()]
    region = Box(start=(0, 0, 1), shape=(3, 2, 3))
    crops = save(tmp_path, a=reference[region.slices()], b=prediction[region.slices()])
    alone = score_labels(*crops, output=tmp_path / "alone").document
    inside = score_labels(*pair, output=tmp_path / "inside", region="0:3,0:2,1:").document
    assert inside.region == region
    assert inside.confusion == alone.confusion
    assert inside.reference_digest == alone.reference_digest
    assert inside.error_blobs_pooled.largest[0].box == alone.error_blobs_pooled.largest[0].box.shifted((0, 0, 1))


def test_a_prediction_of_a_part_is_scored_where_it_lies(pair, tmp_path):
    """With probabilities and another method's labels, which lie at the same place."""
    with h5py.File(tmp_path / "pair.h5") as file:
        part = file["answer"][1:, 1:]
    answer, sure = save(tmp_path, part=part, sure=np.eye(2, dtype=np.float32)[part])
    document = score_labels(
        pair[0],
        answer,
        output=tmp_path / "out",
        prediction_start=(1, 1, 0),
        probabilities=sure,
        other_labels={"truth": pair[0]},
    ).document
    assert document.region == Box(start=(1, 1, 0), shape=(3, 3, 4))
    assert document.confusion == [[30, 2], [0, 4]]
    assert document.baselines["truth"].mean_jaccard == 1.0
    assert document.classes[1].estimated_fraction_by_probability == pytest.approx(6 / 36)


def test_a_voxel_size_gives_physical_units(pair, tmp_path):
    document = score_labels(
        *pair,
        output=tmp_path / "out",
        voxel_size=(2.0, 1.0, 1.0),
        voxel_size_unit="micron",
        class_names=("a", "b=#112233"),
    ).document
    assert (document.voxel_size, document.voxel_size_unit, document.volume) == ((2.0, 1.0, 1.0), "um", None)
    assert document.error_blobs["b"].fn.physical.total == 4 * 2.0
    assert document.surfaces["b"].unit == "um"
    assert document.classes[1].color == "#112233"


def test_no_machine_learning_is_imported(pair, tmp_path):
    """Not even when it is installed."""
    code = (
        "import sys\nfrom seg_eval import score_labels\n"
        f"score_labels({pair[0]!r}, {pair[1]!r}, output={str(tmp_path / 'out')!r})\n"
        "print(*{'tensorflow', 'keras', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == ""


def test_a_wrong_dataset_is_refused_with_those_there_are(pair, tmp_path):
    with pytest.raises(VolumeError, match=r"no 'labels', it holds: answer .*truth"):
        score_labels(f"{tmp_path}/pair.h5::labels", pair[1], output=tmp_path / "out")


def test_the_output_is_refused_before_any_work(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("")
    with pytest.raises(OutputExistsError):
        score_labels("missing.h5", "missing.h5", output=tmp_path / "out")
