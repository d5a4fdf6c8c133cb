"""What is tested: the packages, each alone, and all of them together; and how each is installed with its siblings."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nox
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Project:
    """A folder with a pyproject.toml: one of the packages, or the repository with what crosses them."""

    name: str
    folder: Path

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        return nox.project.load_toml(self.folder / "pyproject.toml")

    @property
    def metadata(self) -> dict[str, Any]:
        """The [project] table."""
        table: dict[str, Any] = self.pyproject["project"]
        return table

    @property
    def pythons(self) -> list[str]:
        """Python versions among the classifiers; for the repository those that every package has."""
        if self.name in PACKAGES:
            return nox.project.python_versions(self.pyproject)
        first, *others = (package.pythons for package in PACKAGES.values())
        return [version for version in first if all(version in pythons for pythons in others)]

    @property
    def test_requirements(self) -> list[str]:
        """What its tests need: the package itself and its dependency group `test`."""
        own = [self.name] if self.name in PACKAGES else []
        return [*own, *self.group("test")]

    def group(self, name: str) -> list[str]:
        """Requirements of one dependency group."""
        return list(nox.project.dependency_groups(self.pyproject, name))


PACKAGES = {
    path.parent.name: Project(path.parent.name, path.parent) for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
}
REPOSITORY = Project("integration", ROOT)
TESTED = [*PACKAGES.values(), REPOSITORY]


def split_requirements(requirements: Iterable[str]) -> tuple[dict[str, set[str]], list[str]]:
    """Follow requirements through the packages of this repository.

    Returns the packages of this repository that are needed, with the extras asked for, and every requirement on others.
    """
    siblings: dict[str, set[str]] = {}
    others: list[str] = []
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop(0)
        name = canonicalize_name(requirement.name)
        if name not in PACKAGES:
            others.append(str(requirement))
            continue
        metadata = PACKAGES[name].metadata
        wanted = [] if name in siblings else list(metadata["dependencies"])
        extras = siblings.setdefault(name, set())
        for extra in sorted(requirement.extras - extras):
            wanted += metadata["optional-dependencies"][extra]
        extras |= requirement.extras
        waiting += [Requirement(text) for text in wanted]
    return siblings, list(dict.fromkeys(others))


def sibling_paths(siblings: dict[str, set[str]]) -> list[str]:
    """Write packages of this repository as paths with extras, which is how an installer takes them from here."""
    return [
        f"{PACKAGES[name].folder}[{','.join(sorted(extras))}]" if extras else str(PACKAGES[name].folder)
        for name, extras in sorted(siblings.items())
    ]


def python_version(session: nox.Session) -> str:
    """Tell the Python of a session: the one that runs nox unless another was asked for."""
    return str(session.python or "{}.{}".format(*sys.version_info))


def install_arguments(
    requirements: Iterable[str], python: str, *, locked: bool = True, editable: bool = True
) -> list[str]:
    """Write requirements for an installer, with the packages of this repository from here.

    The folder of each sibling that is needed stands in the same command: an installer then has no reason to ask an index
    for one, where the same name may belong to somebody else. Versions are those in constraints/ unless `locked` is false,
    so that a release by somebody else does not change what a check says.
    """
    requirements = list(requirements)
    siblings, _ = split_requirements(requirements)
    arguments = [part for path in sibling_paths(siblings) for part in (["--editable", path] if editable else [path])]
    arguments += [text for text in requirements if canonicalize_name(Requirement(text).name) not in siblings]
    constraints = ROOT / "constraints" / f"python{python}.txt"
    return [*arguments, "--constraint", str(constraints)] if locked and constraints.exists() else arguments


def install(session: nox.Session, requirements: Iterable[str], *options: str, locked: bool = True) -> None:
    """Install requirements, the packages of this repository editable and from here."""
    session.install(*options, *install_arguments(requirements, python_version(session), locked=locked))


def refuse_other_pythons(session: nox.Session, project: Project) -> None:
    """Stop on a Python that the package is not made for, rather than fail in the middle of an installation."""
    if python_version(session) not in project.pythons:
        supported = ", ".join(project.pythons)
        session.error(
            f"{project.name} supports Python {supported}; this is {python_version(session)}. Run nox with another."
        )
