import pytest

from seg_common.errors import ModelFolderError
from seg_eval.prediction.trained_model import open_model


def test_reference_carries_what_tables_need(world):
    """Best weights have seen the crops of the best epoch only: 2 epochs of 32."""
    reference = open_model(world.model).reference()
    assert (reference.name, reference.weights, reference.crops) == ("toy", "best.keras", 64)
    assert (reference.batch_size, reference.image_size, reference.channels) == (8, (1, 16, 16), 1)
    assert reference.weights_digest.startswith("sha256:")


def test_last_weights_have_seen_every_crop(world):
    (world.model / "last.keras").write_bytes(b"last")
    assert open_model(world.model, "last").crops_seen == 96


def test_missing_weights_are_refused_with_a_remedy(world):
    with pytest.raises(ModelFolderError, match=r"status: finished\) has no last.keras.*--weights best"):
        open_model(world.model, "last")


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ModelFolderError, match=r"must hold metadata\.yaml"):
        open_model(tmp_path)
