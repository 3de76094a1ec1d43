"""Python reads this first in every process of the suite: what its tests start gets the fast path too."""

import os

if "PYTEST_CURRENT_TEST" in os.environ:  # set while a test runs, so this is a program that one started
    from evenflow.testing.forcing import follow

    follow()
