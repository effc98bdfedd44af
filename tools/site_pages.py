"""Pages of the documentation site that are stored outside docs/: a hook of MkDocs, see mkdocs.yml.

The site has the folders of the repository, except that README.md is the start page and docs/ is at the top. Links
between pages are rewritten accordingly; links to other files of the repository become links to its web address.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
#: Page of the site → file of the repository.
PAGES = {
    "index.md": "README.md",
    **{name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")},
    **{name: name for name in ("models/panolanet.md", "models/lanet.md", "render_eval/results/README.md")},
}
#: Images that these pages show.
FILES = ("render_eval/results/best_and_worst.png",)
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and their images to the site."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for name in FILES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page from the folders of the repository to those of the site."""
    place = page.file.src_uri
    source = PAGES.get(place, f"docs/{place}")
    return _LINK.sub(lambda match: site_link(match[1], source, place, files, config.repo_url), markdown)


def site_link(link: str, source: str, place: str, files: Files, repository: str | None) -> str:
    """Return a link as the site needs it.

    Args:
        link: as it is in the file, relative to its folder, or an address.
        source: the file in the repository.
        place: the page of the site that shows it.
        files: all files of the site.
        repository: web address of the repository.
    """
    if "://" in link or link.startswith("mailto:"):
        return link
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
    places = {file: page for page, file in PAGES.items()}
    shown = places.get(target, target.removeprefix("docs/") if target.startswith("docs/") else target)
    if files.get_file_from_path(shown) is None:
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{repository}/{kind}/main/{target}"
    return posixpath.relpath(shown, posixpath.dirname(place) or ".")
