"""What a person sees of an evaluation: one page, a table, a file for programs and a sheet of images."""

from render_eval.report.contact_sheet import write_contact_sheet
from render_eval.report.files import read_results, write_report, write_summary

__all__ = ["read_results", "write_contact_sheet", "write_report", "write_summary"]
