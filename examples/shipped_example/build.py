"""Build the example that seg-eval ships: a synthetic volume, and a network trained on its first half.

    python examples/shipped_example/build.py            # into the package, in a few minutes
    python examples/shipped_example/build.py --volume   # the volume alone

The volume is the same on every machine with the same numpy and scipy; a trained network never is, so its scores in the
README belong to the one that is committed. What a record says of the machine that trained is left out.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.opened_volume import VOLUME_FILE
from seg_common.yaml_documents import read_document, write_document
from seg_data.partitions import AxisSplit
from seg_data.phantoms.composite import make_phantom
from seg_data.phantoms.folder import write_phantom

if TYPE_CHECKING:
    from seg_common.schema.provenance import Provenance

CONFIG = Path(__file__).with_name("train.yaml")
FILES = Path(__file__).parents[2] / "packages" / "seg-eval" / "src" / "seg_eval" / "shipped" / "files"
SHAPE = (96, 128, 128)
SEED = 0


def build_volume(folder: Path) -> None:
    """Write the volume, packed as tightly as HDF5 can."""
    write_phantom(make_phantom(SHAPE, SEED), folder, AxisSplit("z"))
    for name in ("image", "labels"):
        file = folder / f"{name}.h5"
        with h5py.File(file, "r") as stored:
            voxels, attributes = stored[name][()], dict(stored[name].attrs)
        with h5py.File(file, "w") as packed:
            dataset = packed.create_dataset(
                name, data=voxels, chunks=(8, *SHAPE[1:]), compression="gzip", compression_opts=9
            )
            dataset.attrs.update(attributes)
    file = folder / VOLUME_FILE
    document = read_document(file, VolumeDocument).model_copy(update={"name": "example"})
    write_document(file, document, overwrite=True)


def train(volume: Path, folder: Path) -> None:
    """Train on the volume; what prediction needs goes into the folder, without traces of this machine."""
    with tempfile.TemporaryDirectory() as temporary:
        run = ModelPaths(root=Path(temporary) / "model")
        command = [str(Path(sys.executable).with_name("seg-train")), "run", str(CONFIG)]
        subprocess.run([*command, "--volume", str(volume), "--output", str(run.root)], check=True)
        shipped = ModelPaths(root=folder)
        folder.mkdir(parents=True)
        shutil.copyfile(run.best_weights, shipped.best_weights)
        shutil.copyfile(run.training_histogram, shipped.training_histogram)
        write_document(shipped.metadata, anonymous(read_document(run.metadata, TrainingRecord)))


def anonymous(record: TrainingRecord) -> TrainingRecord:
    """Leave out paths, the machine, and checkpoints that are not shipped."""
    where = "volume/volume.yaml"
    made: Provenance = record.provenance.model_copy(
        update={"command": ["seg-train", "run", CONFIG.name], "hostname": "", "git": None}
    )
    return record.model_copy(
        update={
            "config": record.config.model_copy(update={"volume": where}),
            "data": record.data.model_copy(update={"volume": where}),
            "provenance": made,
            "checkpoint_files": {},
        }
    )


def main() -> None:
    """Build into the package, or into another folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=FILES, help="folder to fill; the package's own by default")
    parser.add_argument("--volume", action="store_true", help="build the volume alone")
    options = parser.parse_args()
    volume, model = options.output / "volume", options.output / "model"
    shutil.rmtree(volume, ignore_errors=True)
    build_volume(volume)
    if not options.volume:
        shutil.rmtree(model, ignore_errors=True)
        train(volume, model)


if __name__ == "__main__":
    main()
