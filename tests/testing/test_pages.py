"""The tests that the pages show, run as their readers would run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks
from tests.testing.projects import run


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["--evenflow=both"]], ids=["as they are", "both"])
@pytest.mark.parametrize("page", ["README.md", "docs/testing.md"])
def test_the_tests_of_a_page_pass(tmp_path: Path, page: str, arguments: list[str]) -> None:
    files = {block.file: block.text for block in blocks(ROOT / page, "python") if block.file}
    written = sum(text.count("async def test_") for text in files.values())
    done = run(tmp_path, files, *arguments)

    assert set(done.outcomes.values()) == {"passed"}, done.output
    assert len({name.partition("[")[0] for name in done.outcomes}) == written
