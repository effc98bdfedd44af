"""Compare two installations side by side: files per second and peak memory of a batch, and the cost of a cold start.

Run ``python tools/measure_batch.py --before OLD/bin/lanet --after NEW/bin/lanet library/*.jpg``. The two take turns, in
the order before, after, after, before, so that other load on the machine strikes both alike. The table has ratios:
absolute times hold on one machine only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Cold starts a round.
STARTS = 5
#: Loads the program and the model, as a conversion does first.
_START = "from lanet_core import load_converter; load_converter(provider='cpu')"


@dataclass
class Installation:
    """An installed program and what was measured of it.

    Attributes:
        lanet: its command.
        batch_seconds: wall-clock time of each batch.
        batch_cpu_seconds: its CPU time.
        batch_peaks_mib: peak memory of each batch.
        start_seconds: CPU time of each cold start.
        single_seconds: wall-clock time of each conversion of a single file.
    """

    lanet: Path
    batch_seconds: list[float] = field(default_factory=list)
    batch_cpu_seconds: list[float] = field(default_factory=list)
    batch_peaks_mib: list[float] = field(default_factory=list)
    start_seconds: list[float] = field(default_factory=list)
    single_seconds: list[float] = field(default_factory=list)

    def measure(self, images: Sequence[Path], folder: Path) -> None:
        """Convert all images, then start several times."""
        seconds, cpu_seconds, peak_mib = _run(self.lanet, "convert", *images, "-o", folder, "--overwrite")
        self.batch_seconds.append(seconds)
        self.batch_cpu_seconds.append(cpu_seconds)
        self.batch_peaks_mib.append(peak_mib)
        for _ in range(STARTS):
            self.single_seconds.append(_run(self.lanet, "convert", images[0], "-o", folder / "single.exr")[0])
            self.start_seconds.append(_run(self.lanet.with_name("python"), "-P", "-c", _START)[1])


def _run(*command: object) -> tuple[float, float, float]:
    """Run a command; return its wall-clock and its CPU seconds, and its peak memory in MiB."""
    words = [os.fspath(word) if isinstance(word, Path) else str(word) for word in command]
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), words[:2])
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def table(before: Installation, after: Installation, files: int) -> str:
    """Return the comparison as a Markdown table."""
    speeds = [files * len(each.batch_seconds) / sum(each.batch_seconds) for each in (before, after)]
    cpu_seconds = [sum(each.batch_cpu_seconds) / len(each.batch_cpu_seconds) / files for each in (before, after)]
    peaks = [max(each.batch_peaks_mib) for each in (before, after)]
    starts = [statistics.median(each.start_seconds) for each in (before, after)]
    singles = [statistics.median(each.single_seconds) for each in (before, after)]
    rows = [
        "| what | before | after | after / before |",
        "|---|---|---|---|",
        f"| batch of {files} files, files per second | {_cells(speeds, 3)} |",
        f"| its CPU seconds per file | {_cells(cpu_seconds, 2)} |",
        f"| its peak memory, MiB | {_cells(peaks, 0)} |",
        f"| cold start: imports and session, CPU seconds | {_cells(starts, 2)} |",
        f"| one file, wall-clock seconds | {_cells(singles, 2)} |",
    ]
    return "\n".join(rows)


def _cells(values: Sequence[float], digits: int) -> str:
    before, after = values
    return f"{before:.{digits}f} | {after:.{digits}f} | {after / before:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--before", type=Path, required=True, help="the lanet command of the earlier installation")
    parser.add_argument("--after", type=Path, required=True, help="that of the later one")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each (default: %(default)s)")
    options = parser.parse_args(arguments)
    before, after = Installation(options.before.absolute()), Installation(options.after.absolute())
    with tempfile.TemporaryDirectory() as name:
        for turn in range(options.rounds):
            for installation in (before, after) if turn % 2 == 0 else (after, before):
                folder = Path(name) / ("before" if installation is before else "after")
                folder.mkdir(exist_ok=True)
                installation.measure(options.images, folder)
                print(f"turn {turn + 1}: {installation.lanet}", file=sys.stderr, flush=True)
    print(table(before, after, len(options.images)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
