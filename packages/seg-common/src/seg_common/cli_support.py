"""What the four commands share: options, error lines, progress bars. Imports nothing heavy."""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import ValidationError


def command_options(*, json_output: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add ``--quiet``, ``--debug`` and, on request, ``--json`` to a command, and turn its errors into one line each.

    The body gets the keyword arguments ``quiet`` and, on request, ``as_json``. A SegError, an invalid document or
    Ctrl-C ends the command with status 1 and no traceback; ``--debug`` shows the traceback.
    """

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @click.option("--quiet", is_flag=True, help="Print results only: no progress, no notes.")
        @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
        @wraps(body)
        def run(*args: Any, debug: bool, **kwargs: Any) -> None:
            with error_lines(debug=debug):
                body(*args, **kwargs)

        if json_output:
            run = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(run)
        return run

    return decorate


@contextmanager
def error_lines(*, debug: bool) -> Iterator[None]:
    """Turn errors that a user can mend into lines on stderr and exit status 1."""
    from pydantic import ValidationError

    from seg_common.errors import SegError

    try:
        yield
    except KeyboardInterrupt:
        if debug:  # raised on, it would become click's "Aborted!"
            traceback.print_exc()
        _fail("interrupted; nothing half-written is left behind.")
    except SegError as error:
        if debug:
            raise
        _fail(str(error))
    except ValidationError as error:
        if debug:
            raise
        _fail("\n".join(_model_problems(error)))
    except MemoryError as error:
        if debug:
            raise
        _fail(f"the work must fit into memory; {str(error) or 'it does not'}. Choose smaller blocks, tiles or batches.")
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        with suppress(OSError):  # what is still buffered goes nowhere, or Python complains about it at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if debug:
            raise
        _fail(f"the file system refused: {error}. Check the path, the rights and the free space.")


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        click.echo(f"error: {line}", err=True)
    sys.exit(1)


def _model_problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        key = ".".join(map(str, (error.title, *problem["loc"])))
        yield f"{key}: {problem['msg'].removeprefix('Value error, ')}; got {problem['input']!r}"


def print_json(data: object) -> None:
    """Print a result as JSON on stdout; models are dumped."""
    dump = getattr(data, "model_dump", None)
    click.echo(json.dumps(dump(mode="json") if dump else data, indent=2, ensure_ascii=False, allow_nan=False))


def note(text: str, *, quiet: bool) -> None:
    """Print a note for people on stderr, unless quiet."""
    if not quiet:
        click.echo(text, err=True)


@contextmanager
def progress(
    total: int, description: str, *, quiet: bool = False, transient: bool = False
) -> Iterator[Callable[..., None]]:
    """Show a progress bar on stderr, with the time left; silent when quiet or when stderr is not a terminal.

    Parameters
    ----------
    total : int
        Number of steps.
    description : str
        What is being done.
    quiet : bool
        Whether to show nothing.
    transient : bool
        Whether the bar goes away at its end.

    Yields
    ------
    callable
        ``advance(steps=1, note="")``: moves the bar and sets the text behind it; `note` may be a function that makes the text,
        which is asked for it only when somebody looks.
    """
    if quiet or not sys.stderr.isatty():
        yield _show_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    columns = (  # where the terminal is narrow, the bar is what gives way
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(min_width=4, max_width=40)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(elapsed_when_finished=True, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True)),
    )
    with Progress(*columns, console=Console(stderr=True), transient=transient) as bar:
        task = bar.add_task(description, total=total, note="")

        def advance(steps: int = 1, note: str | Callable[[], str] = "") -> None:
            bar.update(task, advance=steps, note=note if isinstance(note, str) else note())

        yield advance


def _show_nothing(steps: int = 1, note: str | Callable[[], str] = "") -> None:
    """Stand in for a progress bar where nobody looks."""
