"""The command `seg-common`: check documents, print schemas, show a model folder."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, print_json, progress


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seg-common")
def main() -> None:
    """Check the documents of a segmentation project, print their schemas, show a model."""


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--digests/--no-digests",
    default=True,
    show_default=True,
    help="Read the voxels of volumes and compare them with the digests that their documents record.",
)
@command_options(json_output=True)
def check(path: Path, digests: bool, quiet: bool, as_json: bool) -> None:
    """Check a document, or every document of a folder, and the files that a volume names.

    \b
    Example:
      seg-common check phantom/volume.yaml
    """
    from seg_common.folder_checks import check_path

    kinds = check_path(path)
    if digests:
        from seg_common.digest_checks import recorded_arrays, require_digests

        arrays = recorded_arrays(file for file, kind in kinds.items() if kind == "volume")
        with progress(sum(array.slices for array in arrays), "comparing digests", quiet=quiet) as advance:
            require_digests(arrays, advance)
    if as_json:
        print_json({str(file): kind for file, kind in kinds.items()})
    elif not quiet:
        for file, kind in kinds.items():
            click.echo(f"{file}: valid {kind}")


@main.command()
@click.argument("name")
@command_options()
def schema(name: str, quiet: bool) -> None:  # noqa: ARG001 - the schema is the result, so it is printed anyway
    """Print the JSON Schema of a kind of document; NAME is its kind, or "list".

    \b
    Example:
      seg-common schema volume
    """
    from seg_common.document_problems import did_you_mean
    from seg_common.errors import DocumentError
    from seg_common.schema.documents import DOCUMENTS

    if name == "list":
        click.echo("\n".join(DOCUMENTS))
    elif name in DOCUMENTS:
        print_json(DOCUMENTS[name].model_json_schema())
    else:
        hint = did_you_mean(name, DOCUMENTS) or "."
        msg = f"the kind of document must be one of {', '.join(DOCUMENTS)}; got {name!r}{hint}"
        raise DocumentError(msg)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@command_options(json_output=True)
def show(model: Path, quiet: bool, as_json: bool) -> None:  # noqa: ARG001 - the record is the result
    """Show what a model folder holds: its state, its score and its files.

    \b
    Example:
      seg-common show model
    """
    from seg_common.model_folder import describe_model

    description = describe_model(model)
    if as_json:
        print_json(description)
        return
    for key, value in description.items():
        if isinstance(value, dict):
            click.echo(f"{key}:")
            for name, text in value.items():
                click.echo(f"  {name}: {text}")
        elif isinstance(value, list):
            click.echo(f"{key}: {', '.join(value) or 'none'}")
        else:
            click.echo(f"{key}: {'none' if value is None else value}")
