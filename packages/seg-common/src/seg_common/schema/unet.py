"""The modules of a U-Net: each of them is a key of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from seg_common.schema.base import StrictModel

if TYPE_CHECKING:
    from collections.abc import Mapping

Count = Annotated[int, Field(ge=1)]
Kernel3 = tuple[Count, Count, Count]
Stride3 = tuple[Literal[1, 2], Literal[1, 2], Literal[1, 2]]
PresetName = Literal["modular_unet", "unet_3d_2016"]


@dataclass(frozen=True)
class Preset:
    """Modules of a published network."""

    modules: Mapping[str, object]
    """Values of the keys that differ from the defaults, or that the publication names."""
    source: str
    """Where they are published, and what is different here."""


PRESETS: dict[PresetName, Preset] = {
    "modular_unet": Preset(
        {
            "depth": 3,
            "base_filters": 16,
            "kernel_size": 3,
            "residual": True,
            "convolution": "conv",
            "normalisation": "batch",
            "down": "strided",
            "up": "transposed",
            "dropout": 0.1,
            "gaussian_noise": 0.03,
        },
        "Bertoldo, Decencière, Ryckelynck, Proudhon, A modular U-Net for automated segmentation of X-ray tomography images in "
        "composite materials, Frontiers in Materials 8 (2021), doi:10.3389/fmats.2021.761229; known as tomo2seg. Published with "
        "8, 16, 24 and 32 base filters, in 2D, 2.5D and 3D.",
    ),
    "unet_3d_2016": Preset(
        {
            "depth": 3,
            "base_filters": 32,
            "kernel_size": 3,
            "residual": False,
            "convolution": "conv",
            "normalisation": "batch",
            "down": "pooled",
            "up": "transposed",
            "dropout": 0.0,
            "gaussian_noise": 0.0,
        },
        "Çiçek, Abdulkadir, Lienkamp, Brox, Ronneberger, 3D U-Net: learning dense volumetric segmentation from sparse annotation, "
        "MICCAI 2016, doi:10.1007/978-3-319-46723-8_49. Different here: convolutions keep the size of the image, and transposed "
        "convolutions have a kernel of 3 voxels instead of 2, with normalisation and ReLU.",
    ),
}
"""Published networks by name."""


class UNetConfig(StrictModel):
    """A modular U-Net; its dimensions (2D, 2.5D, 3D) follow from the crops."""

    kind: Literal["unet"] = "unet"
    preset: PresetName | None = None
    """Published network whose modules stand for the keys that are not given."""
    depth: Annotated[int, Field(ge=1, le=6)] = 3
    """Number of times that the image is halved."""
    base_filters: Count = 8
    """f0: level i of the encoder starts with f0·g^i filters and ends with f0·g^(i+1)."""
    growth: Annotated[float, Field(ge=1, le=4)] = 2.0
    """g: factor of the filters from level to level; numbers of filters are rounded."""
    convolutions: Annotated[int, Field(ge=1, le=4)] = 2
    """Convolutions in each block."""
    kernel_size: Count | Kernel3 = 3
    """Edge length of the convolution kernels, odd, or one for each axis (z, y, x); z is 1 in 2D."""
    strides: Literal["auto"] | list[Stride3] | None = None
    """Factors (z, y, x), 1 or 2, by which each level makes the image smaller; z is 1 in 2D. Null halves every axis at every
    level; ``auto`` halves at each level the axes along which a voxel is then shorter than twice its shortest edge."""
    residual: bool = True
    """Whether each block adds a convolution of its input to its output."""
    convolution: Literal["conv", "separable"] = "conv"
    """Convolutions inside the blocks: full, or one kernel per channel followed by a mixing of the channels."""
    normalisation: Literal["batch", "layer", "group", "none"] = "batch"
    """Normalisation after each convolution: over batch and space of each channel; over the channels of each voxel; over the
    space of each sample and the channels of a group; or none."""
    group_size: Count = 8
    """Channels of a group; the nearest smaller number that divides a layer's channels where it does not."""
    down: Literal["strided", "pooled"] = "strided"
    """How the image is halved: by a strided convolution or by the maximum of two."""
    up: Literal["transposed", "upsampled"] = "transposed"
    """How the image is doubled: by a transposed convolution or by repetition."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in each block."""
    gaussian_noise: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation of the noise added before the head, in units of the activations."""

    @model_validator(mode="before")
    @classmethod
    def _take_the_preset(cls, data: Any) -> Any:
        preset = data.get("preset") if isinstance(data, dict) else None
        return {**PRESETS[preset].modules, **data} if isinstance(preset, str) and preset in PRESETS else data

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> Self:
        if any(side % 2 == 0 for side in self.kernel_shape):
            msg = f"kernel_size must be odd, so that the output stays aligned; got {self.kernel_size}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _strides_fit_the_depth(self) -> Self:
        if not isinstance(self.strides, list):
            return self
        if len(self.strides) != self.depth:
            msg = f"strides must have one (z, y, x) for each level; got {len(self.strides)} for depth {self.depth}"
            raise ValueError(msg)
        if any(prod(stride) == 1 for stride in self.strides):
            msg = f"each level must halve one axis at least; got strides {self.strides}. Take a smaller depth"
            raise ValueError(msg)
        return self

    @property
    def kernel_shape(self) -> Kernel3:
        """Edge lengths (z, y, x) of the convolution kernels."""
        size = self.kernel_size
        return (size, size, size) if isinstance(size, int) else size

    @property
    def level_strides(self) -> list[Stride3] | None:
        """Factors (z, y, x) of each level; None while they are ``auto`` and the voxel size is not known."""
        if self.strides is None:
            return [(2, 2, 2)] * self.depth
        return None if self.strides == "auto" else self.strides

    @property
    def side_divisors(self) -> tuple[int, int, int] | None:
        """Numbers that the sides (z, y, x) of an input must be multiples of; in 2D, z is free. None as `level_strides`."""
        if self.level_strides is None:
            return None
        z, y, x = (prod(stride) for stride in zip(*self.level_strides, strict=True))
        return z, y, x
