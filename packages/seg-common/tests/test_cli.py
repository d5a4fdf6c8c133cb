"""The command `seg-common`: every option, and the installed command as users start it."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from seg_common.cli import main
from seg_common.schema.documents import DOCUMENTS
from seg_common.yaml_documents import write_document

COMMAND = shutil.which("seg-common", path=sysconfig.get_path("scripts"))


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run(*arguments, cwd, **options):
    """Start the installed command from another folder."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, **options
    )


@pytest.fixture
def model_folder(tmp_path, training_record):
    write_document(tmp_path / "model" / "metadata.yaml", training_record)
    return tmp_path / "model"


def test_check_names_what_is_valid(volume_folder):
    """One line per document; nothing when quiet; JSON when asked."""
    path = volume_folder / "volume.yaml"
    assert invoke("check", path).stdout == f"{path}: valid volume\n"
    assert invoke("check", volume_folder, "--quiet").stdout == ""
    assert json.loads(invoke("check", volume_folder, "--json").stdout) == {str(path): "volume"}


def test_check_tells_every_problem_and_fails(volume_folder):
    """Status 1, on stderr."""
    (volume_folder / "volume.yaml").write_text("kind: volume\nnam: scan\n")
    result = invoke("check", volume_folder)
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("error: ") for line in lines)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_schema_prints_the_json_schema_of_a_kind(kind):
    """As a validator or an editor takes it."""
    assert json.loads(invoke("schema", kind).stdout) == json.loads(json.dumps(DOCUMENTS[kind].model_json_schema()))


def test_schema_lists_the_kinds():
    """One a line."""
    assert invoke("schema", "list").stdout.split() == list(DOCUMENTS)


def test_an_unknown_kind_is_answered_with_the_nearest():
    """And with all that are known."""
    result = invoke("schema", "volum")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the kind of document must be one of volume, ")
    assert result.stderr.endswith("got 'volum'; did you mean 'volume'?\n")


def test_show_describes_a_model(model_folder):
    """For people, or as JSON."""
    lines = invoke("show", model_folder).stdout.splitlines()
    assert "status: interrupted" in lines
    assert "classes: matrix, fibre" in lines
    assert "evaluations: none" in lines
    assert "  best.keras: missing" in lines
    assert json.loads(invoke("show", model_folder, "--json").stdout)["epochs"] == "2 of 20"


def test_show_refuses_what_is_no_model(tmp_path):
    """With the folder's name."""
    result = invoke("show", tmp_path)
    assert result.exit_code == 1
    assert "must hold metadata.yaml" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["check"], ["schema"], ["show"]])
def test_every_command_has_help_with_an_example(arguments):
    """Short and long form."""
    for flag in ("--help", "-h"):
        result = invoke(*arguments, flag)
        assert result.exit_code == 0
        assert not arguments or f"seg-common {arguments[0]} " in result.stdout.split("Example:")[1]


def test_the_installed_command_answers(tmp_path):
    """--help and --version, from any folder."""
    assert "check" in run("--help", cwd=tmp_path).stdout
    assert run("--version", cwd=tmp_path).stdout == f"seg-common, version {version('seg-common')}\n"


def test_the_installed_command_fails_in_one_line(tmp_path):
    """Status 1 and no traceback, unless --debug asks for it."""
    result = run("check", "no.yaml", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"error: the file must exist; got no.yaml. Check the spelling and the current folder ({tmp_path}).\n"
    )
    debug = run("check", "no.yaml", "--debug", cwd=tmp_path)
    assert debug.returncode == 1
    assert "Traceback" in debug.stderr


@pytest.mark.parametrize("arguments", [["chek"], ["check"], ["check", "a", "b"], ["check", "a", "--jsn"]])
def test_wrong_usage_has_status_two(tmp_path, arguments):
    """As of every command line program."""
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "Usage: seg-common" in result.stderr


def test_the_reader_of_a_pipe_may_leave(tmp_path):
    """`seg-common schema training_record | head -1` prints one line and no complaint."""
    script = f"'{COMMAND}' schema training_record | head -n 1"
    result = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("{\n", "")


def test_a_pipe_that_nobody_reads_is_no_error(tmp_path):
    """The reader was gone before the first byte was written; nothing is said about it at the end either."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [COMMAND, "schema", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    """It answers before a user can wonder."""
    code = (
        "import sys; from seg_common.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'h5py', 'jinja2', 'matplotlib', 'numpy', 'PIL', 'psutil', 'pydantic', 'rich', 'scipy', 'skimage', "
        "'tensorflow', 'tifffile', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout
    assert result.stderr == "[]\n"
