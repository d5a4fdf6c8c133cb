"""Tests of batches: the right voxels, turned alike, in the dtype of the file."""

from __future__ import annotations

import numpy as np
import pytest

from seg_common.errors import CropError, LabelVolumeError, VolumeError
from seg_common.geometry.box import Box
from seg_common.geometry.symmetries import symmetries_of
from seg_common.schema.crops import CropsConfig
from seg_common.schema.volume import ArraySource
from seg_common.volume.hdf5 import hdf5_writer
from seg_common.volume.opened_volume import open_volume
from seg_common.yaml_documents import write_document
from seg_data import IGNORED, Crop, CropReader, make_sampler

SHAPE = (6, 10, 12)


def numbered_image(shape: tuple[int, int, int], dtype: str = "uint16") -> np.ndarray:
    """Give every voxel its own grey level, so that a voxel tells where it was read."""
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def labels_of(image: np.ndarray) -> np.ndarray:
    """Labels that follow from the grey level, so that a misplaced label shows."""
    return (image % 3).astype(np.uint8)


@pytest.fixture
def volume(make_volume):
    """A volume whose grey levels tell the place and the label."""
    image = numbered_image(SHAPE)
    return make_volume(image, labels_of(image))


def reader_for(volume, **config) -> CropReader:
    """A reader of crops with these settings."""
    return CropReader(make_sampler(volume, CropsConfig.model_validate(config), 0))


def test_3d_batch(volume):
    """One channel, dtype untouched, voxels of the boxes in order."""
    reader = reader_for(volume, shape=(2, 4, 4), symmetries=False)
    batch = reader.batch(3, 5)
    assert (batch.image.shape, batch.image.dtype) == ((5, 2, 4, 4, 1), np.uint16)
    assert (batch.labels.shape, batch.labels.dtype) == ((5, 2, 4, 4), np.uint8)
    crop = make_sampler(volume, CropsConfig(shape=(2, 4, 4)), 0).crop(3)
    assert np.array_equal(batch.image[0, ..., 0], numbered_image(SHAPE)[crop.box.slices()])


def test_2d_batch_has_no_z(volume):
    """One slice, one channel."""
    batch = reader_for(volume, shape=(1, 4, 6)).batch(0, 2)
    assert batch.image.shape == (2, 4, 6, 1)
    assert batch.labels.shape == (2, 4, 6)


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 3, 3), (2, 4, 4)])
def test_image_and_labels_are_turned_alike(volume, shape):
    """Under every symmetry the label still follows from the grey level."""
    reader = reader_for(volume, shape=shape)
    box = Box(start=(1, 2, 3), shape=shape)
    crops = [Crop(n, box, symmetry) for n, symmetry in enumerate(range(len(symmetries_of(shape))))]
    batch = reader.read(crops)
    assert np.array_equal(labels_of(batch.image[..., 0]), batch.labels)
    assert len({image.tobytes() for image in batch.image}) == len(crops)


def test_25d_takes_slices_as_channels_mirrored_at_the_partition(make_volume):
    """In the partition 2:6, the five slices around slice 3 are 3 2 3 4 5: slice 1 belongs to others and is slice 3 mirrored."""
    image = numbered_image(SHAPE)
    volume = make_volume(image, labels_of(image), partitions={"train": Box(start=(2, 0, 0), shape=(4, 10, 12))})
    reader = reader_for(volume, shape=(1, 4, 6), slices=5)
    batch = reader.read([Crop(0, Box(start=(3, 1, 2), shape=(1, 4, 6)))])
    expected = np.stack([image[z, 1:5, 2:8] for z in (3, 2, 3, 4, 5)], axis=-1)
    assert np.array_equal(batch.image[0], expected)
    assert np.array_equal(batch.labels[0], labels_of(image)[3, 1:5, 2:8])


def test_ignored_labels_become_255(make_volume):
    """Whatever number the volume gives them, a network sees one."""
    image = numbered_image(SHAPE)
    labels = labels_of(image)
    labels[0, 0, 0] = 7
    batch = reader_for(make_volume(image, labels, ignored_label=7), shape=(1, 4, 4)).read(
        [Crop(0, Box(start=(0, 0, 0), shape=(1, 4, 4)))]
    )
    assert batch.labels[0, 0, 0] == IGNORED
    assert batch.labels[0, 0, 1] == 1


def test_labels_outside_the_classes_are_refused(make_volume):
    """A wrong label never reaches a loss."""
    image = numbered_image(SHAPE)
    volume = make_volume(image, labels_of(image) + np.uint8(1))
    with pytest.raises(LabelVolumeError, match="3"):
        reader_for(volume, shape=(1, 4, 4))
    lazy = make_sampler(volume, CropsConfig(shape=(1, 4, 4)), 0, budget_bytes=0)
    with pytest.raises(LabelVolumeError, match="3"):
        CropReader(lazy).batch(0, 1)


def test_unlabelled_volumes_give_images_only(make_volume):
    """There is nothing to learn from, but something to see."""
    assert reader_for(make_volume(numbered_image(SHAPE)), shape=(1, 4, 4)).batch(0, 2).labels is None


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 3, 3), (2, 4, 4), (2, 3, 4)])
def test_turning_keeps_the_histogram_of_labels(volume, shape):
    """Every symmetry of every crop has the voxels of the crop as it is."""
    turned, plain = (reader_for(volume, shape=shape, symmetries=wanted).batch(0, 60) for wanted in (True, False))
    for one, other in zip(turned.labels, plain.labels, strict=True):
        assert np.bincount(one.ravel(), minlength=3).tolist() == np.bincount(other.ravel(), minlength=3).tolist()
    assert not np.array_equal(turned.labels, plain.labels)


