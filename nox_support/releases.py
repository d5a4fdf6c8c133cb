"""What a release has to hold, and to say."""

from __future__ import annotations

import re
import subprocess
import tarfile
import zipfile
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nox_support.projects import PACKAGES, ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import nox


def check_contents(session: nox.Session, project: Project, sdist: Path, wheel: Path) -> None:
    """List what the archives of a package hold; stop when one lacks a file or has one that does not belong there."""
    with tarfile.open(sdist) as archive:
        # The first folder is the name and version.
        in_sdist = [name.partition("/")[2] for name in archive.getnames()]
    with zipfile.ZipFile(wheel) as archive_of_wheel:
        in_wheel = archive_of_wheel.namelist()
    module = project.name.replace("-", "_")
    in_source: list[str] = project.pyproject["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    # hatchling adds the metadata, and the .gitignore by which it left files out.
    compare_listing(session, sdist, in_sdist, [*in_source, f"src/{module}/py.typed"], ["PKG-INFO", ".gitignore"])
    compare_listing(
        session, wheel, in_wheel, [module, f"{module}/py.typed", "*.dist-info/licenses/LICENSE"], ["*.dist-info"]
    )


def compare_listing(
    session: nox.Session, archive: Path, names: Sequence[str], needed: Sequence[str], allowed: Sequence[str] = ()
) -> None:
    """Show what an archive holds; stop when it lacks what is needed (a file or a folder), or has a file beyond that."""
    session.log(f"{archive.name} holds {len(names)} files:\n  " + "\n  ".join(sorted(names)))
    places = [*needed, *allowed]
    surplus = [
        name for name in names if not any(fnmatch(name, place) or fnmatch(name, f"{place}/*") for place in places)
    ]
    missing = [
        place for place in needed if not any(fnmatch(name, place) or fnmatch(name, f"{place}/*") for name in names)
    ]
    if surplus or missing:
        session.error(f"{archive.name}: files that do not belong in it: {surplus}; what it lacks: {missing}.")


def release_problems(project: Project) -> list[str]:
    """Say in what the commit, the tag, the version and the changelog of a release differ."""
    version = project.metadata["version"]
    tag = f"{project.name}-v{version}"
    changelog = (project.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (.+)$", changelog, flags=re.MULTILINE)
    problems = []
    if git("status", "--porcelain"):
        problems.append("the work tree has changes that no commit holds")
    if tag not in git("tag", "--points-at", "HEAD").split():
        problems.append(f"the tag {tag} is not on this commit")
    if heading is None or not re.fullmatch(re.escape(version) + r" \(\d{4}-\d{2}-\d{2}\)", heading[1]):
        found = heading[1] if heading else "nothing"
        problems.append(
            f"the first heading of CHANGELOG.md is to read '{version} (YYYY-MM-DD)', and it reads '{found}'"
        )
    for requirement in map(Requirement, project.metadata["dependencies"]):
        sibling = PACKAGES.get(canonicalize_name(requirement.name))
        if sibling is not None and sibling.metadata["version"] not in requirement.specifier:
            problems.append(f"it asks for {requirement}, and that is at {sibling.metadata['version']} here")
    return problems


def git(*arguments: str) -> str:
    """Ask git about this repository."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
