"""Crops for PyTorch with the real DataLoader, by `nox -s tests_torch`: the same stream for any number of workers, forked or spawned."""

from __future__ import annotations

import os
import pickle
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from seg_common import open_volume
from seg_common.errors import CropError, SegError
from seg_common.schema.crops import CropsConfig
from seg_data import CropBatch, CropReader, make_phantom, make_sampler, write_phantom
from seg_data.batches.torch_dataset import TorchCrops

CONFIG = CropsConfig(shape=(1, 16, 24), slices=3)

# From Python 3.12 on a fork beside threads is warned of; it is what DataLoader does by default on Linux.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A small phantom."""
    return write_phantom(make_phantom((16, 32, 32), seed=1), tmp_path_factory.mktemp("phantom") / "phantom")


@pytest.fixture
def reader(path):
    """A reader of it, open."""
    with open_volume(path) as volume:
        yield CropReader(make_sampler(volume, CONFIG, 0))


class WeightedBatch(NamedTuple):
    """A batch with voxel weights."""

    image: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


class ChangedReader(CropReader):
    """A reader whose batches are changed on the way: other dtypes, weights, no labels."""

    def __init__(self, reader: CropReader, change) -> None:
        self._other, self._change = reader, change

    def batch(self, first: int, size: int) -> CropBatch:
        return self._change(self._other.batch(first, size))


def test_an_item_is_a_crop_with_channels_first(reader):
    """Item n is crop n of the stream, as tensors that share nothing with the next."""
    crops = TorchCrops(reader, 10)
    assert isinstance(crops, torch.utils.data.Dataset)
    assert len(crops) == 10
    image, labels = crops[7]
    expected = reader.batch(7, 1)
    assert (image.shape, image.dtype) == ((3, 16, 24), torch.uint8)
    assert (labels.shape, labels.dtype) == ((16, 24), torch.uint8)
    np.testing.assert_array_equal(image.numpy(), np.moveaxis(expected.image[0], -1, 0))
    np.testing.assert_array_equal(labels.numpy(), expected.labels[0])


def test_3d_crops_have_one_channel(path):
    """Axes (channel, z, y, x), as torch.nn.Conv3d wants them."""
    image, labels = TorchCrops.from_volume(path, CropsConfig(shape=(4, 8, 8)), 0, 3)[2]
    assert image.shape == (1, 4, 8, 8)
    assert labels.shape == (4, 8, 8)


@pytest.mark.parametrize(
    ("stored", "tensor"),
    [("uint16", "int32"), ("uint32", "int64"), ("int16", "int16"), ("float32", "float32"), ("bool", "bool")],
)
def test_unsigned_integers_become_the_next_signed_ones(reader, stored, tensor):
    """Values stay what they are, the largest too."""

    def change(batch: CropBatch) -> CropBatch:
        image = batch.image.astype(stored)
        image[0, 0, 0, 0] = np.iinfo(stored).max if np.dtype(stored).kind in "ui" else 1
        return CropBatch(image, batch.labels)

    changed = ChangedReader(reader, change)
    image, _ = TorchCrops(changed, 1)[0]
    assert image.dtype == getattr(torch, tensor)
    np.testing.assert_array_equal(image.numpy(), np.moveaxis(changed.batch(0, 1).image[0], -1, 0))


def test_all_that_a_batch_has_comes_along(reader):
    """Weights are a third element; without labels the image is alone."""

    def weighted(batch: CropBatch) -> WeightedBatch:
        return WeightedBatch(batch.image, batch.labels, np.full(batch.labels.shape, 0.5, np.float32))

    _, labels, weights = TorchCrops(ChangedReader(reader, weighted), 1)[0]
    assert (weights.shape, weights.dtype) == (labels.shape, torch.float32)
    assert len(TorchCrops(ChangedReader(reader, lambda batch: CropBatch(batch.image, None)), 1)[0]) == 1


