"""Stores written, interrupted and refused."""

import dataclasses
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import seg_eval.crop_store.store_crops as module
from seg_common.counting.confusion_scores import scores_from_confusion
from seg_common.errors import CropError, OutputExistsError, SegError
from seg_common.volume.digests import file_digest
from seg_eval.crop_store.store_crops import store_crops
from seg_eval.crop_store.stored_crops import StoredCrops, read_store
from seg_eval.prediction.options import PredictionOptions

OPTIONS = PredictionOptions(tile_shape=(1, 16, 16), halo=(0, 4, 4), overlap=0.5, batch_size=3)


def random_store(stored, made, output, **more):
    """Forty crops at random places, a few of them drawn twice."""
    options = dataclasses.replace(OPTIONS, overlap=None)
    words = {"partition": "test", "positions": "random", "number": 40, "options": options}
    words["network"] = made.ContextNetwork()
    return store_crops(stored.model, output=output, **{**words, **more})


def test_a_grid_is_stored_once_and_covers_the_region(stored):
    record = read_store(stored.store)
    z, y, x = record.positions.grid_starts
    assert record.crops == len(z) * len(y) * len(x) == record.positions.asked
    assert (record.crop_shape, record.halo, record.tile_shape) == ((1, 8, 8), (0, 4, 4), (1, 16, 16))
    assert record.seen_voxels == record.region.voxels == stored.region.voxels
    with StoredCrops.open(stored.store, record) as crops:
        votes = crops.votes(stored.region)
    starts = np.array(np.meshgrid(z, y, x, indexing="ij")).reshape(3, -1).T
    visits = np.zeros(stored.region.shape, int)
    for a, b, c in starts:
        visits[a : a + 1, b : b + 8, c : c + 8] += 1
    np.testing.assert_array_equal(votes.sum(axis=0), visits)


def test_stored_answers_are_those_of_the_network(stored, made):
    """Against the network called for one crop alone, its halo mirrored at the border of the scan by numpy."""
    record = read_store(stored.store)
    image = np.pad(np.load(stored.volume.parent / "image.npy"), ((0, 0), (4, 4), (4, 4)), mode="reflect")
    with StoredCrops.open(stored.store, record) as crops:
        for start in crops.starts[[0, 7, -1]].tolist():
            z, y, x = start
            mirrored = np.pad(image, ((0, 0), (0, 8), (0, 8)))[z : z + 1, y : y + 16, x : x + 16]
            answer = made.ContextNetwork().predict(mirrored[np.newaxis, ..., np.newaxis])[0, :, 4:12, 4:12]
            np.testing.assert_array_equal(crops.probabilities(tuple(start)), answer)


def test_random_places_are_drawn_again_the_same_and_stored_once(stored, made, tmp_path):
    first, second = (random_store(stored, made, tmp_path / name, number=400) for name in "ab")
    assert first.record.positions.repeated > 0
    assert first.record.crops == 400 - first.record.positions.repeated
    with StoredCrops.open(first.paths.root, first.record) as crops:
        assert len(np.unique(crops.starts, axis=0)) == len(crops.starts)
        assert (crops.starts >= stored.region.start).all()
        assert (crops.starts + first.record.crop_shape <= stored.region.stop).all()
    assert [one.crops for one in first.record.files] == [one.crops for one in second.record.files]
    with h5py.File(first.paths.crops(0)) as one, h5py.File(second.paths.crops(0)) as other:
        for name in ("starts", "labels", "probabilities"):
            np.testing.assert_array_equal(one[name][()], other[name][()])
    assert random_store(stored, made, tmp_path / "c", seed=1).record.files[0].digest != second.record.files[0].digest


