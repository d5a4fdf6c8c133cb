#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.5.1"]
# ///
"""What "green" means: every check of this repository is a session here, and CI calls nothing else.

``nox -l`` lists the sessions, ``nox -t seg-data`` runs all that concerns one package, and what follows ``--`` goes to the
tool that the session runs.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import nox
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(Path(__file__).parent))

from nox_support.closing_line import JUNIT_REPORTS
from nox_support.peers import install_peers
from nox_support.projects import (
    PACKAGES,
    REPOSITORY,
    ROOT,
    TESTED,
    Project,
    install,
    install_arguments,
    python_version,
    refuse_other_pythons,
    split_requirements,
)
from nox_support.releases import check_contents, release_problems

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_external_run = True
# A Python that is not on this machine is for its owner to install.
nox.options.download_python = "never"

ENVIRONMENT_TEST = ROOT / "tests" / "environment" / "test_environment.py"


# What the sessions are given: a package, the repository, or either on each Python


EACH_PACKAGE = [nox.param(package, id=package.name, tags=[package.name]) for package in PACKAGES.values()]
EACH_TESTED = [nox.param(project, id=project.name, tags=[project.name]) for project in TESTED]
EACH_PYTHON = [
    nox.param(python, project, id=f"{project.name}-{python}") for project in TESTED for python in project.pythons
]
UNTAGGED = [nox.param(project, id=project.name) for project in TESTED]
UNTAGGED_PACKAGES = UNTAGGED[:-1]
EVERY_PACKAGE = list(PACKAGES)


# Tests


def run_pytest(session: nox.Session, project: Project, *options: str) -> None:
    """Run pytest from the project's folder, on what its pyproject.toml names unless arguments say otherwise."""
    report = ROOT / ".nox" / "junit" / f"{session.name}.xml"
    report.unlink(missing_ok=True)
    JUNIT_REPORTS[report] = bool(session.posargs)
    testpaths: list[str] = project.pyproject["tool"]["pytest"]["ini_options"]["testpaths"]
    what = [*testpaths, *([] if project is REPOSITORY else [str(ENVIRONMENT_TEST)])]
    # Arguments may ask for a debugger, or for a single test.
    at_once = [] if session.posargs else ["--numprocesses=auto", "--maxprocesses=4", "--dist=loadfile"]
    session.chdir(project.folder)
    session.run(
        "pytest",
        # Named, since pytest looks for it above all its arguments, and one of them is not in the project's folder.
        "--config-file=pyproject.toml",
        f"--junit-xml={report}",
        *at_once,
        *options,
        *(session.posargs or what),
        env={"SEG_TESTED_REQUIREMENTS": json.dumps(project.test_requirements)},
        # A choice like `-k name` may leave nothing to run in some packages.
        success_codes=[0, 5] if session.posargs else [0],
    )


@nox.session
@nox.parametrize("project", EACH_TESTED)
def tests(session: nox.Session, project: Project) -> None:
    """Test each package with only its declared dependencies, then what crosses the packages."""
    refuse_other_pythons(session, project)
    install(session, project.test_requirements)
    run_pytest(session, project)


@nox.session(default=False)
@nox.parametrize("python, project", EACH_PYTHON)
def tests_all_pythons(session: nox.Session, project: Project) -> None:
    """Do the same as `tests` on every Python that the packages name and this machine has."""
    install(session, project.test_requirements)
    run_pytest(session, project)


@nox.session(default=False)
@nox.parametrize("project", UNTAGGED)
def tests_newest(session: nox.Session, project: Project) -> None:
    """Do the same as `tests` with the newest releases that exist, whatever constraints/ says."""
    install(session, project.test_requirements, "--upgrade", locked=False)
    run_pytest(session, project)


@nox.session(default=False, venv_backend="uv")
@nox.parametrize("project", UNTAGGED)
def tests_minimum(session: nox.Session, project: Project) -> None:
    """Do the same as `tests` with the oldest releases that the packages declare (needs uv)."""
    install(session, project.test_requirements, "--resolution=lowest-direct", locked=False)
    # Old releases warn about what is newer than they; they have to work, not to be silent.
    run_pytest(session, project, "-W", "default")


@nox.session(default=False)
def kills(session: nox.Session) -> None:
    """Kill trainings at many moments, a dozen of them inside the write of a checkpoint: resumed ones end bit-equal."""
    install(session, PACKAGES["seg-train"].test_requirements)
    session.run("pytest", "packages/seg-train/tests/kills/many_kills.py", *session.posargs)


@nox.session(default=False)
def tests_mirrored(session: nox.Session) -> None:
    """Interrupt and resume a whole run on two devices of one machine; in a session of its own, since it compiles for long."""
    install(session, PACKAGES["seg-train"].test_requirements)
    session.chdir(PACKAGES["seg-train"].folder)
    session.run("pytest", "--config-file=pyproject.toml", "tests/strategies/mirrored_runs.py", *session.posargs)


