"""What is to be compared: evaluations, found by their folder or by the model that they belong to, each with a name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seg_common.errors import SegError
from seg_common.evaluation_paths import CropStorePaths, EvaluationPaths
from seg_common.model_paths import ModelPaths
from seg_eval.comparing.member_facts import facts_of_evaluation, facts_of_store
from seg_eval.crop_store.stored_crops import read_store
from seg_eval.results_row import read_evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seg_common.schema.crop_store import CropStoreDocument
    from seg_eval.comparing.member_facts import MemberFacts


@dataclass(frozen=True)
class FoundMember:
    """An evaluation, or a store of crops, to compare."""

    name: str
    """Name in tables and figures; no two members have the same."""
    path: Path
    """Its folder."""
    facts: MemberFacts
    """What it is."""
    model_folder: Path | None
    """Folder of its model, where that still exists."""
    store: CropStoreDocument | None = None
    """Record of the crops, if it is a store of them."""


@dataclass(frozen=True)
class GivenMember:
    """A member as a user names it."""

    name: str | None
    """Its name, if it was given one."""
    path: Path
    """What was named."""
    folder: Path | None
    """The evaluation or the store of crops that is meant; None for a model that has no evaluation that could be."""

    @property
    def is_model(self) -> bool:
        """Whether a model folder was named."""
        return _is_model(self.path)


def given_members(given: Sequence[str], evaluation: str | Callable[[Path], str] | None = None) -> list[GivenMember]:
    """Find the evaluations that a user means, as far as there are any.

    Parameters
    ----------
    given : sequence of str
        At least two; each a model folder, an evaluation folder or its ``evaluation.json``, or a store of crops, alone or
        as ``NAME=PATH``.
    evaluation : str or callable, optional
        Name of the evaluation to take from each model folder, or what gives it for a model. When not given, the only one
        of the model, or the only one that all models with evaluations have by the same name.

    Returns
    -------
    list of GivenMember
        In the order given.

    Raises
    ------
    SegError
        If there are fewer than two, a path holds nothing to compare, or a model has several evaluations that fit.
    """
    if len(given) < 2:
        msg = f"a comparison needs at least two members; got {len(given)}. Name models, evaluations or crop stores."
        raise SegError(msg)
    named = [_named_path(text) for text in given]
    shared = _shared_evaluations([path for _, path in named if _is_model(path)])
    return [
        GivenMember(name, path, _evaluation_folder(path, evaluation, shared) if _is_model(path) else _folder(path))
        for name, path in named
    ]


def find_members(given: Sequence[GivenMember], planned: Mapping[Path, MemberFacts] | None = None) -> list[FoundMember]:
    """Read what is to be known of members.

    Parameters
    ----------
    given : sequence of GivenMember
        Each with a folder.
    planned : mapping of Path to MemberFacts, optional
        What evaluations are going to be, by folders that do not exist yet.

    Returns
    -------
    list of FoundMember
        In the order given, with different names.

    Raises
    ------
    SegError
        If a folder cannot be read, or two members have one name or are the same.
    """
    folders = [one.folder for one in given if one.folder is not None]
    twice = [str(path) for path, times in Counter(folder.resolve() for folder in folders).items() if times > 1]
    if twice:
        msg = f"every member must be another evaluation; {twice[0]} was given twice. Leave one of them away."
        raise SegError(msg)
    stores = [read_store(folder) if _is_store(folder) else None for folder in folders]
    facts = [
        (planned or {}).get(folder) or _facts(folder, store) for folder, store in zip(folders, stores, strict=True)
    ]
    models = [_model_folder(folder, one) for folder, one in zip(folders, facts, strict=True)]
    names = _names([one.name for one in given], folders, facts)
    return [FoundMember(*parts) for parts in zip(names, folders, facts, models, stores, strict=True)]


def _named_path(text: str) -> tuple[str | None, Path]:
    """Split NAME=PATH; a path that exists as it is needs no name, even with an equals sign in it."""
    name, equals, path = text.partition("=")
    if equals and name and path and not Path(text).exists():
        return name, Path(path)
    return None, Path(text)


def _facts(folder: Path, store: CropStoreDocument | None) -> MemberFacts:
    return facts_of_evaluation(read_evaluation(folder)) if store is None else facts_of_store(folder, store)


def _is_model(path: Path) -> bool:
    return ModelPaths(root=path).metadata.is_file()


def _is_store(path: Path) -> bool:
    return CropStorePaths(root=path).record.is_file()


def _folder(path: Path) -> Path:
    folder = path.parent if path.is_file() else path
    if not EvaluationPaths(root=folder).evaluation.is_file() and not _is_store(folder):
        what = "holds none of them" if path.exists() else "does not exist"
        msg = (
            f"a member must be a model folder (metadata.yaml), an evaluation (evaluation.json) or a store of crops "
            f"(crop_store.yaml); {path} {what}. "
            "Evaluate a model with seg-eval volume first."
        )
        raise SegError(msg)
    return folder


def _evaluations(model: Path) -> dict[str, Path]:
    """Find the evaluations of a model, by the names of their folders."""
    folder = ModelPaths(root=model).inside("evaluations")
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: path for path in found if EvaluationPaths(root=path).evaluation.is_file()}


def _shared_evaluations(models: Sequence[Path]) -> set[str]:
    """Names of the evaluations that all models have, but for those that have none at all."""
    names = [found for model in models if (found := set(_evaluations(model)))]
    return set.intersection(*names) if names else set()


def _evaluation_folder(model: Path, wanted: str | Callable[[Path], str] | None, shared: set[str]) -> Path | None:
    found = _evaluations(model)
    if wanted is not None:
        return found.get(wanted if isinstance(wanted, str) else wanted(model))
    if len(found) < 2:
        return next(iter(found.values()), None)
    if len(shared) == 1:
        return found[next(iter(shared))]
    msg = (
        f"one evaluation of each model is compared; {model} has: {', '.join(found)}. Choose one with --evaluation NAME."
    )
    raise SegError(msg)


def _model_folder(folder: Path, facts: MemberFacts) -> Path | None:
    """Folder of the model behind an evaluation: the one that holds it, else where it was at the time."""
    if facts.model is None:
        return None
    places = [folder.resolve().parent.parent, Path(facts.model.path)]
    return next((place for place in places if _is_model(place)), None)


def _names(given: Sequence[str | None], folders: Sequence[Path], facts: Sequence[MemberFacts]) -> list[str]:
    """Name the members by the shortest of several kinds of names that tells all of them apart."""
    resolved = [folder.resolve() for folder in folders]
    in_model = [
        folder.parent.parent.name if folder.parent.name in ("evaluations", "crops") else folder.name
        for folder in resolved
    ]
    kinds: list[list[str]] = [
        [folder.name if one.model is None else one.model.name for folder, one in zip(resolved, facts, strict=True)],
        in_model,
        [folder.name for folder in resolved],
        [str(folder) for folder in resolved],
    ]
    for kind in kinds:
        names = [other if name is None else name for name, other in zip(given, kind, strict=True)]
        if len(set(names)) == len(names):
            return names
    msg = f"members must have different names; got {', '.join(names)}. Name them: NAME=PATH."
    raise SegError(msg)
