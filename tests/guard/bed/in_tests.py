"""What the plugin for pytest says of the depot, test by test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

from tests.guard.bed.index import FOLDER
from tests.guard.bed.judging import Told

_ROOT = FOLDER.parents[2]
_PLACE = re.compile(r"(?P<file>[\w./-]+\.py):(?P<line>\d+)|File \"(?P<path>[^\"]+)\", line (?P<number>\d+)")


def told_in_tests(size: str, environment: dict[str, str], folder: Path) -> dict[str, list[Told]]:
    """The places that each failed test names, by the route's name; nothing for those that went well."""
    report = folder / f"tests-{size}.xml"
    configuration = folder / "pytest.ini"
    configuration.write_text("[pytest]\nanyio_mode = auto\njunit_family = xunit2\n")
    plugin = [] if entry_points(group="pytest11", name="evenflow") else ["-p", "evenflow.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", *plugin, "-q", "-p", "no:cacheprovider", "-c", str(configuration)]
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [*command, "--rootdir", str(_ROOT), f"--junitxml={report}", str(FOLDER / "suite.py")],
        cwd=_ROOT,
        env={**os.environ, **environment, "PYTHONPATH": path, "DEPOT_SIZE": size},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return {name: told for case in ElementTree.parse(report).iter("testcase") for name, told in [_told(case)]}


def _told(case: ElementTree.Element) -> tuple[str, list[Told]]:
    name = str(case.get("name")).partition("[")[2].rstrip("]")
    texts = [f"{failure.get('message')}\n{failure.text}" for failure in (*case.iter("failure"), *case.iter("error"))]
    places = [place for text in texts for place in _PLACE.finditer(text)]
    told = [
        Told(str((_ROOT / (place["file"] or place["path"])).resolve()), int(place["line"] or place["number"]))
        for place in places
    ]
    return name, told or [Told()] * bool(texts)
