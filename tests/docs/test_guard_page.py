"""What the guard's page shows is what is printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "guard.md"


def test_the_finding_on_the_page_is_what_check_prints(tmp_path: Path) -> None:
    for block in blocks(PAGE, "python"):
        if block.file:
            (tmp_path / block.file).write_text(block.text)
    [shown] = blocks(PAGE, "text")

    done = subprocess.run(
        [sys.executable, "-m", "evenflow", "check", "main:app", "--no-import"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert shown.text.rstrip() in done.stdout
