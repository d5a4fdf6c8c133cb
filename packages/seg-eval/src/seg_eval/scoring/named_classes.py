"""Names and colours of the classes of a score, from whoever knows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from seg_common.errors import LabelVolumeError
from seg_common.schema.volume import DEFAULT_COLORS, ClassInfo
from seg_eval.scoring.scored_labels import MOST_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence


def named_classes(texts: Sequence[str]) -> list[ClassInfo]:
    """Read class names, each with its colour or without.

    Parameters
    ----------
    texts : sequence of str
        ``NAME`` or ``NAME=#rrggbb``, in the order of the class indices.

    Returns
    -------
    list of ClassInfo
        Classes without a colour get the next of a palette that colour-blind readers can tell apart.

    Raises
    ------
    LabelVolumeError
        If a name is empty or repeated, or there are more than 255.

    Examples
    --------
    >>> [info.color for info in named_classes(["air", "grain=#ff8800"])]
    ['#4c566a', '#ff8800']
    """
    classes = []
    for index, text in enumerate(texts):
        found = re.fullmatch(r"(.*?)(?:=(#[0-9a-fA-F]{6}))?", text, flags=re.DOTALL)
        name, color = (text, None) if found is None else (found[1], found[2])
        if not name.strip():
            msg = f"a class is written NAME or NAME=#rrggbb; got {text!r}. Write for example pore=#56b4e9."
            raise LabelVolumeError(msg)
        classes.append(ClassInfo(name=name, color=color or DEFAULT_COLORS[index % len(DEFAULT_COLORS)]))
    names = [info.name for info in classes]
    if len(set(names)) < len(names):
        msg = (
            f"class names must be unique; got {', '.join(names)}. Give each --class once, in the order of the indices."
        )
        raise LabelVolumeError(msg)
    if len(classes) > MOST_CLASSES:
        msg = f"there can be {MOST_CLASSES} classes; got {len(classes)}. Are they ids of single objects?"
        raise LabelVolumeError(msg)
    return classes


def numbered_classes(largest: int) -> list[ClassInfo]:
    """Name classes 0 … `largest` by their index."""
    return named_classes([f"class {index}" for index in range(largest + 1)])
