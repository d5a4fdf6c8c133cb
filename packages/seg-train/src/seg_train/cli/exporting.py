"""Hand a trained network to other programs: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seg_common.cli_support import command_options, note, print_json

if TYPE_CHECKING:
    from typing import Literal

    from seg_common.schema.export import ExportFormat

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("model", type=FOLDER)
@click.option(
    "--format",
    "export_format",
    type=click.Choice(["savedmodel", "onnx"]),
    default="savedmodel",
    show_default=True,
    help="TensorFlow's folder, or a file for ONNX runtimes (pip install 'seg-train[onnx]').",
)
@click.option(
    "--weights",
    type=click.Choice(["best", "last"]),
    default="best",
    show_default=True,
    help="Best validation score, or last epoch.",
)
@click.option("--output", type=FOLDER, help="Folder to make. Default: exports/WEIGHTS_FORMAT in the model folder.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-4,
    show_default=True,
    help="Largest difference to the model's probabilities.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing export.")
@command_options(json_output=True)
def export(
    model: Path,
    export_format: ExportFormat,
    weights: Literal["best", "last"],
    output: Path | None,
    tolerance: float,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Write a trained network in another format, checked against the model.

    \b
    Example:
      seg-train export model --format onnx
    """
    from seg_train.export import export_model

    paths, record = export_model(
        model,
        export_format=export_format,
        weights=weights,
        output=output,
        tolerance=tolerance,
        overwrite=overwrite,
    )
    if as_json:
        print_json(record)
        return
    target = paths.root if record.file == "." else paths.root / record.file
    note(f"checked on {len(record.checks)} shapes of voxels; see {paths.record}", quiet=quiet)
    click.echo(f"{target}: probabilities differ from the model's by up to {record.max_abs_difference:.3g}")
