"""Files of crops, written one after the other where an interrupted run finds them again."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from seg_common.atomic_files import atomic_path, atomic_write_text
from seg_common.cli_support import progress
from seg_common.errors import SegError
from seg_common.evaluation_paths import CropStorePaths
from seg_common.provenance import package_versions
from seg_common.schema.crop_store import CropFile
from seg_common.volume.digests import file_digest
from seg_eval.crop_store.answered_crops import answered_crops
from seg_eval.crop_store.stored_probabilities import pack
from seg_eval.folder_lock import LOCK, lock_folder, remove_locked, require_own_work
from seg_eval.output_folder import remove_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from seg_common.schema.crop_store import StoredProbabilities, StorePositions
    from seg_common.volume.opened_volume import Volume
    from seg_eval.prediction.network import Network
    from seg_eval.prediction.network_pass import NetworkPass


def crops_identity(one: NetworkPass, chosen: StorePositions, probabilities: str, image_digest: str) -> dict[str, Any]:
    """Everything that the answers depend on, as JSON."""
    return {
        "pass": one.record().model_dump(mode="json"),
        "batch_size": one.batch_size,
        "region": one.tiles.region.model_dump(mode="json"),
        "positions": chosen.model_dump(mode="json"),
        "probabilities": probabilities,
        "image_digest": image_digest,
        "versions": package_versions(),
    }


@contextmanager
def working_folder(target: Path, identity: dict[str, Any], *, restart: bool) -> Iterator[CropStorePaths]:
    """Give the folder where files wait until all are there; an interrupted run left its own.

    It is locked, and removed when the block succeeds.

    Raises
    ------
    SegError
        If another process uses it, or it holds crops of a run with other options, or work of another command.
    """
    target = target.resolve()
    paths = CropStorePaths(root=target.with_name(f".{target.name}.working"))
    lock = lock_folder(paths.root)
    try:
        if not restart:
            require_own_work(paths.root, paths.plan.name)
        remove_unfinished(target)
        if paths.plan.is_file() and not restart:
            before, now = (json.loads(text) for text in (paths.plan.read_text(encoding="utf-8"), json.dumps(identity)))
            if before != now:
                different = ", ".join(key for key in {**before, **now} if before.get(key) != now.get(key))
                msg = (
                    f"an interrupted run is continued with its own options; the one in {paths.root} had others: "
                    f"{different}. Repeat them, or throw its crops away with --restart."
                )
                raise SegError(msg)
        else:
            for entry in paths.root.iterdir():
                if entry.name != LOCK:
                    entry.unlink()
            atomic_write_text(paths.plan, json.dumps(identity, indent=2) + "\n")
        for left in paths.root.glob(".*.partial*"):
            left.unlink()
        yield paths
        remove_locked(paths.root, lock)
    finally:
        lock.close()


def place_file(file: Path, folder: Path) -> None:
    """Put a finished file into another folder, and leave it where it is, too: until all is done nothing is lost."""
    try:
        (folder / file.name).hardlink_to(file)
    except OSError:  # not every file system has links
        shutil.copyfile(file, folder / file.name)


def write_files(
    working: CropStorePaths,
    one: NetworkPass,
    network: Network,
    scan: Volume,
    starts: NDArray[np.int64],
    per_file: int,
    probabilities: StoredProbabilities,
    n_classes: int,
    *,
    quiet: bool,
) -> list[Path]:
    """Write the files that are missing; each appears whole or not at all."""
    files = []
    with progress(len(starts), "answering crops", quiet=quiet) as advance:
        for number, first in enumerate(range(0, len(starts), per_file)):
            part, file = starts[first : first + per_file], working.crops(number)
            files.append(file)
            if file.is_file():
                advance(len(part))
                continue
            shape, whole = (len(part), *one.tiles.used_shape), (1, *one.tiles.used_shape)
            packing: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
            with atomic_path(file) as temporary, h5py.File(temporary, "w") as store:
                store.create_dataset("starts", data=part.astype(np.int32)).attrs["axes"] = "crop, (z, y, x)"
                labels = store.create_dataset("labels", shape, np.uint8, chunks=whole, **packing)
                labels.attrs["axes"] = "crop, z, y, x"
                kept = None
                if probabilities != "none":
                    kept = store.create_dataset(
                        "probabilities", (*shape, n_classes), probabilities, chunks=(*whole, n_classes), **packing
                    )
                    kept.attrs["axes"] = "crop, z, y, x, class"
                done = 0
                for answers in answered_crops(one, network, scan.image, part, n_classes):
                    rows = slice(done, done + len(answers))
                    labels[rows] = answers.argmax(axis=-1)
                    if kept is not None:
                        kept[rows] = pack(answers, probabilities)
                    done = rows.stop
                    advance(len(answers))
    return files


def described(file: Path) -> CropFile:
    """Describe a finished file for the record."""
    with h5py.File(file, "r") as store:
        return CropFile(file=file.name, crops=len(store["starts"]), digest=file_digest(file))
