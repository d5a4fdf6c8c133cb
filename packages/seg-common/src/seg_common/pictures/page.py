"""One HTML page that holds its pictures and asks no other place for anything: frame, style and parts that pages share."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class PagePicture:
    """A picture inside a page, which is a file beside it too."""

    section: str
    """Part of the page."""
    caption: str
    """Text below."""
    alt: str
    """What it shows, in words."""
    uri: str
    """Its bytes as a data URI."""
    file: str
    """The same picture as a file, relative to the page."""
    width: int
    """Width on the page in CSS pixels, where there is room."""
    files: tuple[tuple[str, str], ...] = ()
    """Format and name of each file with this picture, when there are several."""


def png_uri(png: bytes) -> str:
    """Write the bytes of a PNG file as a data URI.

    Examples
    --------
    >>> png_uri(b"PNG")
    'data:image/png;base64,UE5H'
    """
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def render_page(
    package: str,
    template: str,
    values: Mapping[str, Any],
    *,
    filters: Mapping[str, Callable[..., Any]] | None = None,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
) -> str:
    """Render a page.

    The page may load nothing and run nothing but its own scripts: its Content-Security-Policy names their digests.

    Parameters
    ----------
    package : str
        Package whose folder `templates` holds the template.
    template : str
        Name of the template. It extends ``page.html.j2``, which needs `title` and `generator` and has the blocks `header` and
        `main`; ``parts.html.j2`` has macros for pictures, colours, facts and files.
    values : mapping
        Names of the template; one that is missing is an error.
    filters : mapping, optional
        Functions of the template.
    styles, scripts : sequence of str
        Names of CSS and JavaScript files beside the template, put into the page after the style that all pages share, and at
        its end; they are taken as they are, not as templates.

    Returns
    -------
    str
        HTML. Values are text: what looks like a tag in them is escaped.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("seg_common.pictures")]),
        autoescape=True,  # names of classes and volumes are text from elsewhere
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters or {})
    loader = PackageLoader(package)
    sources = {name: loader.get_source(environment, name)[0] for name in (*styles, *scripts)}
    frame = {
        "styles": [sources[name] for name in styles],
        "scripts": [sources[name] for name in scripts],
        "policy": _policy([sources[name] for name in scripts]),
    }
    return environment.get_template(template).render({**values, **frame})


def _policy(scripts: Sequence[str]) -> str:
    """Allow pictures and styles inside the page, these scripts, and nothing else."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
