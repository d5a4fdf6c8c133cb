"""Files appear whole or not at all, whatever happens while they are written."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seg_common.atomic_files import (
    atomic_folder,
    atomic_path,
    atomic_write_bytes,
    atomic_write_text,
    left_by_kills,
    read_text,
)
from seg_common.errors import OutputExistsError, SegError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_into_a_new_folder(tmp_path):
    """Folders on the way are made, the text is UTF-8, and nothing else stays."""
    path = tmp_path / "a" / "b.txt"
    atomic_write_text(path, "µ\n")
    assert path.read_bytes() == "µ\n".encode()
    assert names(path.parent) == ["b.txt"]


def test_an_existing_file_is_kept_unless_asked(tmp_path):
    """The refusal names the file and both ways out."""
    path = tmp_path / "a.txt"
    atomic_write_text(path, "old")
    with pytest.raises(OutputExistsError, match=r"never overwritten unasked; .*a\.txt exists.*--overwrite"):
        atomic_write_text(path, "new")
    assert read_text(path) == "old"
    atomic_write_text(path, "new", overwrite=True)
    assert read_text(path) == "new"


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    """Another process may have made the target while this one was writing."""
    path = tmp_path / "a.txt"

    def write():
        with atomic_path(path) as temporary:
            temporary.write_text("mine")
            path.write_text("theirs")

    with pytest.raises(OutputExistsError, match="never overwritten"):
        write()
    assert read_text(path) == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_is_never_replaced(tmp_path):
    """Not even with overwrite, and before any work is done."""
    with pytest.raises(OutputExistsError, match="never replaces a folder"), atomic_path(tmp_path, overwrite=True):
        pytest.fail("the block must not run")


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [None, "old"])
def test_an_interrupted_write_leaves_what_was_there(tmp_path, interruption, before):
    """An error, Ctrl-C or an exit in the middle leaves the old file, or none, and no temporary one."""
    path = tmp_path / "a.txt"
    if before is not None:
        path.write_text(before)

    def write():
        with atomic_path(path, overwrite=True) as temporary:
            temporary.write_text("half of it")
            raise interruption

    with pytest.raises(interruption):
        write()
    assert names(tmp_path) == ([] if before is None else ["a.txt"])
    assert before is None or read_text(path) == before


def test_the_temporary_file_keeps_the_suffix_beside_the_target(tmp_path):
    """Writers choose their format by the suffix; a rename is atomic within one folder only."""
    with atomic_path(tmp_path / "a.h5") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".h5")
        assert temporary.name.startswith(".")
        temporary.touch()


WRITE_FOR_EVER = """
import itertools, pathlib, sys
from seg_common.atomic_files import atomic_write_bytes
path = pathlib.Path(sys.argv[1])
for n in itertools.count():
    atomic_write_bytes(path, bytes([n % 256]) * 2_000_000, overwrite=True)
    if n == 0:
        print("started", flush=True)
