"""Keep secrets out of records and messages: addresses of servers, values of the environment."""

from __future__ import annotations

import os
import re

ADDRESS = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*)://\S+")
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|NOTIFY", re.IGNORECASE)
SHORTEST_SECRET = 6
"""Shorter values are words such as `true`, which would be blotted out everywhere."""


def without_secrets(text: str) -> str:
    """Replace addresses, and values of environment variables that sound secret, by dots.

    Addresses of receivers and servers may hold passwords; libraries like to quote them in their errors.

    Parameters
    ----------
    text : str
        Text of a library, for example of an error.

    Returns
    -------
    str
        The text; of an address only its scheme is left.

    Examples
    --------
    >>> without_secrets("cannot reach https://user:password@host/path: refused")
    'cannot reach https://… refused'
    """
    for name, value in os.environ.items():
        if SECRET_NAME.search(name):
            for word in value.split():
                if len(word) >= SHORTEST_SECRET:
                    text = text.replace(word, "…")
    return ADDRESS.sub(r"\1://…", text)
