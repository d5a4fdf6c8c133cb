"""The members of a comparison: evaluations that there are, and those that are made because a model has none yet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seg_common.errors import MissingDependencyError, OutputExistsError, SegError
from seg_common.evaluation_paths import EvaluationPaths
from seg_eval.comparing.found_members import find_members, given_members
from seg_eval.comparing.planned_evaluations import Settings, plan_evaluation
from seg_eval.comparing.schemes import mixed_properties, shared_region
from seg_eval.output_folder import require_free
from seg_eval.prediction.model_runner import require_tensorflow
from seg_eval.results_row import read_evaluation

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from seg_common.schema.comparison import Property
    from seg_eval.comparing.found_members import FoundMember, GivenMember
    from seg_eval.comparing.planned_evaluations import PlannedEvaluation
    from seg_eval.streaming.streaming_blobs import Connectivity

CHOOSING = frozenset({"aggregation", "overlap", "symmetries", "along", "weights"})
"""Options that decide about the result of a prediction; the others decide how it is computed."""


def wanted_members(
    given: Sequence[str],
    evaluation: str | None,
    settings: Settings,
    allow: Collection[Property],
    *,
    connectivity: Connectivity,
    block_bytes: int,
    quiet: bool,
) -> list[FoundMember]:
    """Find the members of a comparison, and evaluate the models that have no evaluation for it.

    Parameters
    ----------
    given : sequence of str
        Models, evaluations and stores of crops; see `given_members`.
    evaluation : str, optional
        Name of the evaluation to take from each model folder.
    settings : Settings
        Where they name volume, partition or an option of `CHOOSING`, the evaluation of each model is the one that
        ``seg-eval volume`` writes with them. Otherwise models that have none are evaluated as the first member was that
        is an evaluation of a model, or by default.
    allow : collection of str
        Properties in which members may differ.
    connectivity : {1, 2, 3}
        Neighbours of a voxel in a blob, for evaluations that are made.
    block_bytes : int
        Memory for one block.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    list of FoundMember
        In the order given. What must not be compared is refused before anything is predicted.

    Raises
    ------
    SegError
        If a member cannot be found, evaluated or compared; see `plan_evaluation` and `mixed_properties`.
    """
    plans: dict[Path, PlannedEvaluation] = {}
    if settings.volume or settings.partition or not CHOOSING.isdisjoint(settings.options):
        if evaluation is not None:
            msg = (
                f"an evaluation is chosen by its name or by how it was made; got {evaluation!r} and options of a prediction. "
                "Leave one of them away."
            )
            raise SegError(msg)

        def name_of(model: Path) -> str:
            plans[model] = plan_evaluation(model, settings)
            return plans[model].folder.name

        members = given_members(given, name_of)
        for member in members:
            if member.folder is not None and member.path in plans:
                _require_as_planned(member.folder, plans.pop(member.path))
    else:
        members = given_members(given, evaluation)
        missing = [member.path for member in members if member.folder is None]
        if missing:
            like = _settings_of_others(members, settings)
            if like is None and evaluation is not None:
                command = plan_evaluation(missing[0], settings, evaluation).command
                msg = (
                    f"the evaluation {evaluation!r} must be that of a member; none of them has one. Make it: {command}"
                )
                raise SegError(msg)
            chosen = {model: settings if like is None else like.fitting(model) for model in missing}
            plans = {model: plan_evaluation(model, how, evaluation) for model, how in chosen.items()}
    if not plans:
        return find_members(members)
    members = [
        member if member.folder is not None else replace(member, folder=plans[member.path].folder) for member in members
    ]
    found = find_members(members, {plan.folder: plan.facts for plan in plans.values()})
    mixed_properties(found, allow)
    shared_region(found)
    _require_possible(plans.values())
    made = {
        plan.folder: plan.make(connectivity=connectivity, block_bytes=block_bytes, quiet=quiet)
        for plan in plans.values()
    }
    return [replace(member, facts=made.get(member.path, member.facts)) for member in found]


def _settings_of_others(members: Sequence[GivenMember], settings: Settings) -> Settings | None:
    """How the first member was evaluated that is an evaluation of a model, computed as the user asks for."""
    for member in members:
        if member.folder is None or not EvaluationPaths(root=member.folder).evaluation.is_file():
            continue
        like = Settings.of(read_evaluation(member.folder))
        if like is not None:
            return replace(like, options={**like.options, **settings.options})
    return None


def _require_as_planned(folder: Path, plan: PlannedEvaluation) -> None:
    """Refuse an evaluation that has the name of the one asked for, and is another."""
    document = read_evaluation(folder)
    scans = [one.image_digest for one in (document.volume, plan.facts.volume) if one is not None and one.image_digest]
    overlaps = [one.aggregation and one.aggregation.min_overlap for one in (document, plan.facts)]
    other = [
        what
        for what, differs in (
            ("region", document.region != plan.facts.region),
            ("scan", len(set(scans)) > 1),
            ("overlap", "overlap" in plan.settings.options and overlaps[0] != overlaps[1]),
        )
        if differs
    ]
    if other:
        msg = (
            f"the evaluation of {plan.model} must be the one asked for; {folder} has another {' and '.join(other)}. "
            f"Make it anew: {plan.command} --overwrite"
        )
        raise SegError(msg)


def _require_possible(plans: Collection[PlannedEvaluation]) -> None:
    for plan in plans:
        try:
            require_free(plan.folder, overwrite=False)
        except OutputExistsError:
            msg = (
                f"a model is evaluated where nothing is yet; {plan.folder} is there, and is no finished evaluation. "
                f"Move it, and give the command again, or evaluate elsewhere: {plan.command} --output FOLDER"
            )
            raise OutputExistsError(msg) from None
    try:
        require_tensorflow()
    except MissingDependencyError as error:
        commands = "; ".join(plan.command for plan in plans)
        msg = f"{error} Or make the evaluations where it is installed: {commands}"
        raise MissingDependencyError(msg) from None
