"""Threads of the tests: numpy and torch read these variables when they are imported."""

import os

# The networks of the tests are small: on several threads they spend most of their time waiting for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
