"""Copy the example that comes with the package: a volume, the same without labels, and a network trained on it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.schema.volume import VolumeDocument
from seg_common.volume.opened_volume import VOLUME_FILE
from seg_common.yaml_documents import read_document, write_document
from seg_eval.output_folder import output_folder

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

DEFAULT_FOLDER = "example"


@dataclass(frozen=True)
class ExamplePaths:
    """Folders of the example."""

    root: Path
    """The folder that holds the others."""

    @property
    def volume(self) -> Path:
        """A synthetic fibre composite with labels, and partitions for training, validation and test."""
        return self.root / "volume"

    @property
    def unlabelled(self) -> Path:
        """The same grey levels without labels, as a new scan has none."""
        return self.root / "unlabelled"

    @property
    def model(self) -> Path:
        """A 2D network trained on the partition ``train``."""
        return self.root / "model"


def copy_example(folder: Path | str = DEFAULT_FOLDER, *, overwrite: bool = False) -> ExamplePaths:
    """Copy a small volume and a network trained on it, to try the commands with.

    Parameters
    ----------
    folder : path
        Folder to write.
    overwrite : bool
        Whether an earlier copy may be replaced, if nothing else is in it.

    Returns
    -------
    ExamplePaths
        A volume of 96 x 128 x 128 voxels (uint8) with three classes, the same without labels, and a model folder, which names
        the copied volume as its own.

    Raises
    ------
    OutputExistsError
        If the folder exists.
    """
    copied = ExamplePaths(Path(folder))
    with output_folder(copied.root, overwrite=overwrite) as partial:
        _copy(files("seg_eval.shipped") / "files", partial)
        parts = ExamplePaths(partial)
        document = read_document(parts.volume / VOLUME_FILE, VolumeDocument)
        image = document.image.model_copy(update={"path": f"../{copied.volume.name}/{document.image.path}"})
        nameless = {"name": f"{document.name} without labels", "image": image, "labels": {}, "classes": []}
        parts.unlabelled.mkdir()
        write_document(parts.unlabelled / VOLUME_FILE, document.model_copy(update=nameless))
        _name_volume(ModelPaths(root=parts.model), copied.volume.resolve() / VOLUME_FILE)
    return copied


def _copy(source: Traversable, target: Path) -> None:
    """Copy file by file: a package may be imported from an archive."""
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())


def _name_volume(model: ModelPaths, volume: Path) -> None:
    """Write into the record of the model where its volume is now."""
    record = read_document(model.metadata, TrainingRecord)
    where = {"volume": str(volume)}
    moved = {"config": record.config.model_copy(update=where), "data": record.data.model_copy(update=where)}
    write_document(model.metadata, record.model_copy(update=moved), overwrite=True)
