"""A link as a QR code, on a terminal and as an image."""

from __future__ import annotations

from xml.etree import ElementTree

from server import qr

LINK = "https://visit.hospital.example/j/kP3x0vQ9o2cW7bLrT5yZ8aN1mE4uHsDgFjXcVqRtKwY"


def test_a_terminal_gets_an_indented_square() -> None:
    lines = qr.terminal(LINK).splitlines()
    assert all(line.startswith("    ") for line in lines)
    assert len({len(line) for line in lines}) == 1


def test_an_image_is_a_square_without_what_a_page_may_not_load() -> None:
    root = ElementTree.fromstring(qr.svg(LINK))
    assert root.get("width") == root.get("height")
    assert qr.svg(LINK) != qr.svg(LINK + "x")
