"""Several workers on this machine: launch."""

from __future__ import annotations

import click

from seg_common.cli_support import command_options, note
from seg_common.errors import SegError


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-n", "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes to start.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@command_options()
def launch(workers: int, command: tuple[str, ...], quiet: bool) -> None:
    """Run COMMAND, seg-train's run or resume with its options, as several workers on this machine.

    They train one network together; free ports are found, and one that fails ends the others. For several GPUs of one
    machine, the strategy mirrored needs no workers. For several machines, start the command on each with --hosts.

    \b
    Examples:
      seg-train launch -n 2 run train.yaml --output model
      seg-train launch -n 2 resume model
    """
    from seg_train.strategies.launcher import command_of_workers, launch

    if command[0] not in ("run", "resume"):
        msg = f"launch starts run or resume; got {command[0]!r}. For example: seg-train launch -n 2 run train.yaml"
        raise SegError(msg)
    launch(command_of_workers(command), workers, tell=lambda line: note(line, quiet=quiet))
