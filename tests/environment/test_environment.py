"""What is installed where a package is tested: the package, what it declares, and nothing else.

The session `tests` of the noxfile adds this file to the tests of every package. By hand, in an environment that holds
everything, there is nothing to check.
"""

import json
import os
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGES = Path(__file__).parents[2] / "packages"
# An environment may be born with these; no package of this repository imports them.
INSTALLERS = {"pip", "setuptools", "wheel"}

pytestmark = pytest.mark.skipif(
    "SEG_TESTED_REQUIREMENTS" not in os.environ, reason="only `nox -s tests` makes an environment for one package"
)


def installed() -> dict[str, Distribution]:
    return {canonicalize_name(distribution.name): distribution for distribution in distributions()}


def reachable(requirements: list[str]) -> set[str]:
    """Follow declared requirements and their extras through what is installed."""
    present = installed()
    done: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        requirement, wanted_by_extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        if name not in present or (marker is not None and not marker.evaluate({"extra": wanted_by_extra})):
            continue
        for extra in {"", *requirement.extras}:
            if (name, extra) not in done:
                done.add((name, extra))
                waiting += [(Requirement(text), extra) for text in present[name].requires or []]
    return {name for name, _ in done}


def test_the_environment_holds_only_what_the_package_declares():
    """A module that a package imports without declaring it would be found by chance where everything is installed."""
    declared = reachable(json.loads(os.environ["SEG_TESTED_REQUIREMENTS"]))
    surplus = set(installed()) - declared - INSTALLERS
    assert not surplus, f"{sorted(surplus)} came from elsewhere; `nox --no-reuse-existing-virtualenvs` starts afresh"


def test_every_sibling_comes_from_this_repository():
    """An index may hold a package of the same name that belongs to somebody else."""
    ours = {folder.name for folder in PACKAGES.iterdir() if (folder / "pyproject.toml").exists()}
    siblings = {name: distribution for name, distribution in installed().items() if name.startswith("seg-")}
    assert siblings
    assert set(siblings) <= ours
    for name, distribution in siblings.items():
        origin = distribution.read_text("direct_url.json")
        assert origin is not None, f"{name} came from an index"
        url = urlsplit(json.loads(origin)["url"])
        assert url.scheme == "file"
        assert Path(url2pathname(url.path)).resolve() == (PACKAGES / name).resolve()
