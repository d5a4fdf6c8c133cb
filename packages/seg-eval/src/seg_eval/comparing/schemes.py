"""Scores of different kinds are never mixed silently: what must be the same, and what may differ when it is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from seg_common.errors import SegError
from seg_common.schema.comparison import Property

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence

    from seg_common.geometry.box import Box
    from seg_common.schema.prediction import AggregationRecord
    from seg_eval.comparing.found_members import FoundMember

PROPERTIES: tuple[Property, ...] = get_args(Property)

WORDS: dict[Property, str] = {
    "scheme": "schemes",
    "aggregation": "aggregations",
    "reference": "reference labels",
    "data": "scans",
}


def mixed_properties(members: Sequence[FoundMember], allowed: Collection[Property] = ()) -> list[Property]:
    """Check that members can be compared.

    Parameters
    ----------
    members : sequence of FoundMember
        At least two.
    allowed : collection of str
        Properties in which they may differ.

    Returns
    -------
    list of str
        Those in which they do differ; references are judged later, from their voxels.

    Raises
    ------
    SegError
        If the classes differ, one has no reference, crops were seen in different orientations, or a property differs that
        must not.
    """
    first = members[0]
    for member in members:
        names, others = ([info.name for info in one.facts.classes] for one in (first, member))
        if names != others:
            msg = (
                f"members must have the same classes in one order; {first.name} has {', '.join(names)}, {member.name} "
                f"has {', '.join(others)}. Compare models of the same classes."
            )
            raise SegError(msg)
        if member.facts.reference is None:
            msg = (
                f"a comparison needs reference labels; {member.path} was measured without any. "
                "Evaluate a labelled volume."
            )
            raise SegError(msg)
    _require_one_orientation(members)
    kinds: dict[Property, Callable[[FoundMember], Hashable]] = {
        "scheme": lambda member: member.facts.scheme,
        "aggregation": _aggregation,
        "data": lambda member: member.facts.volume and member.facts.volume.image_digest,
    }
    return [name for name, value in kinds.items() if _differ(name, members, value, allowed)]


def require_allowed(name: Property, differing: Sequence[str], allowed: Collection[Property]) -> None:
    """Raise SegError unless members may differ in a property; `differing` says how, member by member."""
    if name not in allowed:
        msg = (
            f"members must have the same {WORDS[name]}; got {'; '.join(differing)}. "
            f"To compare them all the same, and see it in every table, give --allow {name}."
        )
        raise SegError(msg)


def shared_region(members: Sequence[FoundMember]) -> Box:
    """Intersection of the regions that members answered for.

    Raises
    ------
    SegError
        If there is none.
    """
    region = members[0].facts.region
    for member in members[1:]:
        shared = region.intersection(member.facts.region)
        if shared is None:
            msg = (
                f"members must share voxels; {member.name} has [{member.facts.region}], those before it "
                f"[{region}]. Evaluate the same partition."
            )
            raise SegError(msg)
        region = shared
    return region


def _require_one_orientation(members: Sequence[FoundMember]) -> None:
    """Refuse stores whose crops are slices across different axes: what differs may be the orientation, not the model."""
    stores = [(member.name, member.store) for member in members if member.store is not None]
    planar = [(name, store.along) for name, store in stores if store.model.dimensions != "3D"]
    if len({along for _, along in planar}) > 1:
        told = "; ".join(f"{name}: across {along}" for name, along in planar)
        msg = (
            f"stores of crops must hold slices across one axis; got {told}. Compare evaluations made with one --along."
        )
        raise SegError(msg)


def _differ(
    name: Property,
    members: Sequence[FoundMember],
    value: Callable[[FoundMember], Hashable],
    allowed: Collection[Property],
) -> bool:
    known = [(member.name, found) for member in members if (found := value(member)) is not None]
    if len({found for _, found in known}) < 2:
        return False
    require_allowed(name, [f"{member}: {found}" for member, found in known], allowed)
    return True


def _aggregation(member: FoundMember) -> str | None:
    # Tiles, overlap and halo follow from the network: tables show them, but they do not keep two models apart.
    record = member.facts.aggregation
    return None if record is None else aggregation_text(record)


def aggregation_text(record: AggregationRecord) -> str:
    """Say everything about the blending of tiles but their geometry and whose network it was."""
    passes = [(record.along, record.symmetries), *((one.along, one.symmetries) for one in record.more_passes)]
    if passes == [("z", 1)]:
        return record.kind
    words = [f"along {along}" + (f" in {number} orientations" if number > 1 else "") for along, number in passes]
    return f"{record.kind}, {', '.join(words)}"
