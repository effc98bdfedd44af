"""The evaluation's command, under Python and inside Blender.

    lanet-eval --data DIR --methods ldr,koeo,panolanet --out report/
    blender -b -P render_eval/run.py -- --data DIR --methods ldr,koeo,panolanet --out report/

Exit status: 0 all done; 1 some scenes or methods failed, the report lists them; 2 nothing was done; 130 interrupted:
the same command resumes.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

if not __package__:  # a script: Blender's Python has no package of ours, and looks for modules in no folder of ours
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lanet_core.cli.destinations import make_folder
from lanet_core.errors import DataError, LanetError
from render_eval import arguments as command_line
from render_eval.campaign import Campaign, FinishedWork, assemble
from render_eval.dask_scheduler import existing_cluster, local_cluster
from render_eval.dataset import Pair
from render_eval.datasets import find_named_pairs
from render_eval.hdrvdp import NOT_ASKED, HdrVdpProgram
from render_eval.jod import MissingPackageError, load_cvvdp
from render_eval.methods import MethodOptions
from render_eval.paper_table import paper_table
from render_eval.progress import name_of, with_progress
from render_eval.report import write_report, write_summary
from render_eval.run_lock import locked
from render_eval.scene_description import SceneDescription, from_dict, load_scene_description
from render_eval.scheduler import Scheduler, SchedulerError, in_process, write_token

EXIT_SOME_FAILED = 1
EXIT_FAILURE = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Evaluate, write the report, and return the exit status.

    Args:
        argv: the command line after the program's name.
    """
    arguments = command_line.parse(argv)
    try:
        return run(arguments)
    except LanetError as error:
        print(f"lanet-eval: error: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except KeyboardInterrupt:
        print("lanet-eval: interrupted; the same command resumes", file=sys.stderr)
        return EXIT_INTERRUPTED


def run(arguments: argparse.Namespace) -> int:
    """Evaluate what the command line requests and return the exit status.

    Raises:
        LanetError: nothing could be done, or nothing more can be written.
    """
    campaign = campaign_of(arguments)
    pairs = chosen(find_named_pairs(arguments.dataset, campaign.data, arguments.split), arguments)
    with locked(campaign.out):
        return evaluate(campaign, pairs, arguments)


def evaluate(campaign: Campaign, pairs: Sequence[Pair], arguments: argparse.Namespace) -> int:
    """Evaluate in an output folder that is this run's alone, and return the exit status."""
    write_token(campaign)
    if arguments.summary is not None:
        make_folder(arguments.summary)
    with scheduler_of(arguments) as scheduler:
        tools = scheduler.prepare(campaign)
        names = [method.name for method in tools.methods]
        check_image_of(arguments.image_of, names)
        work = scheduler.work(campaign, pairs, names)
        finished = list(with_progress(work, total=len(pairs) * (1 + len(names))))
    settings = {
        "command": command_line.as_text(arguments),
        "split": arguments.split or "",
        "absent": absent_metrics(campaign),
    }
    evaluation = assemble(campaign, tools, finished, settings)
    write_report(evaluation, campaign.out, image_of=arguments.image_of)
    if arguments.summary is not None:
        write_summary(evaluation, campaign.out, arguments.summary, image_of=arguments.image_of)
    print(paper_table(evaluation), end="\n\n")
    return summarise(finished, campaign.out)


def chosen(pairs: Sequence[Pair], arguments: argparse.Namespace) -> list[Pair]:
    """Return the scenes that ``--scenes`` names, or all.

    Raises:
        DataError: there is no scene of a name.
    """
    if arguments.scenes is None:
        return list(pairs)
    wanted = [name.strip() for name in arguments.scenes.split(",") if name.strip()]
    missing = set(wanted) - {pair.name for pair in pairs}
    if missing or not wanted:
        names = ", ".join(pair.name for pair in pairs)
        raise DataError(
            f"There is no scene {min(missing, default='')!r}.", path=arguments.data, remedy=f"There are {names}."
        )
    return [pair for pair in pairs if pair.name in wanted]


def absent_metrics(campaign: Campaign) -> dict[str, str]:
    """Return {metric's key: why it is not measured}."""
    domain = "image_" if campaign.metrics == "maps" else ""
    absent = {}
    if campaign.hdrvdp is None:
        absent[f"{domain}hdrvdp_q"] = NOT_ASKED
    if not campaign.jod:
        absent[f"{domain}jod"] = "ColorVideoVDP is not installed, or --no-jod was given."
    return absent


def check_image_of(name: str | None, methods: Sequence[str]) -> None:
    """Refuse the image of a method that is not evaluated.

    Raises:
        DataError: it is not.
    """
    if name is not None and name not in methods:
        raise DataError(f"The method {name!r} is not evaluated.", remedy=f"Choose one of {', '.join(methods)}.")


def campaign_of(arguments: argparse.Namespace) -> Campaign:
    """Return what the command line requests.

    Raises:
        LanetError: the scene to render is unknown or an override is out of range, or the output is in the data.
    """
    data, out = arguments.data.resolve(), arguments.out.resolve()
    if out.is_relative_to(data):
        raise DataError("The output is inside the data folder.", path=out, remedy="Choose a folder outside of it.")
    names = arguments.methods
    if names is None:
        names = "" if arguments.method else command_line.DEFAULT_METHODS[arguments.metrics]
    # Processes of one machine share its cores; to Blender 0 means all of them.
    threads = max(1, (os.cpu_count() or 1) // arguments.jobs) if arguments.jobs > 1 else 0
    return Campaign(
        data=data,
        out=out,
        description=described(arguments),
        methods=names,
        folders=dict(arguments.method),
        options=MethodOptions(
            expandnet_weights=arguments.expandnet_weights,
            weights=arguments.weights,
            model=arguments.model,
            image_model=arguments.image_model,
            threads=threads or None,
        ),
        threads=threads,
        seed=arguments.seed,
        metrics=arguments.metrics,
        jod=uses_jod(arguments),
        hdrvdp=HdrVdpProgram(arguments.hdrvdp, arguments.octave) if arguments.hdrvdp is not None else None,
        force=arguments.force,
    )


def described(arguments: argparse.Namespace) -> SceneDescription:
    """Return the scene to render, with the command line's size and samples.

    Raises:
        SceneDescriptionError: it is unknown, or a value is out of range.
    """
    values = load_scene_description(arguments.scene).to_dict()
    if arguments.size is not None:
        values["image"] |= dict(zip(("width", "height"), arguments.size, strict=True))
    if arguments.samples is not None:
        values["sampling"]["samples"] = arguments.samples
    return from_dict(values)


def uses_jod(arguments: argparse.Namespace) -> bool:
    """Return whether ColorVideoVDP compares the renders: as requested, or else where it is installed."""
    if arguments.jod is not None:
        return arguments.jod
    try:
        load_cvvdp()
    except MissingPackageError as error:
        print(f"lanet-eval: there will be no JOD: {error}", file=sys.stderr)
        return False
    return True


def scheduler_of(arguments: argparse.Namespace) -> AbstractContextManager[Scheduler]:
    """Return who does the work.

    Raises:
        SchedulerError: several processes were requested inside a Blender program, whose Python cannot start them.
    """
    if arguments.scheduler is not None:
        return existing_cluster(arguments.scheduler, arguments.tls)
    if arguments.jobs == 1:
        return in_process()
    blender = sys.modules.get("bpy")
    if blender is not None and blender.app.binary_path:
        raise SchedulerError(
            "Inside Blender there is one process.", remedy="Run it in Python with the module bpy, or use --scheduler."
        )
    return local_cluster(arguments.jobs)


def summarise(finished: Sequence[FinishedWork], out: Path) -> int:
    """Print what failed and where the report is, and return the exit status."""
    failed = [each for each in finished if each.record.error]
    for each in failed:
        if not each.skipped:
            print(f"failed: {name_of(each)}: {each.record.error}", file=sys.stderr)
    print(f"{len(finished) - len(failed)} of {len(finished)} steps done; the report is {out / 'index.html'}")
    return EXIT_SOME_FAILED if failed else 0


def own_arguments(argv: Sequence[str]) -> list[str]:
    """Return this script's part of a command line: under Blender it stands behind ``--``."""
    is_blenders = "-P" in argv or "--python" in argv
    if is_blenders and "--" in argv:
        return list(argv[argv.index("--") + 1 :])
    return [] if is_blenders else list(argv[1:])


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def command() -> int:
    """Run the command line of this process, and return the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    return main(own_arguments(sys.argv))


if __name__ == "__main__":
    sys.exit(command())