@nox.session(default=False)
def tests_mlflow_server(session: nox.Session) -> None:
    """Train beside a real MLflow server, which hangs and is killed; in a session of its own, since it is slow to start."""
    install(session, [*PACKAGES["seg-train"].test_requirements, "mlflow>=3.17"], locked=False)
    session.chdir(PACKAGES["seg-train"].folder)
    session.run("pytest", "--config-file=pyproject.toml", "tests/trackers/mlflow_server.py", *session.posargs)


@nox.session(default=False)
def tests_torch(session: nox.Session) -> None:
    """Test that PyTorch can draw crops; in a session of its own, since PyTorch is large and only some want it."""
    install(session, ["seg-data[torch]", "pytest"], locked=False)
    # Workers that are spawned import the tests from here, where `pytest` alone does not look.
    session.run("python", "-m", "pytest", "tests/frameworks/torch_dataset.py", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Read reports in a real Chromium, which has to be installed: figures, viewer, dark mode, phone, paper."""
    install(session, [*PACKAGES["seg-eval"].test_requirements, *REPOSITORY.group("browser")])
    session.chdir(PACKAGES["seg-eval"].folder)
    session.run("pytest", "--config-file=pyproject.toml", "tests/browser/report_in_a_browser.py", *session.posargs)


@nox.session(default=False)
def tests_napari(session: nox.Session) -> None:
    """Test `seg-eval view` in napari; in a session of its own, since napari is large and only some want it.

    Where there is no display, Debian's package `xvfb` makes one; without either, the layers are tested and no window is opened.
    """
    install(session, ["seg-eval[view]", "pytest"], locked=False)
    command = ["pytest", "--config-file=packages/seg-eval/pyproject.toml", "-W", "default", "-rs"]
    command += ["packages/seg-eval/tests/viewing/napari_window.py", *session.posargs]
    virtual = shutil.which("xvfb-run")
    if sys.platform != "linux" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        session.run(*command)
    elif virtual is not None:
        screen = [virtual, "--auto-servernum", "--server-args=-screen 0 1400x1000x24"]
        session.run(*screen, *command, env={"LIBGL_ALWAYS_SOFTWARE": "1"}, external=True)
    else:
        session.warn("no display and no xvfb-run: the window is not opened; CONTRIBUTING.md names the packages.")
        session.run(*command, env={"QT_QPA_PLATFORM": "offscreen"})


@nox.session(default=False)
@nox.parametrize("project", UNTAGGED_PACKAGES)
def coverage(session: nox.Session, project: Project) -> None:
    """Measure which lines and branches of a package its own tests run."""
    install(session, [*project.test_requirements, *REPOSITORY.group("coverage")])
    session.chdir(project.folder)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


# Checks of the source


@nox.session(tags=EVERY_PACKAGE)
def lint(session: nox.Session) -> None:
    """Check style and format; `nox -s lint -- --fix` repairs what has one answer."""
    install(session, REPOSITORY.group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session
@nox.parametrize("project", [*EACH_PACKAGE, nox.param(REPOSITORY, id="noxfile")])
def types(session: nox.Session, project: Project) -> None:
    """Check the types of one package beside only what it declares, so that an undeclared import is an error."""
    if project is REPOSITORY:
        # The shared settings name the plugin of pydantic.
        install(session, [*REPOSITORY.group("types"), *REPOSITORY.group("nox"), "pydantic"])
        session.run("mypy", *(session.posargs or ["noxfile.py"]))
        return
    extras = ",".join(project.metadata.get("optional-dependencies", {}))
    siblings, others = split_requirements([f"{project.name}[{extras}]" if extras else project.name])
    # These would tell the type checker nothing, and each is larger than all else together.
    others = [
        text for text in others if canonicalize_name(Requirement(text).name) not in ("napari", "tensorflow", "torch")
    ]
    install(session, [*REPOSITORY.group("types"), *others])
    session.install("--no-deps", *install_arguments(siblings, python_version(session), locked=False))
    session.run("mypy", *(session.posargs or [str(project.folder / "src")]))


@nox.session(tags=EVERY_PACKAGE)
def imports(session: nox.Session) -> None:
    """Hold the import rules between the packages, and between the rooms of each."""
    install(session, REPOSITORY.group("imports"))
    sources = [str(package.folder / "src") for package in PACKAGES.values()]
    session.run("lint-imports", *session.posargs, env={"PYTHONPATH": os.pathsep.join(sources)})


# The program at work


@nox.session(default=False, reuse_venv=True)
def benchmark_crops(session: nox.Session) -> None:
    """Time random crops beside other libraries, in 512 (or `-- SIDE`) cubed voxels: rows A1 to A4 of docs/performance.md."""
    side = session.posargs[0] if session.posargs else "512"
    install(session, ["seg-data", "seg-common[zarr]"])
    python = install_peers(session, "benchmarks/crops/peers.txt")
    data = Path(session.create_tmp()) / side
    session.run("python", "benchmarks/crops/make_data.py", str(data), side)
    out = ROOT / "benchmarks" / "crops" / "results" / f"crops_{side}"
    session.run("python", "benchmarks/crops/run.py", str(data), "--peers", python, "--out", str(out))


@nox.session(default=False, reuse_venv=True)
def benchmark_evaluation(session: nox.Session) -> None:
    """Time measures and predictions beside other libraries, in 512 (or `-- SIDE`) cubed voxels: rows B to E, G and I."""
    side = session.posargs[0] if session.posargs else "512"
    install(session, ["seg-eval[tensorflow]", "seg-train", "seg-data", "seg-common"])
    python = install_peers(session, "benchmarks/evaluation/peers.txt")
    data = Path(session.create_tmp()) / side
    session.run("python", "benchmarks/evaluation/make_data.py", str(data), side)
    out = ROOT / "benchmarks" / "evaluation" / "results" / f"evaluation_{side}"
    session.run("python", "benchmarks/evaluation/run.py", str(data), "--peers", python, "--out", str(out))


@nox.session(default=False, reuse_venv=True)
def benchmark_training(session: nox.Session) -> None:
    """Time training beside the bare step and Keras' `fit`: row F of docs/performance.md; `-- 2D 3D-96` chooses others."""
    install(session, ["seg-train"])
    out = ROOT / "benchmarks" / "training" / "results" / "steps.csv"
    for task in session.posargs or ["2D-small", "3D"]:
        session.run("python", "benchmarks/training/steps.py", task, "--out", str(out))


@nox.session(default=False, reuse_venv=True)
def benchmark_quality(session: nox.Session) -> None:
    """Train one network with seg-train, Keras' `fit` and MONAI for the same minutes: three seeds take two hours and a half."""
    install(session, ["seg-train", "seg-eval[tensorflow]", "seg-data"])
    python = install_peers(session, "benchmarks/training/peers.txt")
    work = Path(session.create_tmp())
    session.run("python", "benchmarks/training/make_data.py", "phantom", "-", str(work / "phantom"))
    command = ["benchmarks/training/compare.py", str(work / "phantom"), "--work", str(work / "models")]
    out = ROOT / "benchmarks" / "training" / "results" / "quality.csv"
    session.run("python", *command, "--side=128", "--peers", python, "--out", str(out), *session.posargs)


@nox.session(default=False, reuse_venv=True)
def demo(session: nox.Session) -> None:
    """Go from a volume to a report: a synthetic composite, or yours with `-- path/to/volume.yaml`."""
    refuse_other_pythons(session, REPOSITORY)
    install(session, REPOSITORY.group("demo"))
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session(default=False, venv_backend="none")
def dev(session: nox.Session) -> None:
    """Make .venv, with all packages editable and every tool, for work in an editor."""
    python = ROOT / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        session.run(sys.executable, "-m", "venv", str(ROOT / ".venv"), external=True)
    groups = ("test", "lint", "types", "imports", "coverage", "nox")
    requirements = [text for group in groups for text in REPOSITORY.group(group)]
    version = "{}.{}".format(*sys.version_info)
    session.run(
        str(python), "-m", "pip", "install", *install_arguments(requirements, version), *session.posargs, external=True
    )


# Releases


@nox.session(default=False)
@nox.parametrize("project", UNTAGGED_PACKAGES)
def build(session: nox.Session, project: Project) -> None:
    """Build sdist and wheel into dist/, check their metadata and list what is in them."""
    install(session, REPOSITORY.group("build"))
    dist = ROOT / "dist" / project.name
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist), str(project.folder))
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    check_contents(session, project, sdist, wheel)


