"""`volume.yaml`: one scan, where its voxels are, what its classes mean and which parts train, validate and test."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, StrictModel

VoxelType = Literal["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
PositiveFloat = Annotated[float, Field(gt=0)]

DISJOINT_PARTITIONS = ("train", "validation", "test")
"""Partitions that may never share a voxel; partitions of other names are free."""

DEFAULT_COLORS = ("#4c566a", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2")
"""Colours of classes that were given none: Okabe and Ito's palette, safe for colour-blind readers."""


class ClassInfo(StrictModel):
    """One class; its index is its place in the list of classes."""

    name: Annotated[str, Field(min_length=1)]
    """What the voxels of the class are, for example ``pore``."""
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    """Colour in pictures, as ``#rrggbb``."""


class ArraySource(StrictModel):
    """Where an array of voxels is stored."""

    path: str
    """File or folder, relative to the document's folder or absolute."""
    dataset: str | None = None
    """Name of the dataset inside an HDF5 file or of the array inside a Zarr group; not needed when there is only one with three
    axes."""
    digest: Digest | None = None
    """SHA-256 of dtype, shape and voxels, whatever the file format; None when it was never computed."""


class AnnotatedSlices(StrictModel):
    """The slices of a sparse annotation; every other voxel is ignored."""

    axis: Literal["z", "y", "x"] = "z"
    """Axis that the slices are perpendicular to."""
    indices: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    """Slices, growing."""


class LabelSource(ArraySource):
    """A label volume: class indices, aligned with the image."""

    ignored_label: int | None = None
    """Value of voxels that nobody annotated; they neither train nor count."""
    annotated: AnnotatedSlices | None = None
    """Which slices were annotated; None when the whole volume was."""


class VolumeDocument(Document):
    """One scan with its labels, classes and partitions."""

    kind: Literal["volume"] = "volume"
    name: Annotated[str, Field(min_length=1)]
    """Name in tables, pictures and reports."""
    image: ArraySource
    """Grey levels."""
    labels: dict[str, LabelSource] = Field(default={})
    """Label versions by name; the first one is used unless another is asked for."""
    weights: dict[str, ArraySource] = Field(default={})
    """Voxel weights by name, aligned with the image: how much each voxel counts in the loss, 0 or more."""
    shape: Shape3
    """Voxels along (z, y, x)."""
    dtype: VoxelType
    """Type of the grey levels."""
    voxel_size: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None = None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None = None
    """Unit of `voxel_size`, for example ``um``."""
    classes: list[ClassInfo] = Field(default=[])
    """Classes in the order of their indices."""
    partitions: dict[str, Box] = Field(default={})
    """Named boxes; ``train``, ``validation`` and ``test`` never share a voxel."""

    @field_validator("classes")
    @classmethod
    def _class_names_are_unique(cls, classes: list[ClassInfo]) -> list[ClassInfo]:
        names = [info.name for info in classes]
        if len(set(names)) < len(names):
            msg = f"class names must be unique; got {names}"
            raise ValueError(msg)
        if len(classes) > 255:
            msg = f"at most 255 classes fit uint8 labels; got {len(classes)}"
            raise ValueError(msg)
        return classes

    @model_validator(mode="after")
    def _partitions_are_disjoint_and_inside(self) -> Self:
        whole = Box.whole(self.shape)
        problems = [
            f"partition {name!r} must lie inside the volume; got {box} for shape {self.shape}"
            for name, box in self.partitions.items()
            if not whole.contains(box)
        ]
        exclusive = {name: self.partitions[name] for name in DISJOINT_PARTITIONS if name in self.partitions}
        for (name_a, box_a), (name_b, box_b) in combinations(exclusive.items(), 2):
            shared = box_a.intersection(box_b)
            if shared is not None:
                problems.append(
                    f"partitions {name_a!r} and {name_b!r} must not overlap; they share {shared}. "
                    "Move one of them, or scores are measured on trained voxels"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def _labels_need_classes(self) -> Self:
        if self.labels and not self.classes:
            msg = f"label volumes need classes; got labels {list(self.labels)} and no classes. List their names"
            raise ValueError(msg)
        for version, source in self.labels.items():
            if source.ignored_label is not None and 0 <= source.ignored_label < len(self.classes):
                msg = (
                    f"an ignored label must not be a class index; got {source.ignored_label} in labels {version!r} "
                    f"with {len(self.classes)} classes"
                )
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _voxel_size_has_a_unit(self) -> Self:
        if (self.voxel_size is None) != (self.voxel_size_unit is None):
            msg = (
                "voxel_size and voxel_size_unit belong together; "
                f"got {self.voxel_size} and {self.voxel_size_unit!r}. Give both or neither"
            )
            raise ValueError(msg)
        return self

    @property
    def class_names(self) -> list[str]:
        """Names of the classes in the order of their indices."""
        return [info.name for info in self.classes]

    @property
    def class_colors(self) -> list[str]:
        """Colours of the classes in the order of their indices."""
        return [info.color for info in self.classes]
