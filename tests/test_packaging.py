"""Facts about the packages that no tool compares: versions, licences, ranges between siblings, names."""

import ast
import re
import sys
import tomllib
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECTS = {
    path.parent.name: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
}

every_package = pytest.mark.parametrize("package", PYPROJECTS)


def module_of(package: str) -> str:
    return package.replace("-", "_")


def declared(package: str) -> list[Requirement]:
    """All that users of a package may be asked to install: its dependencies and those of its extras."""
    project = PYPROJECTS[package]["project"]
    extras = project.get("optional-dependencies", {}).values()
    return [Requirement(text) for texts in [project["dependencies"], *extras] for text in texts]


def siblings(package: str) -> list[Requirement]:
    return [requirement for requirement in declared(package) if requirement.name in PYPROJECTS]


def test_there_are_four_packages():
    """Every other test here would pass on none."""
    assert list(PYPROJECTS) == ["seg-common", "seg-data", "seg-eval", "seg-train"]


@every_package
def test_folder_module_and_distribution_share_one_name(package):
    """Who knows one of the names knows the others."""
    project = PYPROJECTS[package]["project"]
    assert project["name"] == package
    assert [path.name for path in (ROOT / "packages" / package / "src").iterdir() if path.is_dir()] == [
        module_of(package)
    ]


@every_package
def test_the_command_is_named_as_the_package_and_is_installed(package):
    """Each package is one command."""
    assert PYPROJECTS[package]["project"]["scripts"] == {package: f"{module_of(package)}.cli:main"}
    (command,) = entry_points(group="console_scripts", name=package)
    assert callable(command.load())


@every_package
def test_the_version_heads_the_changelog(package):
    """A version without an entry would be a release that tells users nothing."""
    changelog = (ROOT / "packages" / package / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (\S+) \((unreleased|\d{4}-\d{2}-\d{2})\)$", changelog, flags=re.MULTILINE)
    assert heading is not None
    assert heading[1] == PYPROJECTS[package]["project"]["version"]


@every_package
def test_the_licence_is_that_of_the_repository(package):
    """Each package is given away alone, with the licence in it."""
    project = PYPROJECTS[package]["project"]
    assert project["license"] == "BSD-3-Clause"
    assert (ROOT / "packages" / package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_citation_names_the_version_and_the_licence_of_the_packages():
    """Who cites the program cites what they ran."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["license"] == "BSD-3-Clause"
    assert citation["version"] in {project["project"]["version"] for project in PYPROJECTS.values()}


@every_package
def test_the_range_of_a_sibling_covers_the_sibling_in_this_repository(package):
    """What is tested together here can be installed together, and is never tied to one release."""
    for requirement in siblings(package):
        version = PYPROJECTS[requirement.name]["project"]["version"]
        operators = {specifier.operator for specifier in requirement.specifier}
        assert requirement.url is None
        assert operators == {">=", "<"}, f"{requirement}: a lowest version and the next that may break"
        assert version in requirement.specifier


def test_dependencies_between_the_packages_follow_the_data():
    """Arrows point to seg-common; training alone draws crops."""
    arrows = {package: {requirement.name for requirement in siblings(package)} for package in PYPROJECTS}
    assert arrows == {
        "seg-common": set(),
        "seg-data": {"seg-common"},
        "seg-eval": {"seg-common"},
        "seg-train": {"seg-common", "seg-data"},
    }


@every_package
def test_every_import_is_declared(package):
    """A library that comes along with another today may not come tomorrow."""
    imported = set()
    for path in (ROOT / "packages" / package / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    allowed = {canonicalize_name(requirement.name) for requirement in declared(package)} | {package}
    # What a library brings as a part of itself, and one that is an extra of its package and not installed here.
    parts = [("tensorflow", "keras"), ("pydantic", "pydantic-core"), ("mlflow-skinny", "mlflow")]
    allowed |= {part for whole, part in parts if whole in allowed}
    undeclared = {
        module
        for module in imported - sys.stdlib_module_names
        if not {canonicalize_name(name) for name in distributions.get(module, [module])} & allowed
    }
    assert imported
    assert not undeclared


@every_package
def test_one_release_of_tensorflow_fits_all_that_name_it(package):
    """`tensorflow-cpu` and `tf_keras` would install over `tensorflow`, in the same folder."""
    assert not {requirement.name for requirement in declared(package)} & {"tensorflow-cpu", "tf-keras", "tf_keras"}


@every_package
def test_the_classifiers_name_every_supported_python(package):
    """The noxfile reads them, so that what is promised is tested."""
    project = PYPROJECTS[package]["project"]
    prefix = "Programming Language :: Python :: 3."
    pythons = [int(text.removeprefix(prefix)) for text in project["classifiers"] if text.startswith(prefix)]
    oldest = int(project["requires-python"].removeprefix(">=3."))
    assert pythons == list(range(oldest, oldest + len(pythons)))
    assert not [text for text in project["classifiers"] if text.startswith("License ::")], "the licence key says it"


@every_package
def test_constraints_exist_for_every_supported_python(package):
    """An install is repeatable on each."""
    prefix = "Programming Language :: Python :: 3."
    for text in PYPROJECTS[package]["project"]["classifiers"]:
        if text.startswith(prefix):
            assert (ROOT / "constraints" / f"python3.{text.removeprefix(prefix)}.txt").exists()


@every_package
def test_types_are_shipped(package):
    """A user's type checker sees ours."""
    assert (ROOT / "packages" / package / "src" / module_of(package) / "py.typed").exists()
    assert "Typing :: Typed" in PYPROJECTS[package]["project"]["classifiers"]


@every_package
def test_the_readme_gives_a_reason_for_each_dependency(package):
    """Each library is one more that can break: a user may ask what it is for."""
    readme = (ROOT / "packages" / package / "README.md").read_text(encoding="utf-8").lower()
    missing = [requirement.name for requirement in declared(package) if requirement.name.lower() not in readme]
    assert not missing


@every_package
def test_ci_watches_the_package_and_its_siblings(package):
    """A change of a sibling can break a package that did not change."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in workflow["jobs"]["changes"]["steps"] if step.get("id") == "filter"]
    watched = yaml.safe_load(step["with"]["filters"])[package]
    for name in [package, *(requirement.name for requirement in siblings(package))]:
        assert f"packages/{name}/**" in watched


def test_a_release_is_started_by_the_tag_of_one_package():
    """The tag's prefix says which package is meant."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    # YAML reads the key `on` as a truth value.
    assert workflow[True]["push"]["tags"] == [f"{package}-v*" for package in PYPROJECTS]
