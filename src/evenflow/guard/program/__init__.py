"""Reads a program, without importing it, and finds the calls that block its event loop.

`sources.py` finds the files, `interpreter.py` reads them as if they ran, `roots.py` says where the loop enters, and
`search.py` goes from there to the calls that the catalogue lists.
"""

from __future__ import annotations

from evenflow.guard.program.analysis import AT_START_OR_END as AT_START_OR_END
from evenflow.guard.program.analysis import Analysis as Analysis
from evenflow.guard.program.analysis import analyse as analyse
from evenflow.guard.program.baseline import Baseline as Baseline
from evenflow.guard.program.sites import Site as Site
from evenflow.guard.program.sites import sites_of as sites_of
from evenflow.guard.program.sources import NoProgram as NoProgram
from evenflow.guard.program.sources import Sources as Sources
from evenflow.guard.program.sources import of_folder as of_folder
from evenflow.guard.program.sources import of_module as of_module
