"""`metadata.yaml`: what a training run was, enough to explain the model and to run it again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seg_common.geometry.box import Box, Shape3
from seg_common.schema.base import Document, Fraction, StrictModel
from seg_common.schema.crops import CropsRecord
from seg_common.schema.provenance import Provenance
from seg_common.schema.training import TrainingConfig
from seg_common.schema.unet import Count
from seg_common.schema.volume import ClassInfo, Digest, PositiveFloat, VoxelType


class DataRecord(StrictModel):
    """The data of a run."""

    volume: str
    """Absolute path of `volume.yaml` at the time of the run."""
    name: str
    """Name of the volume."""
    shape: Shape3
    """Voxels of the volume along (z, y, x)."""
    dtype: VoxelType
    """Type of the grey levels."""
    voxel_size: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None
    """Edge lengths (z, y, x) of a voxel."""
    voxel_size_unit: str | None
    """Unit of `voxel_size`."""
    image_digest: Digest
    """Digest of the grey levels of the whole volume."""
    labels: str
    """Label version."""
    labels_digest: Digest
    """Digest of the labels."""
    weights: str | None = None
    """Voxel weights that the loss counts with; None when every voxel counts alike."""
    weights_digest: Digest | None = None
    """Digest of the voxel weights."""
    ignored_label: int | None
    """Value of voxels that neither train nor count."""
    classes: list[ClassInfo]
    """Classes in the order of their indices."""
    train: Box
    """Region that crops were drawn from."""
    validation: Box
    """Region measured after each epoch."""
    class_fractions: list[Fraction]
    """Share of each class in the training region."""


class InitialWeights(StrictModel):
    """What the weights of a fine-tuned network started from."""

    model: str
    """Absolute path of the model folder at the time of the run."""
    model_id: str
    """Identity of its run."""
    file: str
    """Name of the network in that folder."""
    digest: Digest
    """Digest of that file."""
    loaded_parameters: int
    """Weights that were loaded, of all `NetworkRecord.parameters`."""
    fresh: list[str]
    """Layers that start from the seed: those that tell classes apart, when the classes are others."""


class Extension(StrictModel):
    """More epochs than the run began with."""

    epochs_done: int
    """Complete epochs at that time."""
    epochs_before: Count
    """Epochs to train, until then; the schedule followed them."""


class AutomaticBatchSize(StrictModel):
    """How the batch size was found that the configuration left open."""

    method: Literal["trial", "estimate"]
    """``trial`` trained steps until memory ran out; ``estimate`` divided the available memory by that of a crop."""
    most: Count
    """Crops beyond which more make no sense: a quarter of those that cover the training regions."""
    available_bytes: int | None = None
    """Memory that was available for the estimate."""
    bytes_per_crop: int | None = None
    """Memory that a step takes for each crop, by the estimate."""


class NetworkRecord(StrictModel):
    """The network as built."""

    dimensions: Literal["2D", "2.5D", "3D"]
    """Dimensions of its convolutions, or of its input."""
    input_dtype: VoxelType
    """Type of the voxels it takes."""
    channels: Count
    """Channels of its input."""
    scale: float
    """First layer: grey level · scale + offset."""
    offset: float
    """First layer: see `scale`."""
    side_divisor: Count
    """Each side of an input must be a multiple of this."""
    trainable_parameters: int
    """Weights that training moves."""
    parameters: int
    """All weights."""


class StrategyRecord(StrictModel):
    """How training was spread over devices."""

    name: str
    """Strategy."""
    devices: list[str]
    """Devices that held a replica."""
    replicas: Count
    """Copies of the network."""
    workers: Count
    """Processes."""
    hosts: list[str] = Field(default=[])
    """Host name of each worker; empty in records of before it was noted."""
    gpus: list[str] = Field(default=[])
    """Model of each GPU that held a replica; empty without one."""
    gpu_libraries: dict[str, str] = Field(default={})
    """Versions of CUDA and cuDNN that TensorFlow was built for, and of the GPU's driver where there is one; empty for a build without."""


class SessionRecord(StrictModel):
    """What a run was trained with from its start, or from a resume, until it ended or was interrupted."""

    first_step: int
    """Steps that were done when it began."""
    end_step: int
    """Steps that were done when it ended, so far as they are kept: a kill takes those after the last checkpoint."""
    strategy: StrategyRecord
    """Distribution strategy, with devices and hosts."""
    provenance: Provenance
    """When it began; code, environment and hardware."""
    ended: str | None = None
    """Local time when it ended, with its offset from UTC, ISO 8601; None while it trains, and after a kill."""


class ResultRecord(StrictModel):
    """Where training stands."""

    epochs_done: int
    """Complete epochs."""
    crops_seen: int
    """Crops that the weights have seen."""
    best_epoch: int | None
    """Epoch of the best mean Jaccard on the validation region, counted from 1."""
    best_mean_jaccard: float | None
    """That Jaccard."""
    last: dict[str, float | None]
    """Last row of the history."""


class TrainingRecord(Document):
    """What was run: enough to explain the model and to run it again."""

    kind: Literal["training_record"] = "training_record"
    model_id: str
    """Identity of the run: a digest of configuration, data and start."""
    status: Literal["running", "finished", "failed", "interrupted"]
    """Where the run stands."""
    reason: str | None
    """Why it failed, was interrupted, or finished before its last epoch."""
    config: TrainingConfig
    """Resolved configuration."""
    data: DataRecord
    """Data of the run: its volume, or the first of several."""
    more_data: list[DataRecord] = Field(default=[])
    """The other volumes of the training set."""
    initial_weights: InitialWeights | None = None
    """What the weights started from; the seed when None."""
    extensions: list[Extension] = Field(default=[])
    """When the run was given other numbers of epochs; none when empty."""
    network: NetworkRecord
    """Network as built."""
    sampling: CropsRecord
    """Crops of one epoch, measured before training: acceptance, coverage, class shares."""
    strategy: StrategyRecord
    """Distribution strategy of the last session."""
    batch_size: Count
    """Crops computed at a time, over all replicas."""
    batch_size_per_replica: Count
    """Crops computed at a time on one replica."""
    automatic_batch_size: AutomaticBatchSize | None = None
    """How the batch size was found; None when the configuration gave it."""
    image_size: Shape3
    """Shape (z, y, x) of a crop."""
    channels: Count
    """Channels of a crop."""
    crops_per_epoch: Count
    """Crops drawn in an epoch."""
    validation_steps: Count
    """Batches of the validation grid."""
    validation_crops: Count
    """Positions of the validation grid."""
    callbacks: list[str]
    """What happens after each epoch, in order."""
    trackers: list[str] = Field(default=[])
    """Programs that watch the run; a resumed run is shown in the same ones."""
    use_multiprocessing: Literal[False] = False
    """Crops are read by threads, never by processes."""
    threads: Count
    """Threads that read crops."""
    checkpoint_files: dict[str, str]
    """Files inside the model folder: last, previous and best weights."""
    seconds: float
    """Time spent training and validating, over all sessions."""
    sessions: Count
    """Times that the run was started or resumed."""
    session_records: list[SessionRecord] = Field(default=[])
    """Each of these times; those of before they were noted are missing."""
    peak_memory_bytes: int
    """Largest resident memory of the process."""
    peak_gpu_memory_bytes: int | None = None
    """Largest memory that the process, the first of several workers, took on one GPU; None without one."""
    result: ResultRecord
    """Where training stands."""
    provenance: Provenance
    """Code, environment and hardware of the first session."""