"""


def test_a_killed_process_never_leaves_half_a_file(tmp_path):
    """SIGKILL at random moments: the target always holds the bytes of one complete write."""
    path = tmp_path / "a.bin"
    moments = random.Random(0)
    for _ in range(8):
        path.unlink(missing_ok=True)
        command = [sys.executable, "-c", WRITE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"started\n"
            time.sleep(moments.uniform(0, 0.05))
            process.kill()
        data = path.read_bytes()
        assert len(data) == 2_000_000
        assert len(set(data)) == 1


def test_bytes_are_written_as_they_are(tmp_path):
    """No end of line is translated."""
    atomic_write_bytes(tmp_path / "a", b"\r\n\x00")
    assert (tmp_path / "a").read_bytes() == b"\r\n\x00"


def test_a_byte_order_mark_is_not_text(tmp_path):
    """Editors on Windows put one before the text."""
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfkind: volume")
    assert read_text(tmp_path / "a.txt") == "kind: volume"


def test_reading_says_which_file_is_missing(tmp_path):
    """A relative name is wrong mostly because the current folder is."""
    with pytest.raises(SegError, match=r"must exist; got .*no\.yaml.*current folder"):
        read_text(tmp_path / "no.yaml")


def test_reading_says_where_a_file_is_no_text(tmp_path):
    """A picture taken for a document."""
    (tmp_path / "a.yaml").write_bytes(b"ab\xff")
    with pytest.raises(SegError, match=r"UTF-8 text; .*a\.yaml has byte 0xff at 2"):
        read_text(tmp_path / "a.yaml")


def test_reading_a_folder_is_an_error_that_names_it(tmp_path):
    """What the system refuses is passed on with the path."""
    with pytest.raises(SegError, match=f"must be readable; {tmp_path}"):
        read_text(tmp_path)


def write_folder(path, text, **options):
    with atomic_folder(path, marks=["mark"], **options) as temporary:
        (temporary / "inside").mkdir()
        (temporary / "inside" / "a.txt").write_text(text)
        (temporary / "mark").touch()


def test_a_folder_appears_whole_and_is_kept_unless_asked(tmp_path):
    """With all that is in it; nothing of an old one stays in a new one."""
    path = tmp_path / "new" / "a.zarr"
    write_folder(path, "old")
    (path / "left.txt").touch()
    with pytest.raises(OutputExistsError, match=r"never overwritten unasked.*a\.zarr exists"):
        write_folder(path, "new")
    assert names(path) == ["inside", "left.txt", "mark"]
    write_folder(path, "new", overwrite=True)
    assert names(path) == ["inside", "mark"]
    assert read_text(path / "inside" / "a.txt") == "new"
    assert names(path.parent) == ["a.zarr"]


@pytest.mark.parametrize("kind", ["file", "folder of another kind"])
def test_a_folder_never_replaces_something_else(tmp_path, kind):
    """Overwriting a thesis would be a pity."""
    path = tmp_path / "a.zarr"
    if kind == "file":
        path.write_text("thesis")
    else:
        path.mkdir()
        (path / "thesis.txt").touch()
    with pytest.raises(OutputExistsError, match="nor a folder by one of another kind"):
        write_folder(path, "new", overwrite=True)
    assert path.read_text() == "thesis" if kind == "file" else names(path) == ["thesis.txt"]


KILLED = """
import os, signal, sys
from pathlib import Path
from seg_common.atomic_files import atomic_folder
renames = int(sys.argv[2])
rename = Path.rename
def killed(path, target):
    global renames
    if not renames:
        os.kill(os.getpid(), signal.SIGKILL)
    renames -= 1
    return rename(path, target)
Path.rename = killed
with atomic_folder(Path(sys.argv[1]), overwrite=True, marks=["mark"]) as folder:
    (folder / "new").touch()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("renames", [0, 1])
def test_what_a_kill_leaves_is_found(tmp_path, renames):
    """Before the first rename the old folder is there, between the two it is under another name; the new one is beside it."""
    path = tmp_path / "a [1].zarr"
    write_folder(path, "old")
    write_folder(tmp_path / "a [1].b.zarr", "another one")
    (tmp_path / ".a [1].other.replaced.zarr").mkdir()
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(renames)], check=False)
    (partial,) = left_by_kills(path, "partial")
    assert names(partial) == ["new"]
    replaced = left_by_kills(path, "replaced")
    assert (path.exists(), len(replaced)) == ((False, 1) if renames else (True, 0))
    assert names(replaced[0] if renames else path) == ["inside", "mark"]
    assert left_by_kills(tmp_path / "nowhere" / "a", "partial") == []


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    """The old one is moved back when the new one cannot be moved in."""
    path = tmp_path / "a.zarr"
    write_folder(path, "old")
    rename = Path.rename

    def fail_once(self, target):
        if ".partial" in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(OSError, match="No space"):
        write_folder(path, "new", overwrite=True)
    assert read_text(path / "inside" / "a.txt") == "old"
    assert names(tmp_path) == ["a.zarr"]
