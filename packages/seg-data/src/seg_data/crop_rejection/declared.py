"""Build the function that a configuration declares, and write it in one line."""

from __future__ import annotations

import importlib
import inspect
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.errors import CropError
from seg_common.schema.crop_rejection import (
    AllOf,
    AnyOf,
    Curve,
    Grey,
    Mask,
    MaxClassFraction,
    MinClassFraction,
    ProductOf,
    PythonFunction,
)
from seg_common.volume.digests import file_digest
from seg_data.crop_rejection.functions import Combination, OfClassShares, PiecewiseLinear, Step, checked_probabilities
from seg_data.crop_rejection.quantities import ClassShare, GreyStatistic, MaskShare, VoxelFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seg_common.schema.crop_rejection import Rejection
    from seg_data.crop_rejection.functions import RejectionFunction
    from seg_data.crop_rejection.quantities import Quantity


def declared_function(config: Rejection, class_names: Sequence[str]) -> tuple[RejectionFunction, tuple[Quantity, ...]]:
    """Build the function that a configuration declares.

    Parameters
    ----------
    config : Rejection
        The declaration.
    class_names : sequence of str
        Classes of the volume, by index.

    Returns
    -------
    function : RejectionFunction
    quantities : tuple of Quantity
        What the function's columns are.

    Raises
    ------
    CropError
        If the volume has no class of a declared name, or a user's function cannot be imported.
    """
    quantities: dict[Quantity, int] = {}

    def column(quantity: Quantity) -> int:
        return quantities.setdefault(quantity, len(quantities))

    def build(part: Rejection) -> RejectionFunction:
        match part:
            case MinClassFraction():
                share = ClassShare(_class_index(part.class_name, class_names))
                return Step(column(share), part.fraction, part.reject_probability, "below")
            case MaxClassFraction():
                share = ClassShare(_class_index(part.class_name, class_names))
                return Step(column(share), part.fraction, part.reject_probability, "above")
            case Curve():
                return PiecewiseLinear(
                    column(ClassShare(_class_index(part.class_name, class_names))), tuple(part.points)
                )
            case Grey():
                return PiecewiseLinear(column(GreyStatistic(part.statistic)), tuple(part.points))
            case Mask():
                return PiecewiseLinear(column(MaskShare(part.mask)), tuple(part.points))
            case PythonFunction(reads="class_fractions"):
                columns = tuple(column(ClassShare(index)) for index in range(len(class_names)))
                return OfClassShares(part.function, columns, import_function(part.function))
            case PythonFunction():
                function = partial(_probability_of_voxels, part.function, import_function(part.function))
                return PiecewiseLinear(column(VoxelFunction(function)), ((0.0, 0.0), (1.0, 1.0)))
            case AllOf() | AnyOf() | ProductOf():
                return Combination(part.kind, tuple(build(inner) for inner in part.of))

    function = build(config)
    return function, tuple(quantities)


def describe_rejection(config: Rejection) -> str:
    """Write a rejection function in one line, for error messages and pages."""
    match config:
        case AllOf() | AnyOf() | ProductOf():
            return f"{config.kind}({', '.join(describe_rejection(part) for part in config.of)})"
        case Curve() | Grey() | Mask():
            of = {"curve": "class_name", "grey": "statistic", "mask": "mask"}[config.kind]
            points = ", ".join(f"{argument:g}: {probability:g}" for argument, probability in config.points)
            return f"{config.kind}({getattr(config, of)}, {{{points}}})"
        case PythonFunction():
            return f"python({config.function})"
        case MinClassFraction() | MaxClassFraction():
            return (
                f"{config.kind}({config.class_name}, fraction={config.fraction:g}, "
                f"reject_probability={config.reject_probability:g})"
            )


def leaves(config: Rejection) -> Iterator[Rejection]:
    """Go through the functions that a combination is made of."""
    if isinstance(config, AllOf | AnyOf | ProductOf):
        for part in config.of:
            yield from leaves(part)
    else:
        yield config


def source_digest(config: Rejection | None) -> str | None:
    """Digest the source files of all user functions in a declaration; None when there are none."""
    files = set()
    for part in leaves(config) if config is not None else ():
        if isinstance(part, PythonFunction):
            file = inspect.getsourcefile(import_function(part.function))
            files.update([file] if file else [])
    digests = [file_digest(Path(file)) for file in sorted(files)]
    return ", ".join(digests) or None


def import_function(name: str) -> Callable[..., Any]:
    """Import ``package.module:function``; a CropError says what is missing."""
    module_name, _, function_name = name.partition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        msg = (
            f"a rejection function must be importable where crops are drawn; {name}: {error}. Install its package, or start in the "
            "folder of its module with PYTHONPATH=."
        )
        raise CropError(msg) from None
    if not callable(function):
        msg = f"a rejection function must be callable; {name} is a {type(function).__name__}. Name a function."
        raise CropError(msg)
    return function  # type: ignore[no-any-return]


def _probability_of_voxels(name: str, function: Callable[..., Any], image: Any, labels: Any) -> float:
    return float(checked_probabilities(name, [function(image, labels)], 1)[0])


def _class_index(name: str, class_names: Sequence[str]) -> int:
    if name not in class_names:
        known = ", ".join(class_names) or "none"
        msg = f"the class of a rejection function must be one of the volume's; got {name!r}, it has: {known}."
        raise CropError(msg)
    return list(class_names).index(name)
