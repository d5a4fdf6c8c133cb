"""Try out what tells people about runs: notify."""

from __future__ import annotations

from pathlib import Path

import click

from seg_common.cli_support import command_options, note


@click.command()
@command_options()
def notify(quiet: bool) -> None:
    """Send a test message to the Apprise URLs of SEG_NOTIFY and of the file SEG_NOTIFY_FILE.

    \b
    Example:
      SEG_NOTIFY="mailto://user:password@example.org" seg-train notify
    """
    from socket import gethostname

    from seg_train.errors import TrainingError
    from seg_train.notifications import Message, notification_urls, send

    urls = notification_urls(Path("no model folder"))
    if not urls:
        msg = (
            "a message needs a receiver; there is no URL in SEG_NOTIFY, nor in a file SEG_NOTIFY_FILE. Set one of them."
        )
        raise TrainingError(msg)
    problems = send(
        urls, Message(f"seg-train: test from {gethostname()}", "Runs on this machine will be announced here.")
    )
    if problems:
        raise TrainingError("\n".join(f"{problem}; correct its URL, or try again later." for problem in problems))
    note(f"sent to {len(urls)} receiver(s)", quiet=quiet)
