import h5py
import numpy as np
import pytest

from seg_common.errors import LabelVolumeError, OutputExistsError, VolumeError
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
    document = score_labels(tmp_path / "a.npy", tmp_path / "b.npy", output=tmp_path / "out", ignored_label=9).document
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
        (np.full((2, 2, 2), -1, np.int16), {"class_names": ("air", "grain")}, "class indices 0 … 1; .* holds -1"),
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


def test_a_wrong_dataset_is_refused_with_those_there_are(pair, tmp_path):
    with pytest.raises(VolumeError, match=r"no 'labels', it holds: answer .*truth"):
        score_labels(f"{tmp_path}/pair.h5::labels", pair[1], output=tmp_path / "out")


def test_the_output_is_refused_before_any_work(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("")
    with pytest.raises(OutputExistsError):
        score_labels("missing.h5", "missing.h5", output=tmp_path / "out")
