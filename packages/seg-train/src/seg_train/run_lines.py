"""What a run tells: its plan, and a line after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.schema.training_record import TrainingRecord


def tell_plan(record: TrainingRecord, tell: Callable[[str], None]) -> None:
    """Tell what is trained, on which crops, before the first step."""
    network, strategy = record.network, record.strategy
    spread = f" with {strategy.replicas} replicas on {strategy.workers} worker(s)" if strategy.replicas > 1 else ""
    tell(
        f"{network.dimensions} U-Net with {network.trainable_parameters} trainable parameters, {strategy.name}{spread}."
    )
    if record.automatic_batch_size is not None:
        found = record.automatic_batch_size
        tell(f"batch_size auto: {record.batch_size} crops by {found.method}, of {found.most} that make sense.")
    crops = record.sampling
    names = [info.name for info in record.data.classes]
    for source in crops.sources:
        expected = source.expected
        assert expected is not None
        shares = ", ".join(f"{name} {share:.2%}" for name, share in zip(names, expected.class_fractions, strict=True))
        low, high = expected.interval
        about = "" if expected.exact else f" ({low:.3f} to {high:.3f})"
        per_epoch = source.share * record.crops_per_epoch
        tell(
            f"crops of {source.volume} along {source.normal}: {per_epoch:.0f} per epoch, acceptance rate "
            f"{expected.acceptance_rate:.3f}{about} expected, {shares}."
        )
        if source.crops_per_cycle is not None:
            epochs = source.crops_per_cycle * expected.acceptance_rate / per_epoch
            tell(f"a cycle offers {source.crops_per_cycle} crops and covers every voxel; it takes {epochs:.2f} epochs.")


def epoch_line(epoch: int, epochs: int, row: dict[str, int | float | None], names: list[str]) -> str:
    """Say how an epoch went, counted from 0: losses, mean Jaccard, Jaccard of each class, and the wait for crops."""

    def score(key: str) -> str:
        value = row[key]
        return "none" if value is None else f"{value:.4f}"

    classes = ", ".join(f"{name} {score(f'validation_jaccard_{name}')}" for name in names)
    return (
        f"epoch {epoch + 1}/{epochs}: loss {score('loss')}, validation loss {score('validation_loss')}, "
        f"mean Jaccard {score('validation_mean_jaccard')} ({classes}), {row['data_wait_share'] or 0:.1%} waiting for data"
    )
