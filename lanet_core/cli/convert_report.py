"""What ``lanet convert`` prints of each file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lanet_core.cli.convert_jobs import FileOutcome
from lanet_core.cli.streams import print_message
from lanet_core.errors import printable
from lanet_core.pipeline.json_record import conversion_record, error_facts

if TYPE_CHECKING:
    from lanet_core.pipeline.banded_converter import BandedConverter


def warn_of_provider(converter: BandedConverter, reported: set[str]) -> None:
    """Print once for all images why a GPU is not used."""
    for warning in converter.session.warnings:
        if warning not in reported:
            print_message(f"lanet: warning: {warning}")
            reported.add(warning)


def report_problems(outcome: FileOutcome, reported: set[str]) -> None:
    """Print the error or the warnings of a file, but for those that were reported for all."""
    if outcome.error is not None:
        print_message(f"lanet: error: {outcome.error}")
    for warning in outcome.conversion.warnings if outcome.conversion else ():
        if warning not in reported:
            print_message(printable(f"lanet: warning: {outcome.job.source}: {warning}"))


def result_line(outcome: FileOutcome) -> str:
    """Return the line that is printed of a file that did not fail."""
    job, conversion = outcome.job, outcome.conversion
    if conversion is None:
        return f"{printable(job.output)}: exists, skipped; --overwrite replaces it"
    facts = [f"{conversion.width}x{conversion.height}"]
    if conversion.white_level.rgb != (1.0, 1.0, 1.0):
        facts.append(f"white {conversion.white_level}")
    facts += [f"{100 * conversion.clipped_fraction:.2g} % over-exposed", f"peak {conversion.peak_ev:+.1f} EV"]
    if conversion.expected_error_stops is not None:
        facts.append(f"expected error {conversion.expected_error_stops:.2f} stops")
    if conversion.strength_range_ev is not None:
        low, high = conversion.strength_range_ev
        facts.append(f"strength likely {low:+.1f} to {high:+.1f} EV")
    if conversion.calibration_factor is not None:
        facts.append(f"calibrated by {math.log2(conversion.calibration_factor):+.1f} EV")
    facts.append(f"network {conversion.network_seconds:.2f} s on {conversion.provider}")
    return f"{printable(job.output)}: {', '.join(facts)}"


def record_of(outcome: FileOutcome) -> dict:
    """Return the object that --json prints of a file."""
    facts: dict = {}
    if outcome.error is not None:
        facts = error_facts(type(outcome.error).__name__, str(outcome.error))
    if outcome.conversion is not None:
        facts = outcome.conversion.facts()
        facts["preview"] = str(outcome.job.preview) if outcome.job.preview else None
        facts |= dict(zip(("attention", "segmentation"), map(str, outcome.job.maps), strict=False))
    return conversion_record(outcome.job.source, outcome.job.output, outcome.status, facts)
