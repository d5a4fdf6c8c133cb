"""An evaluation that a model does not have yet: what it is going to be, and how it is made."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seg_common.cli_support import note
from seg_common.errors import SegError
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document
from seg_eval.comparing.member_facts import MemberFacts, facts_of_evaluation
from seg_eval.evaluate import default_output, evaluate_volume
from seg_eval.prediction.model_volume_match import open_matching_volume
from seg_eval.prediction.options import PredictionOptions
from seg_eval.prediction.plan import plan_prediction
from seg_eval.prediction.trained_model import open_model
from seg_eval.region import WHOLE, choose_region
from seg_eval.volume_reference import volume_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seg_common.schema.evaluation import EvaluationDocument
    from seg_eval.streaming.streaming_blobs import Connectivity


@dataclass(frozen=True)
class Settings:
    """How a model is to be evaluated, as `seg_eval.evaluate.evaluate_volume` is told."""

    volume: Path | None = None
    """The scan; that of the training run when not given."""
    partition: str | None = None
    """Its part; that for validation, else the whole volume, when not given."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `PredictionOptions` by name."""

    @classmethod
    def of(cls, document: EvaluationDocument) -> Settings | None:
        """Take the settings of an evaluation, for another model; None where no tiles were predicted for it."""
        model, volume, record = document.model, document.volume, document.aggregation
        if document.scheme != "aggregated_volume" or model is None or volume is None or record is None:
            return None
        along = {record.along, *(one.along for one in record.more_passes)}
        options: dict[str, Any] = {
            "aggregation": record.kind,
            "symmetries": record.symmetries,
            "along": "all" if len(along) == 3 else None if along == {"z"} else record.along,
            "weights": "best" if model.weights == _best_weights() else "last",
        }
        default = PredictionOptions()
        options = {name: value for name, value in options.items() if value != getattr(default, name)}
        path = Path(volume.path)
        return cls(path if path.exists() else None, document.partition or WHOLE, options)

    def fitting(self, model: Path) -> Settings:
        """Leave away the orientation of slices for a 3D network, which has none."""
        record = read_document(ModelPaths.existing(model).metadata, TrainingRecord)
        if record.network.dimensions != "3D":
            return self
        return replace(self, options={name: value for name, value in self.options.items() if name != "along"})


@dataclass(frozen=True)
class PlannedEvaluation:
    """An evaluation that can be made."""

    model: Path
    """Model folder."""
    settings: Settings
    """How."""
    folder: Path
    """Where."""
    named: bool
    """Whether the folder has another name than `seg-eval volume` would give it."""
    facts: MemberFacts
    """What is known of it beforehand; neither digests of labels nor, perhaps, of the scan."""

    @property
    def command(self) -> str:
        """The command that makes it."""
        settings = self.settings
        words = ["seg-eval", "volume", str(self.model)]
        words += [] if settings.volume is None else ["--volume", str(settings.volume)]
        words += [] if settings.partition is None else ["--partition", settings.partition]
        for name, value in settings.options.items():
            words += _words(name, value)
        words += ["--output", str(self.folder)] if self.named else []
        return shlex.join(words)

    def make(self, *, connectivity: Connectivity, block_bytes: int, quiet: bool) -> MemberFacts:
        """Predict and measure; what is known of it now."""
        note(f"{self.model} has no such evaluation yet. Making it: {self.command}", quiet=quiet)
        evaluation = evaluate_volume(
            self.model,
            self.settings.volume,
            partition=self.settings.partition,
            output=self.folder,
            options=PredictionOptions(**self.settings.options, block_bytes=block_bytes),
            connectivity=connectivity,
            quiet=quiet,
        )
        return facts_of_evaluation(evaluation.document)


def plan_evaluation(model: Path, settings: Settings, name: str | None = None) -> PlannedEvaluation:
    """Find out what an evaluation would be; nothing is computed.

    Parameters
    ----------
    model : Path
        A model folder.
    settings : Settings
        How it is to be evaluated.
    name : str, optional
        Name of the evaluation; the one that `seg-eval volume` gives when not given.

    Returns
    -------
    PlannedEvaluation

    Raises
    ------
    SegError
        If model, volume and options do not fit together, or the volume has no reference labels.
    """
    options = PredictionOptions(**settings.options)
    trained = open_model(model, options.weights)
    with open_matching_volume([trained], settings.volume) as scan:
        region, partition = choose_region(scan, settings.partition)
        if scan.labels is None:
            msg = f"a comparison needs reference labels; {scan.path} names none. Name a labelled volume with --volume."
            raise SegError(msg)
        default = default_output(trained, scan.document.name, partition, options).root
        facts = MemberFacts(
            scheme="aggregated_volume",
            classes=trained.record.data.classes,
            model=trained.reference(),
            volume=volume_reference(scan, scan.document.image.digest),
            aggregation=plan_prediction(trained, scan, region, options).aggregation_record(),
            region=region,
            reference=str(scan.labels),
            reference_digest=None,
            prediction="",
            prediction_digest="",
        )
    folder = default if name is None else trained.paths.evaluation_folder(name).root
    return PlannedEvaluation(model, settings, folder, folder != default, facts)


def _best_weights() -> str:
    paths = ModelPaths(root=Path())
    return paths.relative(paths.best_weights)


def _words(name: str, value: Any) -> list[str]:
    """Give an option as `seg-eval volume` takes it."""
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option] if value else []
    if isinstance(value, tuple):
        return [option, ",".join(map(str, value))]
    return [option, f"{value / 2**20:g}M" if name == "max_memory" else str(value)]
