"""`preview.html`: everything about a crop stream on one page that can be sent to somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.pictures.page import PagePicture, png_uri, render_page
from seg_common.provenance import gather_provenance
from seg_common.schema.crops import CropsDocument
from seg_common.yaml_documents import dump
from seg_data.crop_rejection.declared import describe_rejection
from seg_data.preview.acceptance import acceptance_sentence, source_label, wilson_interval
from seg_data.preview.crop_sheet import volume_names
from seg_data.preview.share_charts import share_rows
from seg_data.preview.tables import expectation_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seg_common.schema.crops import CropsConfig, CropSourceRecord, CropsRecord
    from seg_data.crop_sampler import CropSampler
    from seg_data.preview.pictures import Picture

Facts = list[tuple[str, str]]
TIMES = " \N{MULTIPLICATION SIGN} "


def preview_page(
    sampler: CropSampler, record: CropsRecord, pictures: Sequence[Picture], files: Mapping[str, str]
) -> str:
    """Write the page.

    Parameters
    ----------
    sampler : CropSampler
        The stream.
    record : CropsRecord
        What was measured.
    pictures : sequence of Picture
        Pictures, which become part of the page.
    files : mapping
        Files beside the page that are no pictures, with what they hold.

    Returns
    -------
    str
        HTML.
    """
    documents = [source.volume.document for source in sampler.sources]
    values = {
        "generator": "seg-data",
        "title": f"Crops of {volume_names(sampler)}, partition {record.config.partition}",
        "verdict": verdict(record),
        "record": record,
        "strip": strip(record),
        "acceptance": acceptance_sentence(record),
        "sources": [_source_row(record, source) for source in record.sources],
        "shares": share_rows(record) if record.class_names else [],
        "colors": documents[0].class_colors,
        "pictures": [
            PagePicture(of.section, of.caption, of.alt, png_uri(of.png), of.file, of.width) for of in pictures
        ],
        "sections": {of.section for of in pictures},
        "rejection": "" if record.config.rejection is None else describe_rejection(record.config.rejection),
        "config": dump(CropsDocument(seed=record.seed, crops=record.config)),
        "facts": [*_data(sampler), ("Software", _software(record))],
        "files": [*((of.file, of.caption) for of in pictures), *files.items()],
    }
    return render_page("seg_data.preview", "preview.html.j2", values)


def verdict(record: CropsRecord) -> str:
    """Say in a few sentences what the stream does."""
    kept = f"{record.kept:,} of {record.offered:,} crops offered are kept ({record.acceptance_rate:.1%})."
    sentences = [kept if record.kept < record.offered else f"All {record.offered:,} crops offered are kept."]
    for name, visits in (("offered", record.visits_offered), ("kept", record.visits_kept)):
        if record.kept == record.offered and name == "offered":
            continue
        labelled = "voxel" if not visits.never else f"{visits.never_fraction:.2%} of the voxels"
        sentences.append(
            f"Every {labelled} is in {a_crop(name)}." if not visits.never else f"{labelled} are in no {name} crop."
        )
    rows = dict(share_rows(record)) if record.class_names else {}
    if rows and record.config.rejection is not None:
        region, crops = rows["region"], rows["kept crops"]
        present = [index for index, share in enumerate(region) if share]
        rare = min(present, key=lambda index: region[index], default=None)
        if rare is not None:
            name = record.class_names[rare]
            sentences.append(f"{name} is {crops[rare]:.2%} of the kept crops and {region[rare]:.2%} of the region.")
    return " ".join(sentences)


def a_crop(name: str) -> str:
    """Put the article before a kind of crop."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} crop"


def strip(record: CropsRecord) -> Facts:
    """Facts that stand at the top."""
    config = record.config
    crops = TIMES.join(map(str, config.shape))
    facts = [
        ("crops", f"{crops} ({config.dimensions})"),
        ("positions", config.positions.kind),
        ("acceptance", f"{record.acceptance_rate:.3f}"),
        ("crops in a cycle", "no cycles" if record.crops_per_cycle is None else f"{record.crops_per_cycle:,}"),
        ("median visits, kept", f"{record.visits_kept.median:g}"),
        ("augmentation", augmented(config)),
        ("seed", str(record.seed)),
    ]
    return facts if config.slices == 1 else [*facts[:1], ("channels", str(config.slices)), *facts[1:]]


def augmented(config: CropsConfig) -> str:
    """Name what happens to crops."""
    symmetries = {True: "symmetries", False: "", "keep_voxel_size": "symmetries that keep the voxel size"}[
        config.symmetries
    ]
    return " and ".join(filter(None, [symmetries, "augmentation" if config.augmentation else ""])) or "none"


def _source_row(record: CropsRecord, source: CropSourceRecord) -> dict[str, str]:
    low, high = wilson_interval(source.kept, source.offered) if source.offered else (0.0, 1.0)
    return {
        "name": source_label(record, source),
        "share": f"{source.share:.1%}",
        "crops": f"{source.kept:,} of {source.offered:,}",
        "measured": f"{source.kept / max(1, source.offered):.3f} ({low:.3f} to {high:.3f})",
        "expected": "not computed" if source.expected is None else expectation_words(source.expected),
    }


def _data(sampler: CropSampler) -> list[tuple[str, Facts]]:
    """Facts of each volume: what has to be the same for the same crops."""
    groups = []
    for path in dict.fromkeys(source.volume.path for source in sampler.sources):
        sources = [source for source in sampler.sources if source.volume.path == path]
        volume = sources[0].volume
        document, labels = volume.document, volume.label_source
        facts = [("file", str(path)), ("voxels", f"{TIMES.join(map(str, document.shape))} {document.dtype}")]
        if document.voxel_size is not None:
            size = TIMES.join(f"{side:g}" for side in document.voxel_size)
            facts.append(("voxel size (z, y, x)", f"{size} {document.voxel_size_unit or ''}"))
        facts.append(("region (z, y, x)", f"{sources[0].region}, partition {sampler.config.partition}"))
        facts += [
            (
                f"crops in a cycle, across {source.normal}" if len(sources) > 1 else "crops in a cycle",
                f"{source.crops_per_cycle:,}",
            )
            for source in sources
            if source.crops_per_cycle is not None
        ]
        facts.append(("digest of the image", document.image.digest or "not recorded"))
        if labels is not None:
            facts += [("labels", str(volume.labels_name)), ("digest of the labels", labels.digest or "not recorded")]
        groups.append((f"Volume {document.name}", facts))
    return groups


def _software(record: CropsRecord) -> Facts:
    made = gather_provenance()
    facts = [
        ("command", " ".join(made.command)),
        ("created", made.created),
        ("packages", ", ".join(f"{name} {version}" for name, version in made.packages.items())),
        ("Python", made.python),
    ]
    if made.git is not None:
        facts.append(("source", made.git.commit + (", changed since" if made.git.dirty else "")))
    if record.rejection_source is not None:
        facts.append(("digest of the rejection function's file", record.rejection_source))
    return facts
