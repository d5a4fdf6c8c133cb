"""What another package does with a finished run: found by its entry point, never imported by name."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from seg_common.errors import MissingDependencyError, SegError
from seg_common.schema.evaluation import EvaluationDocument
from seg_common.volume.digests import file_digest
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from seg_common.model_paths import ModelPaths
    from seg_common.schema.training_record import TrainingRecord

GROUP = "seg_train.after_training"
"""Entry points of this group are callables: ``f(model: Path, *, quiet: bool, tell: Callable[[str], None])``."""


def require_after_training(name: str | None) -> None:
    """Refuse before training what could not be done after it.

    Raises
    ------
    MissingDependencyError
        If no installed package offers it.
    """
    if name is not None and not entry_points(group=GROUP, name=name):
        msg = (
            f"after_training: {name} needs a package that offers it, and none is installed. "
            "Run: pip install 'seg-eval[tensorflow]', or set after_training: null."
        )
        raise MissingDependencyError(msg)


def do_after_training(name: str | None, paths: ModelPaths, tell: Callable[[str], None], *, quiet: bool) -> None:
    """Hand a finished run over; the run stays finished whatever happens, and what did not work can be repeated.

    Parameters
    ----------
    name : str or None
        Name of an entry point; nothing is done when None.
    paths : ModelPaths
        Model folder.
    tell : callable
        Called with one line for each thing that was done, or did not work.
    quiet : bool
        Whether to show no progress bars.
    """
    if name is None:
        return
    try:
        require_after_training(name)
        (entry,) = entry_points(group=GROUP, name=name)
        entry.load()(paths.root, quiet=quiet, tell=tell)
    except KeyboardInterrupt:
        tell(f"warning: after_training: {name} was interrupted. {_again(paths)}")
        raise
    except Exception as problem:  # noqa: BLE001 - memory, damaged files, bugs: whatever it is, the network is trained
        known = isinstance(problem, (SegError, OSError))
        words = filter(None, ("" if known else type(problem).__name__, str(problem).rstrip(".")))
        tell(f"warning: after_training: {name} did not work: {': '.join(words)}. {_again(paths)}")


def is_followed_up(paths: ModelPaths, record: TrainingRecord) -> bool:
    """Whether what a finished run asks for is done; its process may have been killed before the end of it.

    An evaluation counts when it is one of the best network that the folder holds, on the validation region of the run. Each
    volume needs its own.

    Parameters
    ----------
    paths : ModelPaths
        Model folder.
    record : TrainingRecord
        Its record.
    """
    if record.config.after_training is None:
        return True
    if not paths.best_weights.is_file():
        return False
    best, measured = file_digest(paths.best_weights), Counter[object]()
    for file in paths.root.glob("evaluations/*/evaluation.json"):
        try:
            document = read_document(file, EvaluationDocument)
        except SegError:  # a damaged one is none
            continue
        if document.model is not None and document.volume is not None and document.model.weights_digest == best:
            measured[document.volume.image_digest, document.region] += 1
    return Counter((data.image_digest, data.validation) for data in [record.data, *record.more_data]) <= measured


def _again(paths: ModelPaths) -> str:
    return f"The run is finished; repeat what follows it with: seg-train resume {paths.root}"