class TestVoxelWeights:
    """Weights go along with the labels."""

    @pytest.fixture
    def weighted(self, volume):
        """The volume with weights that follow from its grey levels, registered under a name."""
        with hdf5_writer(volume.path.parent / "w.h5", "weights", SHAPE, np.float16) as array:
            array[...] = numbered_image(SHAPE) / 4
        document = volume.document.model_copy(update={"weights": {"mine": ArraySource(path="w.h5")}})
        write_document(volume.path, document, overwrite=True)
        return volume.path

    @pytest.mark.parametrize("budget_bytes", [0, 2**28])
    @pytest.mark.parametrize(
        "changes", [{"shape": (2, 4, 4)}, {"shape": (1, 4, 4), "normals": ["y", "x"], "slices": 3}]
    )
    def test_they_are_cut_and_turned_like_the_image(self, weighted, budget_bytes, changes):
        """float32, whatever is stored; a quarter of the grey level of the same voxel."""
        with open_volume(weighted, weights="mine") as volume:
            reader = CropReader(
                make_sampler(volume, CropsConfig(voxel_weights="mine", **changes), 0, budget_bytes=budget_bytes)
            )
            batch = reader.batch(0, 20)
        middle = batch.image[..., batch.image.shape[-1] // 2]
        assert batch.weights.dtype == np.float32
        assert np.array_equal(batch.weights, middle.astype(np.float32) / 4)

    def test_they_have_to_be_opened(self, weighted):
        """A configuration that wants weights says so when the volume has none with it."""
        with (
            open_volume(weighted) as volume,
            pytest.raises(VolumeError, match=r"opened with None, and crops want 'mine'"),
        ):
            reader_for(volume, shape=(1, 4, 4), voxel_weights="mine")


EVERYTHING = {
    "grey_scale": 0.2,
    "grey_shift": 8,
    "noise": 3,
    "blur": 1,
    "elastic": {"probability": 1, "max_displacement": (0, 1.5, 1.5)},
}


class TestAugmentation:
    """Changes on top of the symmetries."""

    def test_labels_follow_the_image(self, make_volume):
        """Deformed and turned, a step in the image lies where it lies in the labels."""
        image = np.zeros((4, 40, 40), np.uint8)
        image[:, :20] = 200
        volume = make_volume(image, (image > 100).astype(np.uint8))
        elastic = {"elastic": {"probability": 1, "max_displacement": (0, 5, 5)}}
        batch = reader_for(volume, shape=(1, 16, 16), augmentation=elastic).batch(0, 40)
        clear = (batch.image < 60) | (batch.image > 140)
        assert np.array_equal((batch.image > 100)[clear], (batch.labels == 1)[..., None][clear])
        assert np.any((batch.image > 0) & (batch.image < 200))

    @pytest.mark.parametrize("positions", ["uniform", "covering"])
    def test_crops_depend_on_their_number_alone(self, volume, positions):
        """Any batch size, any order, loaded or not: the same changes."""
        changes = {"shape": (1, 6, 6), "slices": 3, "augmentation": EVERYTHING, "positions": {"kind": positions}}
        whole = reader_for(volume, **changes).batch(0, 12)
        config = CropsConfig.model_validate(changes)
        lazy = CropReader(make_sampler(volume, config, 0, budget_bytes=0))
        for first in (8, 0, 4):
            part = lazy.batch(first, 4)
            assert np.array_equal(part.image, whole.image[first : first + 4])
            assert np.array_equal(part.labels, whole.labels[first : first + 4])

    def test_no_voxel_of_another_partition_is_read(self, make_volume):
        """Everything outside the partition is 255; deformed crops of the partition, which is 0, stay 0."""
        image = np.full((3, 24, 24), 255, np.uint8)
        image[:, 6:18, 6:18] = 0
        inside = {"train": Box(start=(0, 6, 6), shape=(3, 12, 12))}
        elastic = {"elastic": {"probability": 1, "max_displacement": (0, 3, 3)}}
        batch = reader_for(make_volume(image, partitions=inside), shape=(1, 10, 10), augmentation=elastic).batch(0, 40)
        assert not batch.image.any()


@pytest.mark.parametrize(
    "crop",
    [
        Crop(0, Box(start=(5, 0, 0), shape=(2, 4, 4))),
        Crop(0, Box(start=(0, 0, 0), shape=(2, 4, 5))),
        Crop(0, Box(start=(0, 0, 0), shape=(2, 4, 4)), symmetry=16),
        Crop(0, Box(start=(0, 0, 0), shape=(2, 4, 4)), source=1),
    ],
)
def test_crops_of_another_sampler_are_refused(volume, crop):
    """Outside the region, of another shape, turned in a way that the shape has not, or of a source that is not there."""
    with pytest.raises(CropError, match="in the region that its sampler draws from"):
        reader_for(volume, shape=(2, 4, 4)).read([crop])


def test_batches_are_pieces_of_one_stream(volume):
    """Batch size does not matter: 6 crops at once are 3 and 3."""
    reader = reader_for(volume, shape=(1, 4, 4))
    whole, first, second = reader.batch(0, 6), reader.batch(0, 3), reader.batch(3, 3)
    assert np.array_equal(whole.image, np.concatenate([first.image, second.image]))
    assert np.array_equal(whole.labels, np.concatenate([first.labels, second.labels]))


def test_reading_without_memory_gives_the_same(volume):
    """A region over the budget is read crop by crop."""
    sampler = make_sampler(volume, CropsConfig(shape=(1, 4, 4)), 0)
    lazy, loaded = CropReader(sampler, budget_bytes=0), CropReader(sampler)
    assert np.array_equal(lazy.batch(0, 4).image, loaded.batch(0, 4).image)
