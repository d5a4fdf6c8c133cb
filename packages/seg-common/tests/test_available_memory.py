"""What limits of control groups leave to a job."""

import pytest

from seg_common import available_memory
from seg_common.available_memory import available_memory_bytes, memory_left_for_job

UNLIMITED = 9223372036854771712
"""How version 1 writes that there is no limit."""


def write_group(folder, **files):
    """Write the files of a group, with dots in the place of the first underscores."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{content}\n")


@pytest.fixture
def left(tmp_path):
    """Gives what a process is left that is told to be in these groups."""

    def left(*lines):
        (tmp_path / "cgroup").write_text("".join(f"{line}\n" for line in lines))
        return memory_left_for_job(tmp_path / "cgroup", tmp_path / "sys")

    return left


def test_the_nested_group_of_a_job_counts(tmp_path, left):
    """Slurm and version 2: the step has no limit, the job around it 1000 bytes, of which 900 are used and 300 of these are old
    files; its neighbour has less, which is none of its business."""
    job = tmp_path / "sys" / "system.slice" / "slurmstepd.scope" / "job_7"
    write_group(job / "step_0", memory_max="max", memory_current=500)
    write_group(job, memory_max=1000, memory_current=900, memory_stat="anon 600\nfile 300\ninactive_file 300")
    write_group(job.parent / "job_8", memory_max=10, memory_current=10)
    write_group(tmp_path / "sys")  # the root has neither limit nor use
    assert left("0::/system.slice/slurmstepd.scope/job_7/step_0") == 400


def test_the_least_of_all_groups_around_counts(tmp_path, left):
    """The inner group has 500 left, the outer one 100, and 40 up to where it slows down."""
    outer = tmp_path / "sys" / "user.slice"
    write_group(outer / "run.scope", memory_max=600, memory_current=100)
    write_group(outer, memory_max=1000, memory_current=900)
    assert left("0::/user.slice/run.scope") == 100
    write_group(outer, memory_high=940)
    assert left("0::/user.slice/run.scope") == 40


def test_version_1_is_read(tmp_path, left):
    """Its files have other names, its sums over inner groups other keys, and no limit is a large number."""
    job = tmp_path / "sys" / "memory" / "slurm" / "job_7"
    write_group(job / "step_0", memory_limit_in_bytes=UNLIMITED, memory_usage_in_bytes=5)
    write_group(
        job,
        memory_limit_in_bytes=1000,
        memory_usage_in_bytes=950,
        memory_stat="inactive_file 1\ntotal_inactive_file 250",
    )
    lines = ["9:name=systemd:/", "4:memory:/slurm/job_7/step_0", "1:cpu,cpuacct:/elsewhere", "0::/"]
    assert left(*lines) == 300


def test_both_versions_at_once(tmp_path, left):
    """Version 2 is beside version 1 in a folder of its own; with the controller there, its limit counts."""
    write_group(tmp_path / "sys" / "memory", memory_limit_in_bytes=UNLIMITED, memory_usage_in_bytes=7)
    write_group(tmp_path / "sys" / "unified" / "job", memory_max=100, memory_current=30)
    assert left("4:memory:/", "0::/job") == 70


@pytest.mark.parametrize("path", ["/docker/0123", "/", "/../outer"])
def test_a_container_is_its_own_root(tmp_path, left, path):
    """The path outside is not to be found inside, and nothing above the mount is read."""
    write_group(tmp_path / "sys", memory_max=1500, memory_current=1000)
    write_group(tmp_path / "outer", memory_max=1, memory_current=1)
    assert left(f"0::{path}") == 500


def test_a_full_job_has_nothing_left(tmp_path, left):
    """More may be used than is allowed, and more may be reclaimed than is used, since nobody counts at one moment."""
    write_group(tmp_path / "sys" / "full", memory_max=900, memory_current=1000)
    assert left("0::/full") == 0
    write_group(tmp_path / "sys" / "full", memory_stat="inactive_file 2000")
    assert left("0::/full") == 900


@pytest.mark.parametrize("limit", ["max", "?", ""])
def test_without_a_limit_the_machine_counts(tmp_path, left, monkeypatch, limit):
    """No group, no file, no number: what the machine has left, and never more than that."""
    assert memory_left_for_job(tmp_path / "none", tmp_path / "sys") is None
    write_group(tmp_path / "sys", memory_max=limit, memory_current=1000)
    assert left("0::/", "no line of the kernel") is None
    for amount, expected in ((None, 2000), (3000, 2000), (1000, 1000)):
        monkeypatch.setattr(available_memory, "memory_left_for_job", lambda amount=amount: amount)
        monkeypatch.setattr(available_memory.psutil, "virtual_memory", lambda: type("Memory", (), {"available": 2000}))
        assert available_memory_bytes() == expected


def test_this_machine_answers():
    """Whatever groups this process is in: more than a megabyte, and no more than the machine has."""
    assert 2**20 < available_memory_bytes() <= available_memory.psutil.virtual_memory().total
