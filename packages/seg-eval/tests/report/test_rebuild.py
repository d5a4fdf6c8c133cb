"""`seg-eval report`: the page again, from the files of the folder."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from seg_common.errors import OutputExistsError
from seg_common.volume.digests import file_digest
from seg_eval.cli import main
from seg_eval.report.rebuild import rebuild_report


@pytest.fixture(autouse=True)
def few_pictures(undrawn):
    """What is drawn is looked at elsewhere."""


def manifest(paths):
    return json.loads(paths.manifest.read_text(encoding="utf-8"))["files"]


def test_the_manifest_follows_the_new_page_and_nothing_else(copied):
    paths, _ = copied
    before = manifest(paths)
    rebuilt = rebuild_report(paths.root)
    after = manifest(paths)
    assert rebuilt.left_out == []
    assert after["report.html"] != before["report.html"]  # without pictures, in this test
    assert after["report.html"]["digest"] == file_digest(paths.report)
    assert {name: one for name, one in after.items() if name != "report.html"} == {
        name: one for name, one in before.items() if name != "report.html"
    }


def test_a_page_that_somebody_changed_is_kept_unless_asked(copied):
    paths, _ = copied
    paths.report.write_text("my notes", encoding="utf-8")
    with pytest.raises(OutputExistsError, match=r"report\.html changed since.*--overwrite"):
        rebuild_report(paths.evaluation)
    assert paths.report.read_text(encoding="utf-8") == "my notes"
    rebuild_report(paths.evaluation, overwrite=True)
    assert "<h1>" in paths.report.read_text(encoding="utf-8")


def test_a_lost_page_comes_back_and_files_of_others_stay_theirs(copied):
    """What somebody put into the folder is not in the manifest, so that no later run deletes it."""
    paths, _ = copied
    paths.report.unlink()
    (paths.root / "notes.txt").write_text("mine")
    rebuild_report(paths.root)
    assert paths.report.is_file()
    assert "notes.txt" not in manifest(paths)


def test_the_command_names_what_is_left_out(copied):
    paths, _ = copied
    paths.slices.unlink()
    result = CliRunner().invoke(main, ["report", str(paths.root)])
    assert result.exit_code == 0, result.output
    assert "left out: slices, sections and the pictures of the largest errors: slices.h5 is missing" in result.stdout
    assert f"report: {paths.report}" in result.stdout
    answer = json.loads(CliRunner().invoke(main, ["report", str(paths.root), "--json", "--quiet"]).stdout)
    assert len(answer["left_out"]) == 1


def test_no_evaluation_is_one_line(tmp_path):
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "evaluation.json" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a browser is a shell script")
def test_the_report_is_opened_in_the_browser_that_the_user_prefers(copied, tmp_path):
    paths, _ = copied
    paths.slices.unlink()
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{seen}"\n')
    browser.chmod(0o755)
    command = "from seg_eval.cli.finished import show_in_browser as show; import pathlib, sys; show(pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    subprocess.run([sys.executable, "-c", command, str(paths.report)], env=environment, check=True)
    assert seen.read_text() == paths.report.as_uri()


def test_without_a_browser_the_page_is_named(monkeypatch, copied):
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    result = CliRunner().invoke(main, ["report", str(copied[0].root), "--open"])
    assert result.exit_code == 0
    assert "no browser could be started" in result.stderr
