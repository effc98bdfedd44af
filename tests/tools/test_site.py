"""The documentation as a web site."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built site; a broken link or a missing page of the navigation ends the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr[-3000:]
    return folder


def test_every_page_of_docs_is_in_the_site(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.parent.name for path in site.rglob("index.html")}


def test_the_start_page_is_the_readme(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    assert "Convert an LDR equirectangular panorama to a calibrated HDR environment light" in html
    assert 'href="blender/"' in html
    assert 'href="models/panolanet/"' in html
    assert re.search(r'<img[^>]* src="images/interior.jpg"', html)
    assert (site / "images" / "interior.jpg").is_file()


def test_the_reference_has_the_signature_and_the_errors_of_the_public_functions(site):
    html = (site / "reference" / "index.html").read_text(encoding="utf-8")
    assert "load_converter" in html and "ModelNotFoundError" in html
    assert "Linear Rec.709" in html or "linear Rec.709" in html


def test_the_site_needs_no_other_server(site):
    html = (site / "index.html").read_text(encoding="utf-8")
    foreign = r'<(?:script|img)[^>]* src="https?://[^"]*"|<link rel="stylesheet" href="https?://[^"]*"'
    assert not re.findall(foreign, html)
