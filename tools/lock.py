"""Write requirements.lock: the exact version of every package that set-up installs, for pip's --constraint.

Run it by ``make lock``. pip resolves all extras together, so that one set of versions serves the user and
the developer. Two kinds of name stay out of the file: this package itself, and the CUDA libraries, which
the default build of torch pins on its own and its CPU build does without.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = "cpu,training,evaluation,development"
#: Blender 4.5 is the long-term release whose Python is 3.11; it needs numpy 1.26, and that decides much else.
CHOSEN = ("bpy==4.5.15", "torch==2.13.0")
OWN_NAME = "lanet-ibl"
CUDA_PREFIXES = ("cuda-", "nvidia-", "triton")

HEADER = f"""\
# Written by `make lock`: the versions of .[{EXTRAS}] on Python {{python}}.
# Used as `pip install --constraint requirements.lock`. Edit pyproject.toml or tools/lock.py instead.
"""


def resolve() -> dict[str, str]:
    """Let pip resolve all extras without installing anything; return {normalised name: version}."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--report", "-", f"{ROOT}[{EXTRAS}]", "setuptools>=77", *CHOSEN]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = (item["metadata"] for item in report["install"])
    return {re.sub(r"[-_.]+", "-", each["name"]).lower(): each["version"] for each in packages}


def lock_text(versions: dict[str, str]) -> str:
    """Return the lock file's text: one ``name==version`` a line, sorted, without local labels like +cpu."""
    kept = {name: version for name, version in versions.items() if name != OWN_NAME}
    lines = [
        f"{name}=={version.partition('+')[0]}\n"
        for name, version in sorted(kept.items())
        if not name.startswith(CUDA_PREFIXES)
    ]
    return HEADER.format(python="{}.{}".format(*sys.version_info[:2])) + "".join(lines)


def main() -> None:
    """Resolve and write the file named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path, nargs="?", default=ROOT / "requirements.lock")
    output = parser.parse_args().output
    output.write_text(lock_text(resolve()), encoding="utf-8")
    print(f"wrote {output}")


if __name__ == "__main__":
    main()
