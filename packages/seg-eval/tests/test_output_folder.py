import json
from pathlib import Path

import pytest

from seg_common.errors import OutputExistsError
from seg_common.volume.digests import file_digest
from seg_eval.output_folder import output_folder, remove_unfinished


def fill(folder, text="1"):
    (folder / "pictures").mkdir()
    (folder / "pictures" / "a.png").write_text(text)


def test_the_folder_appears_with_a_manifest_of_every_file(tmp_path):
    target = tmp_path / "deep" / "out"
    with output_folder(target) as folder:
        assert not target.exists()
        fill(folder)
    files = json.loads((target / "manifest.json").read_text())["files"]
    assert files == {"pictures/a.png": {"bytes": 1, "digest": file_digest(target / "pictures" / "a.png")}}
    assert [path.name for path in target.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_nothing(tmp_path, error):
    def fail_half_way():
        with output_folder(tmp_path / "out") as folder:
            fill(folder)
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_kept_unless_asked(tmp_path):
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    with pytest.raises(OutputExistsError, match=r"out exists.*--overwrite"), output_folder(tmp_path / "out"):
        pass
    with output_folder(tmp_path / "out", overwrite=True) as folder:
        fill(folder, "22")
    assert (tmp_path / "out" / "pictures" / "a.png").read_text() == "22"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failed_overwrite_keeps_what_was_there(tmp_path):
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    with pytest.raises(RuntimeError), output_folder(tmp_path / "out", overwrite=True):
        raise RuntimeError
    assert (tmp_path / "out" / "pictures" / "a.png").read_text() == "1"


def test_the_target_comes_back_when_the_move_fails(tmp_path, monkeypatch):
    """Renaming fails after the old folder was moved aside."""
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    rename = Path.rename

    def fails_for_the_new_one(self, target):
        if self.name.endswith(".partial"):
            msg = "no space left"
            raise OSError(msg)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new_one)
    with pytest.raises(OSError, match="no space left"), output_folder(tmp_path / "out", overwrite=True):
        pass
    assert (tmp_path / "out" / "pictures" / "a.png").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("moved", [False, True])
def test_a_killed_overwrite_is_tidied_up(tmp_path, moved):
    """Killed between the two renames what was there comes back; killed after them it goes."""
    old = tmp_path / ".out.0a1b2c3d.old"
    (tmp_path / ".out.0a1b2c3d.partial").mkdir()
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    (tmp_path / "out").rename(old)
    if moved:
        with output_folder(tmp_path / "out") as folder:
            fill(folder, "22")
    remove_unfinished(tmp_path / "out")
    assert (tmp_path / "out" / "pictures" / "a.png").read_text() == ("22" if moved else "1")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_results_are_on_the_disk_before_they_are_moved(tmp_path, monkeypatch):
    """What they were made of is removed after the move: a power cut must not take both."""
    done = []
    monkeypatch.setattr(
        "seg_eval.output_folder.sync", lambda path: done.append((path.name, (tmp_path / "out").exists()))
    )
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    *before, last = done
    assert {name for name, _ in before} == {"pictures", "a.png", "manifest.json", folder.name}
    assert not any(moved for _, moved in before)
    assert last == (tmp_path.name, True)


def test_an_empty_folder_may_be_there_already(tmp_path, monkeypatch):
    """Also when it is the current folder, whose name is a dot."""
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    with output_folder(Path()) as folder:
        fill(folder)
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_folder_of_somebody_else_is_never_overwritten(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(OutputExistsError, match=r"with a manifest.json of an earlier run"),
        output_folder(tmp_path, overwrite=True),
    ):
        pass


@pytest.mark.parametrize("manifest", [None, "no json"])
def test_files_that_no_run_wrote_are_never_deleted(tmp_path, manifest):
    with output_folder(tmp_path / "out") as folder:
        fill(folder)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    if manifest:
        (tmp_path / "out" / "manifest.json").write_text(manifest)
    with (
        pytest.raises(OutputExistsError, match=r"also holds notes.txt"),
        output_folder(tmp_path / "out", overwrite=True),
    ):
        pass
    assert (tmp_path / "out" / "notes.txt").exists()
