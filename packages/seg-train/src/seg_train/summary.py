"""The record of a run in words, and as a line for the experiments spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.results_log import Cell, spreadsheet_line
from seg_common.schema.optimization import ComposedSchedule
from seg_train.losses.configured import loss_name
from seg_train.run_sessions import git_words, session_changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seg_common.schema.crops import CropsConfig
    from seg_common.schema.optimization import Schedule
    from seg_common.schema.training_record import DataRecord, Extension, InitialWeights, StrategyRecord, TrainingRecord

LINE_COLUMNS = "seg-train/3"
"""Version of the columns of `training_line`; it changes when they do."""


def summarise(record: TrainingRecord) -> str:
    """Text of `summary.txt`."""
    config, data, network, result = record.config, record.data, record.network, record.result
    crops = record.sampling
    names = [info.name for info in data.classes]
    rejection = "none" if config.crops.rejection is None else _inline(config.crops.rejection.model_dump())
    size = "not given" if data.voxel_size is None else f"{_times(data.voxel_size)} {data.voxel_size_unit} (z, y, x)"
    per_cycle = "no cycle" if crops.crops_per_cycle is None else f"{crops.crops_per_cycle} crops in a cycle"
    automatic = "" if record.automatic_batch_size is None else f", found by {record.automatic_batch_size.method}"
    sections: dict[str, dict[str, object]] = {
        "Run": {
            "name": config.name,
            "model id": record.model_id,
            "status": record.status + (f": {record.reason}" if record.reason else ""),
            "epochs": f"{result.epochs_done} of {config.epochs}, {config.steps_per_epoch} steps each",
            **_when_set("extensions", "; ".join(map(_extension, record.extensions))),
            "crops seen": result.crops_seen,
            "time": f"{record.seconds:.0f} s in {record.sessions} session(s)",
            "peak memory": f"{record.peak_memory_bytes / 2**30:.2f} GiB" + _gpu_memory(record),
        },
        "Result": {
            "best mean Jaccard (validation)": _score(result.best_mean_jaccard),
            "best epoch": result.best_epoch if result.best_epoch is not None else "none",
            **{
                f"last Jaccard {info.name} (validation)": _score(result.last.get(f"validation_jaccard_{info.name}"))
                for info in data.classes
            },
        },
        "Data": {
            "volume": f"{data.name}, {_times(data.shape)} voxels (z, y, x), {data.dtype}",
            "voxel size": size,
            "labels": f"{data.labels}, ignored label {data.ignored_label}",
            "train": f"{config.crops.partition}: {data.train}",
            "validation": f"{config.validation.partition}: {data.validation}",
            "class shares (train)": _shares(names, data.class_fractions),
            "image digest": data.image_digest,
            "labels digest": data.labels_digest,
            **_when_set("voxel weights", _weights(data)),
            **{
                f"volume {number}": f"{more.name}, {_times(more.shape)} voxels (z, y, x), labels {more.labels}, train "
                f"{more.train}, validation {more.validation}, {_shares(names, more.class_fractions)}, "
                f"image {more.image_digest}, labels {more.labels_digest}"
                + (f", voxel weights {_weights(more)}" if more.weights else "")
                for number, more in enumerate(record.more_data, start=2)
            },
        },
        "Crops": {
            "image size": f"{_times(record.image_size)} voxels (z, y, x)",
            "channels": record.channels,
            "positions": f"{config.crops.positions.kind}, {per_cycle}",
            "rejection": rejection,
            **_when_set("draw", config.crops.rejection and f"{config.crops.draw}, on_reject {config.crops.on_reject}"),
            "crops per epoch": record.crops_per_epoch,
            "acceptance rate": f"{crops.acceptance_rate:.3f} ({crops.kept} of {crops.offered} offered)",
            "class shares (kept crops)": _shares(crops.class_names, crops.class_fractions_kept),
            "never visited in an epoch": f"{crops.visits_kept.never_fraction:.2%} of the voxels",
            "symmetries": "yes" if config.crops.symmetries else "no",
            **_when_set("augmentation", _augmentation(config.crops)),
        },
        "Network": {
            "kind": f"{network.dimensions} U-Net, depth {config.model.depth}, f0 = {config.model.base_filters}",
            "modules": _inline(config.model.model_dump(exclude={"kind", "depth", "base_filters"})),
            "parameters": f"{network.trainable_parameters} trainable of {network.parameters}",
            "first layer": f"{network.input_dtype} · {network.scale:.6g} + {network.offset:.6g}",
        },
        "Training": {
            **_when_set("initial weights", record.initial_weights and _initial_weights(record.initial_weights)),
            "loss": _inline(config.loss.model_dump()),
            "optimizer": _inline(config.optimizer.model_dump()),
            "learning rate": _schedule(config.learning_rate),
            "precision": config.precision,
            "moving average of the weights": "none" if config.ema is None else config.ema,
            "batch size": f"{record.batch_size} ({record.batch_size_per_replica} per replica)" + automatic,
            "crops per step": f"{config.crops_per_step} ({config.accumulate} batch(es) of {record.batch_size})",
            "strategy": f"{record.strategy.name}, {record.strategy.replicas} replica(s), "
            f"{record.strategy.workers} worker(s): {', '.join(record.strategy.devices)}",
            "hosts": ", ".join(record.strategy.hosts) or "not noted",
            "GPUs": _gpus(record.strategy),
            "GPU libraries": _inline(record.strategy.gpu_libraries) or "none",
            "validation_steps": f"{record.validation_steps} ({record.validation_crops} crops)",
            "epochs": config.epochs,
            **_when_set("early stopping", config.early_stopping and f"patience {config.early_stopping.patience}"),
            **_when_set("checkpoint_every", config.checkpoint_every and f"{config.checkpoint_every} steps"),
            "callbacks": ", ".join(record.callbacks),
            **_when_set("trackers", ", ".join(record.trackers)),
            **_when_set("after training", config.after_training),
            "use_multiprocessing": f"{str(record.use_multiprocessing).lower()} ({record.threads} threads)",
            "seed": config.seed,
            "deterministic": "yes" if config.deterministic else "no",
        },
        "Made by": {
            "command": " ".join(record.provenance.command),
            "begun": record.provenance.created,
            "ended": (record.session_records[-1].ended if record.session_records else None) or "not noted",
            "code": _inline(record.provenance.packages),
            "git": "not a checkout" if record.provenance.git is None else _inline(record.provenance.git.model_dump()),
            "machine": f"{record.provenance.hostname}, {record.provenance.cpu}, {record.provenance.cpu_count} cores, "
            f"{record.provenance.memory_bytes / 2**30:.0f} GiB, {record.provenance.platform}, "
            f"Python {record.provenance.python}",
            "environment": _inline(record.provenance.environment) or "none of what is noted",
            **dict(_sessions(record)),
        },
    }
    width = max(len(key) for rows in sections.values() for key in rows)
    lines = []
    for section, rows in sections.items():
        lines += [section, *(f"  {key:<{width}}  {value}" for key, value in rows.items()), ""]
    return "\n".join(lines)


def training_line(record: TrainingRecord, *, header: bool = False, decimal_comma: bool = False) -> str:
    """One tab-separated line for the spreadsheet; columns of classes come last, in the order of the classes."""
    config, data, result = record.config, record.data, record.result
    cells: dict[str, Cell] = {
        "columns": LINE_COLUMNS,
        "model_id": record.model_id,
        "name": config.name,
        "begun": record.provenance.created,
        "status": record.status,
        "volume": data.name,
        "image_digest": data.image_digest.removeprefix("sha256:")[:12],
        "network": record.network.dimensions,
        "parameters": record.network.trainable_parameters,
        "loss": loss_name(config.loss),
        "strategy": record.strategy.name,
        "batch_size": record.batch_size,
        "batch_size_per_replica": record.batch_size_per_replica,
        "accumulate": config.accumulate,
        "image_size": _times(record.image_size),
        "channels": record.channels,
        "crops": result.crops_seen,
        "positions": config.crops.positions.kind,
        "rejection": "none" if config.crops.rejection is None else _inline(config.crops.rejection.model_dump()),
        "acceptance_rate": record.sampling.acceptance_rate,
        "epochs": result.epochs_done,
        "steps_per_epoch": config.steps_per_epoch,
        "validation_steps": record.validation_steps,
        "seconds": record.seconds,
        "best_epoch": result.best_epoch,
        "best_mean_jaccard": result.best_mean_jaccard,
        "seed": config.seed,
        "learning_rate": _schedule(config.learning_rate),
        "optimizer": _inline(config.optimizer.model_dump()),
        "precision": config.precision,
    }
    for info in data.classes:
        cells[f"last_jaccard_{info.name}"] = result.last.get(f"validation_jaccard_{info.name}")
    return spreadsheet_line(cells, header=header, decimal_comma=decimal_comma)


def _sessions(record: TrainingRecord) -> Iterator[tuple[str, str]]:
    """Say what each session did, and in what it differs from the one before; one alone is told by the other rows."""
    if record.sessions == 1:
        return
    sessions = record.session_records
    for index, session in enumerate(sessions):
        made_by, strategy = session.provenance, session.strategy
        words = [
            f"steps {session.first_step} to {session.end_step}",
            f"begun {made_by.created} on {made_by.hostname}",
            f"{strategy.name} on {', '.join(strategy.devices)}",
            f"git {git_words(made_by)}",
            *session_changes(sessions[max(index - 1, 0) : index + 1]),
        ]
        yield f"session {record.sessions - len(sessions) + index + 1}", ", ".join(words)


def _when_set(name: str, value: object) -> dict[str, object]:
    """One row, or none: what a run was not asked for needs no word."""
    return {name: value} if value else {}


def _extension(extension: Extension) -> str:
    return f"after {extension.epochs_done} epochs, of {extension.epochs_before} to train until then"


def _weights(data: DataRecord) -> str | None:
    return data.weights and f"{data.weights}, {data.weights_digest}"


def _augmentation(crops: CropsConfig) -> str:
    changes = {} if crops.augmentation is None else crops.augmentation.model_dump(exclude_none=True)
    elastic = changes.pop("elastic", {})
    words = [_inline({key: value for key, value in changes.items() if value})]
    return ", ".join(filter(None, [*words, elastic and f"elastic ({_inline(elastic)})"]))


def _initial_weights(initial: InitialWeights) -> str:
    fresh = f"; from the seed: {', '.join(initial.fresh)}" if initial.fresh else ""
    return (
        f"{initial.file} of {initial.model}, model id {initial.model_id}, {initial.digest}; "
        f"{initial.loaded_parameters} weights loaded{fresh}"
    )


def _inline(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _schedule(schedule: Schedule) -> str:
    if not isinstance(schedule, ComposedSchedule):
        return _inline(schedule.model_dump())
    shares = sum(part.share for part in schedule.parts)
    parts = [f"{part.share / shares:.3g} of the steps {_inline(part.schedule.model_dump())}" for part in schedule.parts]
    return f"kind {schedule.kind}: " + "; ".join(parts)


def _times(values: tuple[float, ...]) -> str:
    return " × ".join(f"{value:g}" for value in values)  # noqa: RUF001 - the sign that people read


def _gpus(strategy: StrategyRecord) -> str:
    if strategy.gpus:
        return ", ".join(strategy.gpus)
    return "not noted" if any("GPU" in device for device in strategy.devices) else "none (trained on the CPU)"


def _gpu_memory(record: TrainingRecord) -> str:
    peak = record.peak_gpu_memory_bytes
    return "" if peak is None else f", {peak / 2**30:.2f} GiB on a GPU"


def _shares(names: list[str], fractions: list[float]) -> str:
    return ", ".join(f"{name} {fraction:.2%}" for name, fraction in zip(names, fractions, strict=True))


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
