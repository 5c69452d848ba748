"""Links as QR codes: for a terminal, and as an image that survives a fold in the paper. Pure."""

from __future__ import annotations

import io

import segno


def terminal(link: str) -> str:
    """For a terminal, indented as the rest of what is printed."""
    out = io.StringIO()
    segno.make(link, error="l").terminal(out, compact=True, border=2)
    return "\n".join("    " + line for line in out.getvalue().splitlines())


def svg(link: str) -> str:
    """An SVG image; a quarter of it may be lost."""
    image = io.BytesIO()
    segno.make(link, error="q", micro=False).save(image, kind="svg", border=2, xmldecl=False, nl=False)
    return image.getvalue().decode()
