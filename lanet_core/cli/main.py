"""The ``lanet`` command: finds the module of the subcommand, and turns errors into messages.

A command is a module of this package with ``NAME``, ``HELP``, ``add_arguments(parser)`` and ``run(arguments) -> exit
status``; what is slow to import, it imports in ``run``. Only the module of the command requested is imported, so that
converting never waits for what training needs.

Exit status: 0 all done; 1 some of several images failed; 2 nothing was done, or what was printed is lost;
130 interrupted; 141 the reader of the output has closed it.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence

import lanet_core
from lanet_core.cli.streams import discard_output, finish_output, prepare_streams, print_message
from lanet_core.errors import LanetError, unexpected

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
#: The status that a shell reports for a command that SIGPIPE ended.
EXIT_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the command line after the program's name; the process's own by default.

    Returns:
        The exit status.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    prepare_streams()
    asked = argv[0] if argv and argv[0] in COMMANDS else None
    try:
        try:
            arguments = _parser([asked] if asked else COMMANDS).parse_args(argv)
        except SystemExit:  # --help and --version print too
            finish_output()
            raise
        status = arguments.run(arguments)
        finish_output()
        return status
    except BrokenPipeError:
        # As with ``| head``.
        discard_output()
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        print_message("lanet: interrupted")
        return EXIT_INTERRUPTED
    except Exception as error:
        if "--debug" in argv:
            print_message(traceback.format_exc())
        print_message(f"lanet: error: {_message(error, asked)}")
        return EXIT_FAILURE


def _message(error: Exception, asked: str | None) -> LanetError | str:
    # ONNX Runtime and torch come with an extra; a missing module of our own is a fault of the program.
    if isinstance(error, ModuleNotFoundError) and asked and not (error.name or "").startswith("lanet_core"):
        extra = "cpu" if error.name == "onnxruntime" else "training"
        return (
            f"lanet {asked} needs the package {error.name}, which is not installed. "
            f"Install it: pip install 'lanet-ibl[{extra}]'"
        )
    return unexpected(error)


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lanet", description="Convert LDR panoramas to calibrated HDR environment light."
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version and exit")
    # Without the metavar, usage and errors would name only the command whose module is loaded.
    commands = parser.add_subparsers(metavar=f"{{{','.join(COMMANDS)}}}", required=True)
    for name in names:
        module = importlib.import_module(f"{_PACKAGE}.{name}")
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.add_argument("--debug", action="store_true", help="print the traceback of an unexpected error")
        command.set_defaults(run=module.run)
    return parser


class _PrintVersion(argparse.Action):
    """Looks the version up only when it is printed: that takes longer than parsing."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        print(f"lanet {lanet_core.__version__}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
