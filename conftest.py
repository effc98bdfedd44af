"""Variables of the tests and of the processes that they start."""

import os
import sys

# Without the compiled modules, each of some hundred processes compiles the code again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The networks of the tests are small: on several threads they spend most of their time waiting for each other.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