def test_scores_weigh_each_voxel_by_its_visits(stored, made, tmp_path):
    """Every answer of every crop added by hand, as 1 / visits."""
    done = random_store(stored, made, tmp_path / "out")
    shape = done.record.crop_shape
    with StoredCrops.open(done.paths.root, done.record) as crops:
        starts = crops.starts
        labels = [crops.probabilities(tuple(start)).argmax(axis=-1) for start in starts.tolist()]
        visits = np.zeros(stored.labels.shape)
        boxes = [tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True)) for start in starts.tolist()]
        for box in boxes:
            visits[box] += 1
    confusion = np.zeros((3, 3))
    for box, answer in zip(boxes, labels, strict=True):
        truth = stored.labels[box]
        for r in range(3):
            for p in range(3):
                confusion[r, p] += np.sum((1 / visits[box])[(truth == r) & (answer == p)])
    expected = scores_from_confusion(np.rint(confusion * 10**12).astype(np.int64))
    np.testing.assert_allclose(done.record.scores.jaccard, expected.jaccard, rtol=1e-9)
    assert done.record.seen_voxels == np.count_nonzero(visits)
    known = (visits > 0) & (stored.labels != 255)
    counted = {one.visits: np.sum(one.confusion) / one.visits for one in done.record.scores.answers}
    assert counted == {int(v): np.sum(visits[known] == v) for v in np.unique(visits[known])}


@pytest.mark.parametrize(("kind", "wrong"), [("uint8", 1 / 255), ("uint16", 2e-5), ("float16", 2e-3), ("none", 1)])
def test_probabilities_are_stored_as_asked(stored, made, tmp_path, kind, wrong):
    done = store_crops(
        stored.model,
        partition="test",
        options=OPTIONS,
        probabilities=kind,
        network=made.ContextNetwork(),
        output=tmp_path / "out",
    )
    exact = read_store(stored.store)
    assert done.record.scores == exact.scores  # labels are stored beside them, whatever was rounded
    with StoredCrops.open(done.paths.root, done.record) as rounded, StoredCrops.open(stored.store, exact) as crops:
        place = tuple(crops.starts[5].tolist())
        np.testing.assert_allclose(rounded.probabilities(place), crops.probabilities(place), atol=wrong)
    with h5py.File(done.paths.crops(0)) as file:
        assert ("probabilities" in file) == (kind != "none")


