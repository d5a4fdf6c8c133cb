"""The last line of a run: pytest's counts over all environments."""

from __future__ import annotations

import atexit
import shutil
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Where each pytest of this run leaves its counts, and whether it may find no test.
JUNIT_REPORTS: dict[Path, bool] = {}


@atexit.register
def print_closing_line() -> None:
    """Close the run with pytest's counts over all environments, in pytest's own form.

    Each environment has a pytest that knows its own tests only; the last of them would else speak for all.
    """
    if not JUNIT_REPORTS:
        return
    counts = dict.fromkeys(["failed", "passed", "skipped", "error"], 0)
    seconds = 0.0
    for report, may_be_empty in JUNIT_REPORTS.items():
        found = 0
        for suite in ET.parse(report).getroot().iter("testsuite") if report.exists() else ():
            failed, errors, skipped = (int(suite.attrib[key]) for key in ("failures", "errors", "skipped"))
            found += int(suite.attrib["tests"])
            counts["failed"] += failed
            counts["error"] += errors
            counts["skipped"] += skipped
            counts["passed"] += int(suite.attrib["tests"]) - failed - errors - skipped
            seconds += float(suite.attrib["time"])
        if not found and not may_be_empty:
            # pytest did not come to its tests, and silence would look like success.
            counts["error"] += 1
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no tests ran"
    words += "s" if counts["error"] > 1 else ""
    line = f" {words} in {seconds:.2f}s "
    sys.stderr.flush()
    print(line.center(shutil.get_terminal_size().columns, "="), flush=True)
