"""Something to try the other commands with: example."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path

import click

from seg_common.cli_support import command_options, note


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="example")
@click.option("--overwrite", is_flag=True, help="Replace an earlier copy that holds nothing else.")
@command_options()
def example(folder: Path, overwrite: bool, quiet: bool) -> None:
    """Copy a small volume and a network trained on it into FOLDER, and print what to do with them.

    \b
    Example:
      seg-eval example
      seg-eval volume example/model --partition test
    """
    from seg_eval.shipped.example import copy_example

    copied = copy_example(folder, overwrite=overwrite)
    model, unlabelled = shlex.quote(str(copied.model)), shlex.quote(str(copied.unlabelled))
    click.echo(f"seg-eval volume {model} --partition test")
    click.echo(f"seg-eval volume {model} --partition test --volume {unlabelled}")
    note(
        f"{copied.root} holds a composite of 96 x 128 x 128 voxels with labels (volume), the same without (unlabelled), and a "
        "network that was trained on the first half of it (model). The commands above measure how good it is on voxels that "
        "it has never seen, and how far it can be trusted without labels.",
        quiet=quiet,
    )
    if find_spec("tensorflow") is None:
        note("They need TensorFlow: pip install 'seg-eval[tensorflow]'.", quiet=quiet)