@forks
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_open_the_volume_for_themselves(path, reader, context):
    """Two processes give the batches that one gives, in order; this one had opened the volume before they were made."""
    crops = TorchCrops.from_volume(path, CONFIG, 0, 24)
    np.testing.assert_array_equal(crops[0][0].numpy(), np.moveaxis(reader.batch(0, 1).image[0], -1, 0))
    loader = DataLoader(crops, batch_size=4, num_workers=2, multiprocessing_context=context)
    batches = list(loader)
    assert len(batches) == 6
    for step, (image, labels) in enumerate(batches):
        expected = reader.batch(4 * step, 4)
        np.testing.assert_array_equal(image.numpy(), np.moveaxis(expected.image, -1, 1))
        np.testing.assert_array_equal(labels.numpy(), expected.labels)


def test_a_training_goes_on_in_the_stream_where_it_stopped(reader):
    """A range as sampler: the second epoch, or the rest of an interrupted one."""
    loader = DataLoader(TorchCrops(reader, 1000), batch_size=2, sampler=range(6, 10))
    images = torch.cat([image for image, _ in loader])
    np.testing.assert_array_equal(images.numpy(), np.moveaxis(reader.batch(6, 4).image, -1, 1))


def test_a_network_learns_from_the_items(path):
    """Labels as they are go into the loss after `.long()`, ignored ones by their number."""
    torch.manual_seed(0)
    network = torch.nn.Conv2d(3, 3, 3, padding=1)
    optimizer = torch.optim.Adam(network.parameters(), 0.05)
    losses = []
    for image, labels in DataLoader(TorchCrops.from_volume(path, CONFIG, 0, 120), batch_size=4):
        loss = torch.nn.functional.cross_entropy(network(image / 255), labels.long(), ignore_index=255)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.8 * losses[0]


def open_and_note(path, notes) -> CropReader:
    """Open a reader, and leave a file named after the process."""
    (notes / str(os.getpid())).touch(exist_ok=False)
    return CropReader(make_sampler(open_volume(path), CONFIG, 0))


@forks
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_each_process_opens_a_reader_once(path, tmp_path, context):
    """This one and both workers, though the forked ones inherit what this one has open."""
    crops = TorchCrops(partial(open_and_note, path, tmp_path), 12)
    assert len(crops[0]) == len(crops[1]) == 2
    assert len(list(DataLoader(crops, num_workers=2, multiprocessing_context=context))) == 12
    assert len(list(tmp_path.iterdir())) == 3


@forks
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_an_open_reader_is_refused_in_workers(reader, context):
    """A file that two processes read through one handle gives the voxels of another place, or hangs."""
    loader = DataLoader(TorchCrops(reader, 8), num_workers=1, multiprocessing_context=context)
    with pytest.raises(CropError, match="must stay in the process that opened it"):
        list(loader)


def test_a_dataset_travels_without_its_open_files(path):
    """After use it can be pickled, and opens the volume again."""
    crops = TorchCrops.from_volume(path, CONFIG, 3, 5)
    first = crops[1]
    again = pickle.loads(pickle.dumps(crops))
    assert len(again) == 5
    assert all(torch.equal(a, b) for a, b in zip(first, again[1], strict=True))


def test_another_label_version_can_be_chosen(path):
    """The volume has one; the name of another is an error that tells which there are."""
    with open_volume(path) as volume:
        known = volume.labels_name
    assert len(TorchCrops.from_volume(path, CONFIG, 0, 5, labels=known)[0]) == 2
    with pytest.raises(SegError, match=f"it has: {known}"):
        TorchCrops.from_volume(path, CONFIG, 0, 5, labels="nobody")


def test_mistakes_are_told_before_workers_start(path, tmp_path):
    """A wrong path, a crop that fits nowhere, a length without items."""
    with pytest.raises(SegError, match="does not exist"):
        TorchCrops.from_volume(tmp_path / "nowhere", CONFIG, 0, 5)
    with pytest.raises(CropError, match="fit"):
        TorchCrops.from_volume(path, CropsConfig(shape=(1, 16, 999)), 0, 5)
    with pytest.raises(CropError, match="length must be at least 1; got 0"):
        TorchCrops.from_volume(path, CONFIG, 0, 0)


@pytest.mark.parametrize("n", [-1, 10])
def test_items_outside_the_dataset_are_refused(reader, n):
    """Iteration over a dataset ends with the IndexError."""
    crops = TorchCrops(reader, 10)
    with pytest.raises(IndexError, match=rf"0 … 9; got {n}"):
        crops[n]
    assert sum(1 for _ in crops) == 10
