"""The loss that a configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.document_problems import did_you_mean
from seg_common.schema.losses import CrossEntropyConfig, DiceConfig, FocalConfig, Jaccard2Config, SumConfig
from seg_train.errors import TrainingError
from seg_train.losses.overlap import dice, jaccard2
from seg_train.losses.right_class import cross_entropy, focal
from seg_train.losses.voxel_loss import SumLoss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seg_common.schema.losses import LossConfig
    from seg_train.losses.voxel_loss import Loss


def build_loss(config: LossConfig, class_names: Sequence[str]) -> Loss:
    """Make the loss of a configuration.

    Parameters
    ----------
    config : LossConfig
        Its kind and what that needs.
    class_names : sequence of str
        Classes in the order of their indices.

    Returns
    -------
    Loss
        A pure function of labels, probabilities and weights.

    Raises
    ------
    TrainingError
        If the class of a single-class loss is not among the classes.
    """
    match config:
        case SumConfig():
            return SumLoss(tuple((term.weight, build_loss(term.loss, class_names)) for term in config.terms))
        case CrossEntropyConfig():
            return cross_entropy(config.over)
        case FocalConfig():
            return focal(config.gamma, config.over)
        case Jaccard2Config() | DiceConfig():
            index = None if config.class_name is None else _index_of(config.class_name, class_names)
            make = jaccard2 if isinstance(config, Jaccard2Config) else dice
            return make(len(class_names), config.form, class_index=index, over=config.over, smoothing=config.smoothing)


def loss_name(config: LossConfig) -> str:
    """Name a loss in one line, for tables: ``jaccard2 flat``, ``1 jaccard2 macro + 0.5 cross_entropy``."""
    match config:
        case SumConfig():
            return " + ".join(f"{term.weight:g} {loss_name(term.loss)}" for term in config.terms)
        case Jaccard2Config() | DiceConfig():
            return f"{config.kind} {config.class_name or config.form}"
        case _:
            return config.kind


def _index_of(name: str, class_names: Sequence[str]) -> int:
    if name not in class_names:
        hint = did_you_mean(name, class_names) or "."
        msg = f"the class of a single-class loss must be one of {', '.join(class_names)}; got {name!r}{hint}"
        raise TrainingError(msg)
    return class_names.index(name)