def test_an_interrupted_run_goes_on_where_it_stopped(stored, made, tmp_path, monkeypatch):
    """Small files; the network fails in the third, and the next run answers only what is missing."""
    monkeypatch.setattr(module, "FILE_BYTES", 10_000)

    @dataclasses.dataclass
    class Failing:
        calls: int = 0

        def predict(self, tiles):
            self.calls += 1
            if self.calls == 9:
                raise KeyboardInterrupt
            return made.ContextNetwork().predict(tiles)

    words = {"partition": "test", "options": OPTIONS, "probabilities": "float32", "output": tmp_path / "out"}
    with pytest.raises(KeyboardInterrupt):
        store_crops(stored.model, network=Failing(), **words)
    (working,) = tmp_path.iterdir()
    left = sorted(path.name for path in working.glob("crops_*.h5"))
    assert left
    assert not (tmp_path / "out").exists()
    (working / ".crops_00002.0badf00d.partial.h5").write_bytes(b"cut off by a kill")
    with pytest.raises(
        SegError, match=r"had others: probabilities\. Repeat them, or throw its crops away with --restart"
    ):
        store_crops(stored.model, network=Failing(), **{**words, "probabilities": "uint8"})
    again = Failing(calls=100)
    done = store_crops(stored.model, network=again, **words)
    missing = done.record.files[len(left) :]
    assert again.calls - 100 == sum(-(-one.crops // 3) for one in missing)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    whole = read_store(stored.store)
    with StoredCrops.open(done.paths.root, done.record) as pieces, StoredCrops.open(stored.store, whole) as crops:
        np.testing.assert_array_equal(pieces.starts, crops.starts)
        for place in map(tuple, crops.starts.tolist()):
            np.testing.assert_array_equal(pieces.probabilities(place), crops.probabilities(place))


@pytest.mark.parametrize("links", [True, False])
def test_crops_are_kept_until_the_store_is_whole(stored, made, tmp_path, monkeypatch, links):
    """Interrupted while the manifest is written, on disks with and without links: no crop is answered again."""
    words = {"partition": "test", "options": OPTIONS, "probabilities": "float32", "output": tmp_path / "out"}

    def interrupted(_):
        raise KeyboardInterrupt

    def no_links(*_):
        raise OSError

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    with monkeypatch.context() as first:
        first.setattr("seg_eval.output_folder.write_manifest", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store_crops(stored.model, network=made.ContextNetwork(), **words)
    (tmp_path / ".out.0badf00d.partial").mkdir()  # what a kill in this moment leaves
    done = store_crops(stored.model, network=made.ConstantNetwork(), **words)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert done.record.scores == read_store(stored.store).scores  # those of the first network
    assert read_store(done.paths.root) == done.record


def test_two_processes_never_write_one_store(stored, made, tmp_path):
    class AnotherComes:
        def predict(self, tiles):
            with pytest.raises(SegError, match="one process at a time"):
                random_store(stored, made, tmp_path / "out")
            return made.ContextNetwork().predict(tiles)

    done = random_store(stored, made, tmp_path / "out", network=AnotherComes())
    assert read_store(done.paths.root) == done.record


def test_what_is_too_large_or_senseless_is_refused(stored, made, tmp_path):
    def refused(message, error=SegError, **more):
        with pytest.raises(error, match=message):
            store_crops(stored.model, output=tmp_path / "out", network=made.ContextNetwork(), **more)
        assert list(tmp_path.iterdir()) == []

    refused(r"must not exceed 9.31e-07 GiB; it would hold .* crops", limit_bytes=1000)
    refused("Give a number with random places only", positions="random")
    refused("Give a number with random places only", number=4)
    refused("uint8, uint16, float16, float32, none; got 'int8'", probabilities="int8")
    refused("answers of one network to crops as they are", options=PredictionOptions(symmetries=2))
    refused("at least 1", CropError, positions="random", number=0)
    refused("a seed is for places drawn at random; got the seed 0 for a grid. Leave --seed", seed=0)
    refused("an overlap is for crops on a grid; got 0.5 for", positions="random", number=4, options=OPTIONS)


def test_an_unfinished_prediction_for_the_same_output_is_kept(stored, made, tmp_path):
    """The folder of unfinished work is one, so that two commands never write one output at one time."""
    working = tmp_path / ".out.working"
    working.mkdir()
    for name in ("job.json", "labels_000000.npy"):
        (working / name).write_text("{}")
    words = {"partition": "test", "options": OPTIONS, "output": tmp_path / "out", "network": made.ContextNetwork()}
    with pytest.raises(SegError, match=r"\.out\.working holds a prediction of seg-eval volume\. Finish that first"):
        store_crops(stored.model, **words)
    assert (working / "labels_000000.npy").exists()
    store_crops(stored.model, restart=True, **words)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_store_is_never_replaced_unasked(stored, made):
    with pytest.raises(OutputExistsError):
        store_crops(stored.model, output=stored.store, network=made.ContextNetwork())
    manifest = json.loads((stored.store / "manifest.json").read_text())["files"]
    assert set(manifest) == {"crop_store.yaml", "crops_00000.h5", "training_histogram.json"}
    assert all(file_digest(stored.store / name) == entry["digest"] for name, entry in manifest.items())


def test_a_damaged_store_is_refused(stored, made, tmp_path):
    done = random_store(stored, made, tmp_path / "out")
    file = done.paths.crops(0)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(SegError, match=r"crops_00000\.h5 changed"):
        read_store(done.paths.root)
    file.unlink()
    with pytest.raises(SegError, match=r"crops_00000\.h5 is missing"):
        read_store(done.paths.root)
    with pytest.raises(SegError, match=r"must hold crop_store\.yaml"):
        read_store(tmp_path)
