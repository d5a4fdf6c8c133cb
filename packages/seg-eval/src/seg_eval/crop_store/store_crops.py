"""The story of one store of crops: plan, estimate, answer, write, score."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from seg_common.cli_support import note
from seg_common.errors import SegError
from seg_common.evaluation_paths import CropStorePaths
from seg_common.provenance import gather_provenance, peak_memory_bytes
from seg_common.schema.crop_store import CropStoreDocument, StoredProbabilities
from seg_common.volume.digests import array_digest
from seg_common.yaml_documents import write_document
from seg_eval.crop_store.crop_files import crops_identity, described, place_file, working_folder, write_files
from seg_eval.crop_store.positions import grid_positions, random_positions
from seg_eval.crop_store.store_scores import seen_voxels, unaggregated_scores
from seg_eval.crop_store.stored_crops import StoredCrops
from seg_eval.crop_store.stored_probabilities import bytes_per_crop
from seg_eval.output_folder import output_folder, require_free
from seg_eval.prediction.model_runner import KerasNetwork, require_tensorflow
from seg_eval.prediction.model_volume_match import checked_image_digest, open_matching_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.orientation import to_volume
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.trained_model import open_model
from seg_eval.region import WHOLE, choose_region
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from seg_eval.prediction.network import Network

DEFAULT_LIMIT = 20 * 2**30
FILE_BYTES = 64 * 2**20
"""Crops of one file, before compression: what is lost when the work is interrupted is less than that."""


@dataclass(frozen=True)
class CropStore:
    """A finished store of crops."""

    record: CropStoreDocument
    """What is stored."""
    paths: CropStorePaths
    """Where."""


def store_crops(
    model: Path | str,
    volume: Path | str | None = None,
    *,
    partition: str | None = None,
    positions: Literal["grid", "random"] = "grid",
    number: int | None = None,
    seed: int | None = None,
    options: PredictionOptions | None = None,
    probabilities: StoredProbabilities = "uint8",
    output: Path | str | None = None,
    limit_bytes: int = DEFAULT_LIMIT,
    restart: bool = False,
    overwrite: bool = False,
    network: Network | None = None,
    quiet: bool = True,
) -> CropStore:
    """Let a network answer for single crops of a region, and keep the answers without aggregating them.

    Parameters
    ----------
    model : path
        A model folder.
    volume : path, optional
        A `volume.yaml` or its folder; the volume of the training run when not given.
    partition : str, optional
        Partition, or ``whole``; ``validation`` when the volume has it, else the whole volume.
    positions : {"grid", "random"}
        The tiles of `evaluate_volume`, or places drawn at random.
    number : int, optional
        Crops to draw at random.
    seed : int
        Seed of that drawing; 0 when not given.
    options : PredictionOptions, optional
        Tiles, batch and weights, and the overlap of a grid; its aggregation gives the default overlap only.
    probabilities : str
        Type to store: ``uint8``, ``uint16``, ``float16``, ``float32``, or ``none`` for labels alone.
    output : path, optional
        Folder to write; ``MODEL/crops/<volume>_<partition>_<positions>`` when not given.
    limit_bytes : int
        Largest size, before compression, that is not refused.
    restart : bool
        Whether to throw away what an interrupted run left, instead of going on with it.
    overwrite : bool
        Whether a store that an earlier run wrote may be replaced.
    network : Network, optional
        Used instead of the weights of the model folder.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    CropStore
        The record and the paths.

    Raises
    ------
    SegError
        If model, volume or options do not fit together, the store would be too large, or an interrupted run had other
        options.
    OutputExistsError
        If the output exists.
    """
    started = time.monotonic()
    options = options or PredictionOptions()
    _require_sensible(positions, number, seed, probabilities, options)
    if network is None:
        require_tensorflow()
    trained = open_model(Path(model), options.weights)
    with ExitStack() as opened:
        scan = opened.enter_context(open_matching_volume([trained], volume))
        region, name = choose_region(scan, partition)
        one = plan_prediction(trained, scan, region, options).passes[0]
        starts, chosen = grid_positions(one.tiles) if number is None else random_positions(one.tiles, number, seed or 0)
        words = "_".join([scan.document.name, name or WHOLE, positions])
        default = trained.paths.crop_store_folder(re.sub(r"[^\w.-]+", "-", words).lstrip("."))
        target = CropStorePaths(root=Path(output)) if output else default
        require_free(target.root, overwrite=overwrite)
        n_classes = len(trained.class_names)
        crop_bytes = bytes_per_crop(prod(one.tiles.used_shape), n_classes, probabilities)
        _require_room(target.root, crop_bytes * len(starts), len(starts), limit_bytes, quiet=quiet)
        digest = checked_image_digest(trained, scan, trained_on=volume is None, quiet=quiet)
        reference = None if scan.labels is None else array_digest(scan.labels, region)
        identity = crops_identity(one, chosen, probabilities, digest)
        working = opened.enter_context(working_folder(target.root, identity, restart=restart))
        network = network or KerasNetwork(trained.weights, one.batch_size)
        per_file = max(1, FILE_BYTES // crop_bytes)
        files = write_files(working, one, network, scan, starts, per_file, probabilities, n_classes, quiet=quiet)
        with StoredCrops(files, one.tiles.used_shape, n_classes) as crops:
            scores = unaggregated_scores(crops, scan, region)
            seen = seen_voxels(crops, region)
        record = CropStoreDocument(
            model=trained.reference(),
            volume=volume_reference(scan, digest),
            partition=name,
            region=region,
            classes=trained.record.data.classes,
            reference=None if scan.labels is None else str(scan.labels),
            reference_digest=reference,
            tile_shape=one.tiles.tile_shape,
            halo=to_volume(one.halo, one.tiles.normal),
            crop_shape=one.tiles.used_shape,
            min_overlap=one.tiles.min_overlap if positions == "grid" else (0, 0, 0),
            along=one.record().along,
            positions=chosen,
            probabilities=probabilities,
            crops=len(starts),
            seen_voxels=seen,
            trained_share=trained.trained_share(digest, region),
            files=[described(file) for file in files],
            scores=scores,
            batch_size=one.batch_size,
            seconds=time.monotonic() - started,
            peak_memory_bytes=peak_memory_bytes(),
            provenance=gather_provenance(),
        )
        with output_folder(target.root, overwrite=overwrite) as folder:
            paths = CropStorePaths(root=folder)
            for file in files:
                place_file(file, folder)
            if trained.paths.training_histogram.is_file():
                shutil.copyfile(trained.paths.training_histogram, paths.training_histogram)
            write_document(paths.record, record)
    return CropStore(record, target)


def _require_sensible(
    positions: str, number: int | None, seed: int | None, probabilities: str, options: PredictionOptions
) -> None:
    if positions not in ("grid", "random") or (number is None) != (positions == "grid"):
        msg = (
            f"crops lie on a grid, or a number of them is drawn at random; got {positions!r} and "
            f"{'no number' if number is None else number}. Give a number with random places only."
        )
        raise SegError(msg)
    if positions == "grid" and seed is not None:
        msg = f"a seed is for places drawn at random; got the seed {seed} for a grid. Leave --seed away, or give --positions random."
        raise SegError(msg)
    if positions == "random" and options.overlap is not None:
        msg = (
            f"an overlap is for crops on a grid; got {options.overlap} for places drawn at random. "
            "Leave --overlap away, or give --positions grid."
        )
        raise SegError(msg)
    if probabilities not in get_args(StoredProbabilities):
        msg = f"probabilities are stored as {', '.join(get_args(StoredProbabilities))}; got {probabilities!r}."
        raise SegError(msg)
    if options.symmetries != 1 or options.along == "all" or options.with_models:
        msg = "a store holds the answers of one network to crops as they are; got symmetries, several orientations or models. Leave them away."
        raise SegError(msg)


def _require_room(target: Path, size: int, crops: int, limit: int, *, quiet: bool) -> None:
    """Say how large the store can get, and refuse what is too much."""
    words = f"{crops:,} crops, up to {size / 2**30:.3g} GiB before compression"
    if size > limit:
        msg = (
            f"a store must not exceed {limit / 2**30:.3g} GiB; it would hold {words}. "
            "Ask for fewer crops or smaller probabilities, or raise --limit-gigabytes."
        )
        raise SegError(msg)
    note(f"storing {words}", quiet=quiet)
    existing = next(folder for folder in target.resolve().parents if folder.exists())
    free = shutil.disk_usage(existing).free
    if size > free:
        msg = f"the disk must hold the store, {words}; {existing} has {free / 2**30:.3g} GiB free. Make room, or choose another --output."
        raise SegError(msg)
