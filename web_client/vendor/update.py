"""Writes the vendored third-party modules from the pinned npm packages (`npm ci` in web_client/ comes first).

    .venv/bin/python web_client/vendor/update.py          # after a new pin
    .venv/bin/python web_client/vendor/update.py --check  # exit 1 when a vendored file is not what the lock pins
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent / "node_modules"


def wanted() -> dict[str, bytes]:
    """What each vendored file is to hold."""
    package = PACKAGES / "socket.io-client"
    version = json.loads((package / "package.json").read_bytes())["version"]
    module = (package / "dist" / "socket.io.esm.min.js").read_bytes()
    module = re.sub(rb"\n//# sourceMappingURL=\S+\s*\Z", b"\n", module)  # the map is not vendored
    return {
        "socket.io.esm.min.js": module,
        "socket.io.LICENSE": (package / "LICENSE").read_bytes(),
        "VERSIONS": f"socket.io-client {version}\n".encode(),
    }


def main() -> int:
    differing = [name for name, data in wanted().items() if not (HERE / name).exists() or (HERE / name).read_bytes() != data]
    if "--check" in sys.argv[1:]:
        return 1 if differing else 0
    for name in differing:
        (HERE / name).write_bytes(wanted()[name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
