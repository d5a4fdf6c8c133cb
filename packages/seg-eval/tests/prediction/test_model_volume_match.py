import numpy as np
import pytest

from seg_common.errors import SegError, VolumeError
from seg_common.schema.volume import ClassInfo, VolumeDocument
from seg_common.yaml_documents import read_document, write_document
from seg_eval.prediction.model_volume_match import checked_image_digest, open_matching_volume
from seg_eval.prediction.trained_model import open_model


def test_the_training_volume_is_found_and_its_digest_checked(world):
    model = open_model(world.model)
    with open_matching_volume([model], None) as volume:
        assert volume.path == world.volume
        assert checked_image_digest(model, volume, trained_on=True) == model.record.data.image_digest


def test_a_changed_training_volume_is_refused_with_both_digests(world):
    model = open_model(world.model)
    image = world.image.copy()
    image[0, 0, 0] ^= 1
    np.save(world.volume.parent / "image.npy", image)
    with (
        open_matching_volume([model], None) as volume,
        pytest.raises(VolumeError, match=rf"digest {model.record.data.image_digest}; .* has sha256:\w+.*--volume"),
    ):
        checked_image_digest(model, volume, trained_on=True)
    with open_matching_volume([model], world.volume) as volume:  # named on purpose
        assert checked_image_digest(model, volume, trained_on=False) != model.record.data.image_digest


def test_an_image_other_than_its_document_says_is_refused(world):
    document = read_document(world.volume, VolumeDocument)
    stale = document.image.model_copy(update={"digest": "sha256:" + "0" * 64})
    write_document(world.volume, document.model_copy(update={"image": stale}), overwrite=True)
    with (
        open_matching_volume([open_model(world.model)], world.volume) as volume,
        pytest.raises(VolumeError, match=r"digest sha256:0+; .* has sha256"),
    ):
        checked_image_digest(open_model(world.model), volume, trained_on=False)


def test_a_moved_training_volume_is_said(world):
    world.volume.unlink()
    with pytest.raises(SegError, match=r"was trained on .*name it with --volume"):
        open_matching_volume([open_model(world.model)], None)


def test_other_classes_are_refused_with_both_lists(world, made, tmp_path):
    other = [made.CLASSES[0], ClassInfo(name="pore", color="#56b4e9"), ClassInfo(name="fibre", color="#e69f00")]
    volume = made.volume(tmp_path / "other", world.image, world.labels, classes=other)
    with pytest.raises(VolumeError, match=r"in this order: matrix, fibre, pore; .* has: matrix, pore, fibre"):
        open_matching_volume([open_model(world.model)], volume)


def test_another_dtype_is_refused(world, made, tmp_path):
    volume = made.volume(tmp_path / "other", world.image.astype(np.uint16), world.labels)
    with pytest.raises(VolumeError, match=r"trained on, uint8; .* has uint16"):
        open_matching_volume([open_model(world.model)], volume)


def test_the_label_version_of_the_training_run_is_taken(world):
    """Not the first one of the document."""
    document = read_document(world.volume, VolumeDocument)
    versions = {"automatic": document.labels["manual"], **document.labels}
    write_document(world.volume, document.model_copy(update={"labels": versions}), overwrite=True)
    with open_matching_volume([open_model(world.model)], world.volume) as volume:
        assert volume.labels_name == "manual"