@nox.session(default=False)
@nox.parametrize("project", UNTAGGED_PACKAGES)
def tests_wheel(session: nox.Session, project: Project) -> None:
    """Test a package as users get it: wheels, not editable, so that a file that a wheel lacks is noticed."""
    session.install(*install_arguments(project.test_requirements, python_version(session), editable=False))
    session.chdir(project.folder / "tests")
    session.run("pytest", "--config-file=../pyproject.toml", "--rootdir=..", ".", *session.posargs)


@nox.session(default=False, venv_backend="none")
@nox.parametrize("project", UNTAGGED_PACKAGES)
def release_check(session: nox.Session, project: Project) -> None:
    """Check that the commit, the tag, the version and the changelog of a release say the same."""
    version = project.metadata["version"]
    if problems := release_problems(project):
        session.error(f"{project.name} {version} is not ready: {'; '.join(problems)}.")
    session.log(f"{project.name} {version} is ready for release.")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Resolve all that the sessions install into constraints/; `-- --upgrade` takes newer releases than those there."""
    install(session, REPOSITORY.group("lock"))
    wanted = [text for project in TESTED for text in project.test_requirements]
    wanted += [text for group in REPOSITORY.pyproject["dependency-groups"] for text in REPOSITORY.group(group)]
    requirements = Path(session.create_tmp()) / "requirements.in"
    requirements.write_text("\n".join(split_requirements(wanted)[1]), encoding="utf-8")
    for python in REPOSITORY.pythons:
        session.run(
            *["uv", "pip", "compile", "--quiet", "--universal", "--no-annotate", "--custom-compile-command"],
            "nox -s lock",
            f"--python-version={python}",
            f"--output-file={ROOT}/constraints/python{python}.txt",
            *session.posargs,
            str(requirements),
        )
