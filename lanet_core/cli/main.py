"""The ``lanet`` command: finds the module of the command that was asked for, and turns errors into messages.

A command is a module of this package with ``NAME``, ``HELP``, ``add_arguments(parser)`` and ``run(arguments) -> exit
status``; what is slow to import, it imports in ``run``. Only the module of the command asked for is imported, so that
converting never waits for what training needs.

Exit status: 0 all done; 1 some of several pictures failed; 2 nothing was done; 130 interrupted;
141 whoever read the output has gone.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

import lanet_core
from lanet_core.errors import LanetError

_PACKAGE = "lanet_core.cli"

#: The commands in the order of ``lanet --help``; each is the module of its name. An installation that only converts
#: may lack the last four.
COMMANDS = tuple(
    name
    for name in ("convert", "preview", "info", "fetch", "train", "export", "evaluate")
    if importlib.util.find_spec(f"{_PACKAGE}.{name}")
)

EXIT_FAILURE = 2
EXIT_INTERRUPTED = 130
#: As a shell says it of a command that SIGPIPE ended.
EXIT_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the command line after the program's name; the process's own by default.

    Returns:
        The exit status.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    asked = argv[0] if argv and argv[0] in COMMANDS else None
    try:
        arguments = _parser([asked] if asked else COMMANDS).parse_args(argv)
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # As with ``| head``. What is still in the buffer must not be tried again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except LanetError as error:
        print(f"lanet: error: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except ModuleNotFoundError as error:
        # ONNX Runtime and torch come with an extra; a missing module of our own is a fault of the program.
        if asked is None or (error.name or "").startswith("lanet_core"):
            raise
        extra = "cpu" if error.name == "onnxruntime" else "training"
        print(
            f"lanet: error: lanet {asked} needs the package {error.name}, which is not installed. "
            f"Install it: pip install 'lanet-ibl[{extra}]'",
            file=sys.stderr,
        )
        return EXIT_FAILURE
    except KeyboardInterrupt:
        print("lanet: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lanet", description="Turns LDR panoramas into calibrated HDR environment light."
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version and exit")
    # Without the metavar, usage and errors would name only the command whose module is loaded.
    commands = parser.add_subparsers(metavar=f"{{{','.join(COMMANDS)}}}", required=True)
    for name in names:
        module = importlib.import_module(f"{_PACKAGE}.{name}")
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


class _PrintVersion(argparse.Action):
    """Asks for the version only when it is wanted: the look-up takes longer than parsing."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        print(f"lanet {lanet_core.__version__}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
