"""The volumes behind an evaluation, opened again: grey levels, reference, prediction, in the volume's coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seg_common.errors import SegError
from seg_common.volume.opened_volume import VOLUME_FILE, open_volume
from seg_eval.comparing.found_members import FoundMember
from seg_eval.comparing.member_facts import facts_of_evaluation
from seg_eval.comparing.opened_labels import LabelFile, LabelFiles
from seg_eval.measured_arrays import PlacedArray
from seg_eval.results_row import read_evaluation

if TYPE_CHECKING:
    from contextlib import ExitStack

    from numpy.typing import NDArray

    from seg_common.geometry.box import Box
    from seg_common.schema.evaluation import EvaluationDocument


@dataclass(frozen=True)
class OpenedEvaluation:
    """What an evaluation compared; arrays are read box by box."""

    folder: Path
    """Folder of the evaluation."""
    document: EvaluationDocument
    """All scores."""
    prediction: LabelFile
    """Predicted labels."""
    reference: LabelFile | None
    """Reference labels; None where nothing was compared."""
    image: PlacedArray | None
    """Grey levels; None for label volumes alone, or where the scan is not found any more."""
    missing: tuple[str, ...]
    """What could not be opened, and why."""

    @property
    def region(self) -> Box:
        """Voxels that were measured."""
        return self.document.region

    def codes(self, labels: LabelFile, box: Box) -> NDArray[np.uint8]:
        """Read class indices plus one, 0 where the class is unknown, shape of the box."""
        classes, known = labels.read(box)
        return np.where(known, classes.astype(np.int64) + 1, 0).astype(np.uint8)

    def wrong_codes(self, box: Box) -> NDArray[np.uint8]:
        """Read the predicted class plus one where it is wrong, 0 elsewhere and where the reference is unknown."""
        if self.reference is None:
            return np.zeros(box.shape, np.uint8)
        truth, answer = self.codes(self.reference, box), self.codes(self.prediction, box)
        return np.where((truth != answer) & (truth > 0), answer, 0).astype(np.uint8)


def open_evaluation(path: Path | str, opened: ExitStack, reference: str | None = None) -> OpenedEvaluation:
    """Open what an evaluation compared.

    Parameters
    ----------
    path : path
        Folder of the evaluation, or its ``evaluation.json``.
    opened : ExitStack
        Closes the files.
    reference : str, optional
        Where the reference labels are, as ``path`` or ``path::dataset``, when they were moved.

    Returns
    -------
    OpenedEvaluation
        Labels are checked against their digests. Grey levels and reference that are not found any more are left out, and
        named in `missing`.

    Raises
    ------
    SegError
        If the evaluation or its prediction cannot be opened, or the named reference is another one.
    """
    document = read_evaluation(path)
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    member = FoundMember(folder.name, folder, facts_of_evaluation(document), None)
    files = LabelFiles(opened, reference)
    prediction = files.prediction_of(member)
    missing = []
    truth = None
    if document.reference is not None:
        try:
            truth = files.reference_of(member)
        except SegError as error:
            if reference is not None:
                raise
            missing.append(str(error))
    image, complaint = _image(document, opened)
    if complaint:
        missing.append(complaint)
    return OpenedEvaluation(folder, document, prediction, truth, image, tuple(missing))


def _image(document: EvaluationDocument, opened: ExitStack) -> tuple[PlacedArray | None, str | None]:
    if document.volume is None:
        return None, None
    path = Path(document.volume.path)
    try:
        scan = opened.enter_context(open_volume(path if path.suffix else path / VOLUME_FILE))
    except SegError as error:
        return None, f"the grey levels are left out: {error}"
    if scan.image.shape != document.volume.shape:
        return None, f"the grey levels are left out: {scan.image} has another shape than when it was measured."
    return PlacedArray(scan.image), None
