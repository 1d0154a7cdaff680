# `make` alone lists the targets. Everything is installed into .venv/ from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
SOURCE ?=
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: .venv/installed broker graphics ## make .venv/ and install what the project and its broker need

.venv/installed: requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "make: $(PYTHON) is $$($(PYTHON) -V 2>&1); Nattvakt needs Python 3.11 to 3.13: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory apt WANTED=python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

broker:
	@command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || $(MAKE) --no-print-directory apt WANTED=mosquitto

# The simulator draws with OpenGL on the processor (Mesa's llvmpipe): no screen, no graphics card.
graphics: .venv/installed
	@$(BIN)/python -c 'import moderngl; moderngl.create_standalone_context(backend="egl")' 2>/dev/null \
	  || $(MAKE) --no-print-directory apt WANTED="libegl1 libgl1 libgl1-mesa-dri"

# Debian starts a broker of its own when it installs one; policy-rc.d would be the machine owner's business, so it is only told.
apt:
	@echo "make: installing $(WANTED) with apt-get"
	@SUDO=; [ "$$(id -u)" = 0 ] || SUDO=sudo; \
	  $$SUDO apt-get update -qq && $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(WANTED) >/dev/null

demo: setup ## a night on a lot: an alarm arrives over a real broker, with its clip (SOURCE=film.mp4 for a film of yours)
	$(BIN)/nattvakt demo $(if $(SOURCE),--source '$(SOURCE)')

test: setup lint ## everything that has to hold, in less than 8 minutes
	$(BIN)/pytest

test-slow: setup ## the long fault runs (A7, A8, A20 at full length)
	$(BIN)/pytest -m slow

test-hardware: setup ## on a Raspberry Pi with a camera
	$(BIN)/pytest -m hardware

lint: setup ## ruff, mypy --strict, the layers
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

nights-accept: setup ## take the alarms of today's rules as the expected ones; read the diff
	$(BIN)/python -m tests.nights.accept

lock: ## resolve requirements.lock anew from setup.cfg, for Python 3.11-3.13 on x86-64 and aarch64
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header --constraint constraints.txt --extra dev setup.cfg -o requirements.lock

clean: ## remove what was built here
	rm -rf .venv build *.egg-info demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup broker graphics apt demo test test-slow test-hardware lint nights-accept lock clean
