# `make demo` converts the examples, `make test` runs every check, `make check` the fast ones. Each first sets up what
# it needs, once.

PYTHON ?= python3
VENV ?= .venv
LOCK_PYTHON := 3.11

INSTALL = $(VENV)/bin/python -m pip install --disable-pip-version-check --constraint requirements.lock
# The build backend comes from the lock as well, so that it is not resolved afresh.
INSTALL_EDITABLE = $(INSTALL) --no-build-isolation --editable

# A Debian with a real Blender program: `make blender-program` sets it up, and the tests use it if it is there.
BLENDER_ROOT ?= $(CURDIR)/build/debian-blender

# Processes that run the tests. Tests of Blender often wait, so that more than there are cores save time.
TEST_WORKERS ?= 3

.PHONY: demo test check docs test-blender-versions blender-program three extension extension-cuda extension-directml repository
.PHONY: wheels-lock format
.PHONY: lock clean
.DELETE_ON_ERROR:

demo: $(VENV)/inference.stamp
	$(VENV)/bin/lanet convert examples/*.jpg --output demo --overwrite --preview
	@echo "HDR panoramas and their before/after images:"
	@ls -1 $(CURDIR)/demo/*

test: $(VENV)/development.stamp
	$(VENV)/bin/python -m ruff check
	$(VENV)/bin/python -m ruff format --check
	$(if $(wildcard $(BLENDER_ROOT)/ready),BLENDER_ROOT=$(BLENDER_ROOT)) $(VENV)/bin/python -m pytest \
	    --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

# Under three minutes: style, spelling, types, words, and the tests marked `fast`.
check: $(VENV)/development.stamp
	$(VENV)/bin/python -m ruff check
	$(VENV)/bin/python -m ruff format --check
	$(VENV)/bin/python -m codespell_lib
	$(VENV)/bin/python -m basedpyright --pythonpath $(VENV)/bin/python
	$(VENV)/bin/python tools/check_text.py
	$(VENV)/bin/python -m pytest -m fast

# The documentation as a web site in build/site; no broken link is accepted.
docs: $(VENV)/development.stamp
	$(VENV)/bin/python -m mkdocs build --strict

blender-program:
	@[ -e $(BLENDER_ROOT)/ready ] || tools/system_libraries.sh debootstrap
	tools/debian_blender_root.sh setup $(BLENDER_ROOT)

# three.js, whose loaders the tests of importers use if it is there; needs npm.
three:
	npm install --silent --no-audit --no-fund --prefix build/three $(shell sed -n 's/.*"three": "\(.*\)".*/three@\1/p' tests/importers/package.json)

# The extension's tests in the versions of Blender that `make test` does not run them in.
test-blender-versions: $(VENV)/development.stamp
	BLENDER_ROOT=$(BLENDER_ROOT) PYTHON=$(PYTHON) tools/test_blender_versions.sh $(CURDIR)/build

format: $(VENV)/development.stamp
	$(VENV)/bin/python -m ruff check --fix
	$(VENV)/bin/python -m ruff format

# The Blender extension, in dist/ a zip for each system, on Windows and macOS also for each Python of Blender; its wheels are fetched once, as wheels.lock names them.
extension: $(VENV)/development.stamp
	$(VENV)/bin/python tools/build_extension.py --output dist

extension-cuda: $(VENV)/development.stamp
	$(VENV)/bin/python tools/build_extension.py --output dist --flavour cuda

# For any GPU under Windows.
extension-directml: $(VENV)/development.stamp
	$(VENV)/bin/python tools/build_extension.py --output dist --flavour directml

# The zips of `make extension` as an extensions repository for a static web server: index, landing page, zips.
repository: extension
	$(VENV)/bin/python tools/build_repository.py

wheels-lock: $(VENV)/created.stamp
	$(VENV)/bin/python tools/fetch_wheels.py --lock

lock: $(VENV)/created.stamp
	$(VENV)/bin/python tools/lock.py requirements.lock

clean:
	rm -rf build demo dist .pytest_cache .ruff_cache .hypothesis

# The environment grows: empty, then what converts a panorama, then what trains, evaluates and tests.

$(VENV)/created.stamp:
	@$(PYTHON) -c 'import sys; "%d.%d" % sys.version_info[:2] == "$(LOCK_PYTHON)" or sys.exit( \
	    "requirements.lock is for Python $(LOCK_PYTHON): name one by make PYTHON=/path/to/python$(LOCK_PYTHON)")'
	PYTHON=$(PYTHON) tools/system_libraries.sh venv
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/inference.stamp: pyproject.toml requirements.lock $(VENV)/created.stamp
	$(INSTALL) setuptools
	$(INSTALL_EDITABLE) ".[cpu]"
	touch $@

$(VENV)/development.stamp: $(VENV)/inference.stamp
	PYTHON=$(PYTHON) tools/system_libraries.sh blender
	$(INSTALL_EDITABLE) ".[cpu,training,evaluation,development]"
	touch $@
