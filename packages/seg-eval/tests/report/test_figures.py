import numpy as np
import pytest
from PIL import Image

from seg_eval.evaluate import evaluate_volume
from seg_eval.score import score_labels

NAMES = ["blob_sizes.png", "confusion.png", "overlay.png", "section_x.png", "section_y.png", "volume_fractions.png"]


def test_equal_figures_are_equal_files(evaluated, made, tmp_path):
    """No date inside, so that a picture changes only when its content does."""
    world, evaluation = evaluated
    again = evaluate_volume(world.model, network=made.ThresholdNetwork(), output=tmp_path / "again")
    assert sorted(path.name for path in again.paths.pictures.iterdir()) == NAMES
    for name in NAMES:
        assert (evaluation.paths.pictures / name).read_bytes() == (again.paths.pictures / name).read_bytes()
        with Image.open(again.paths.pictures / name) as picture:
            assert min(picture.size) > 100


@pytest.mark.parametrize("shape", [(1, 6, 6), (5, 1, 7), (1, 1, 1)])
def test_flat_volumes_are_drawn(tmp_path, shape):
    labels = np.zeros(shape, np.uint8)
    labels.flat[0] = 1
    np.save(tmp_path / "a.npy", labels)
    score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out")
    assert (tmp_path / "out" / "pictures" / "overlay.png").is_file()


def test_nothing_to_measure_is_drawn_as_nothing(tmp_path):
    """Every voxel ignored: fractions are unknown, and no class has a blob."""
    np.save(tmp_path / "a.npy", np.full((2, 2, 2), 9, np.uint8))
    score_labels(tmp_path / "a.npy", tmp_path / "a.npy", output=tmp_path / "out", ignored_labels=[9])
    assert (tmp_path / "out" / "pictures" / "volume_fractions.png").is_file()
