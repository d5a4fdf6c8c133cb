"""What the four commands share: options, one line per error, progress."""

import io
import json
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from seg_common import cli_support
from seg_common.cli_support import command_options, note, print_json, progress
from seg_common.errors import DocumentError, SegError
from seg_common.geometry.box import Box


def command(body, **options):
    return click.command(command_options(**options)(body))


def failing(error):
    def fail(quiet):
        raise error

    return command(fail)


def validation_error():
    try:
        Box(start=(0, 0, 0), shape=(0, 1, 1))
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (SegError("rule; value; remedy."), "error: rule; value; remedy."),
        (KeyboardInterrupt(), "error: interrupted; nothing half-written is left behind."),
        (validation_error(), "error: Box.shape.0: Input should be greater than or equal to 1; got 0"),
        (
            OSError(28, "No space left on device", "a.h5"),
            "error: the file system refused: [Errno 28] No space left on device: 'a.h5'. "
            "Check the path, the rights and the free space.",
        ),
        (
            MemoryError("Unable to allocate 8 GiB"),
            "error: the work must fit into memory; Unable to allocate 8 GiB. Choose smaller blocks, tiles or batches.",
        ),
    ],
)
def test_an_error_that_a_user_can_mend_is_one_line(error, line):
    """On stderr, status 1, nothing on stdout."""
    result = CliRunner().invoke(failing(error))
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{line}\n")


def test_every_problem_of_a_document_has_its_line():
    """Each marked as an error."""
    result = CliRunner().invoke(failing(DocumentError("a: one\nb: two")))
    assert result.stderr == "error: a: one\nerror: b: two\n"


@pytest.mark.parametrize("error", [SegError("rule"), validation_error(), OSError("rule"), MemoryError("rule")])
def test_debug_lets_the_error_through(error):
    """With its traceback, for whoever mends the program."""
    result = CliRunner().invoke(failing(error), ["--debug"])
    assert (result.exit_code, result.exception) == (1, error)


def test_debug_shows_where_ctrl_c_struck():
    """Where the program hung, that is."""
    result = CliRunner().invoke(failing(KeyboardInterrupt()), ["--debug"])
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("error: interrupted; nothing half-written is left behind.\n")


def test_a_mistake_of_the_program_is_not_disguised():
    """Only what a user can mend becomes a line."""
    result = CliRunner().invoke(failing(ZeroDivisionError()))
    assert isinstance(result.exception, ZeroDivisionError)


def test_the_body_gets_the_options_it_asks_for():
    """`as_json` where a result is printed; `debug` is no business of the body."""

    def body(quiet, as_json):
        click.echo(f"{quiet} {as_json}")

    runner = CliRunner()
    assert runner.invoke(command(body, json_output=True), ["--quiet", "--json"]).stdout == "True True\n"
    assert runner.invoke(command(body, json_output=True)).stdout == "False False\n"
    assert runner.invoke(command(lambda quiet: None), ["--json"]).exit_code == 2


def test_a_broken_pipe_is_no_error_worth_a_line(monkeypatch):
    """Where stdout is no file at all, too."""
    result = CliRunner().invoke(failing(BrokenPipeError()))
    assert (result.exit_code, result.stderr) == (1, "")


def test_json_is_printed_for_people_and_programs(capsys):
    """Models are dumped, letters stay letters, and infinities are refused: they are no JSON."""
    print_json(Box.whole((1, 2, 3)))
    assert json.loads(capsys.readouterr().out) == {"start": [0, 0, 0], "shape": [1, 2, 3]}
    print_json({"unit": "µm"})
    assert '"µm"' in capsys.readouterr().out
    with pytest.raises(ValueError, match="JSON"):
        print_json({"a": float("inf")})


def test_notes_are_for_people(capsys):
    """On stderr, so that results can be piped, and not at all when quiet."""
    note("a note", quiet=False)
    note("another", quiet=True)
    assert capsys.readouterr() == ("", "a note\n")


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("stderr", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_progress_is_silent_when_quiet_or_when_nobody_looks(monkeypatch, stderr, quiet):
    """A log file is not filled with bars."""
    monkeypatch.setattr(cli_support.sys, "stderr", stderr)
    with progress(3, "working", quiet=quiet) as advance:
        advance()
        advance(2, note="almost")
        advance(0, note=lambda: 1 / 0)  # nobody looks, so nobody asks
    assert stderr.getvalue() == ""


def test_progress_shows_steps_and_notes_on_a_terminal(monkeypatch):
    """Square brackets in a text are no markup."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(cli_support.sys, "stderr", Terminal())
    with progress(3, "tiles [0:4]") as advance:
        advance(2, note="loss [0.5]")
        advance()
    shown = cli_support.sys.stderr.getvalue()
    assert "tiles [0:4]" in shown
    assert "3/3" in shown
    assert "loss [0.5]" not in shown.rsplit("3/3", 1)[1]


def test_the_bar_gives_way_to_the_words_on_a_narrow_terminal(monkeypatch):
    """80 columns hold all of a note; the bar takes what is left, and no more than 40 columns of a wide terminal."""
    note = "loss 0.7231, mean Jaccard 0.5304, run: 1:12:00 left"
    for columns, bar in ((80, range(4, 16)), (200, range(40, 41))):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(cli_support.sys, "stderr", Terminal())
        with progress(3, "Epoch") as advance:
            advance(2, note=note)
        shown = cli_support.sys.stderr.getvalue().rsplit("2/3", 1)
        assert note in shown[1]
        assert shown[0].rsplit("Epoch", 1)[1].count("━") + 1 in bar


def test_a_transient_bar_is_erased_and_its_note_is_made_when_shown(monkeypatch):
    """The last thing that the terminal hears is to erase the line."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(cli_support.sys, "stderr", Terminal())
    with progress(2, "Validation", transient=True) as advance:
        advance(2, note=lambda: "so far 0.5")
    shown = cli_support.sys.stderr.getvalue()
    assert "so far 0.5" in shown
    assert "\x1b[2K" in shown.rsplit("2/2", 1)[1]


WAIT = """
import signal, sys, time, click
from pathlib import Path
from seg_common.atomic_files import atomic_path
from seg_common.cli_support import command_options

@click.command()
@command_options()
def wait(quiet):
    with atomic_path(Path(sys.argv[0]).parent / "result.txt") as temporary:
        temporary.write_text("half")
        print("started", flush=True)
        time.sleep(30)

# A shell starts background jobs deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
wait.main(args=[])
"""


def test_ctrl_c_ends_a_real_command_with_one_line_and_no_file(tmp_path):
    """Status 1, nothing half-written."""
    script = tmp_path / "wait.py"
    script.write_text(WAIT)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert stderr == "error: interrupted; nothing half-written is left behind.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["wait.py"]
