#!/usr/bin/env python3
"""Adds the installed FastAPI and Starlette to what the fast path knows: `python scripts/fingerprints.py`.

`scripts/prove` calls it, and takes back what does not pass the proof.
"""

import json
from importlib.metadata import version

from evenflow.fastpath.upstream.versions import KNOWN, file_hash, fingerprints
from evenflow.fastpath.upstream.watched import CALLED, HANDLING, MATCHING


def main() -> None:
    """Writes the file anew, with what is installed here added."""
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {"versions": [], "files": {}, "functions": {}}
    pair = f"fastapi {version('fastapi')}, starlette {version('starlette')}"
    known["versions"] = sorted({*known["versions"], pair})
    for watched in (MATCHING, HANDLING, CALLED):
        for name, functions in watched.items():
            files = known["files"].setdefault(name, [])
            files[:] = sorted({*files, file_hash(name)})
            for function, found in fingerprints(name, functions).items():
                accepted = known["functions"].setdefault(name, {}).setdefault(function, [])
                accepted[:] = sorted({*accepted, found})
    KNOWN.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    print(f"{KNOWN.name} knows {pair}")


if __name__ == "__main__":
    main()
