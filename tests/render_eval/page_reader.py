"""A page read by Python's own HTML parser into a tree, refusing what is not closed in order."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree.ElementTree import Element

#: HTML standard, 13.1.2.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class PageReader(HTMLParser):
    """Builds the tree."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document")
        self._open = [self.root]

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in {tag}"
        child = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].append(child)
        if tag not in VOID:
            self._open.append(child)

    def handle_endtag(self, tag):
        assert tag not in VOID
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data):
        parent = self._open[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data

    def finished(self) -> Element:
        self.close()
        assert self._open == [self.root], "something is not closed"
        return self.root


def read_page(text: str) -> Element:
    """The tree of a page."""
    reader = PageReader()
    reader.feed(text)
    return reader.finished()


def words(element: Element) -> str:
    """An element's text as a person reads it."""
    return " ".join("".join(element.itertext()).split())


def with_class(element: Element, name: str) -> list[Element]:
    """All elements below one that have a class."""
    return [each for each in element.iter() if name in each.get("class", "").split()]
