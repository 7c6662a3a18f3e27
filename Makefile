# make figures   set up .venv from the lock and run the whole pipeline; figures land in results/figures/
# make test      set up, lint, test the library and its scripts, and run a tiny pipeline once: minutes
# make test-all  all other tests: whole runs, faults, Slurm, environments, the report in a browser, peers
# make smoke     the whole pipeline, small; make reproduce compares the metrics with config/expected/
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# BITS=portable: the arithmetic of all x86-64 processors with AVX2, for equal bits on them
ifeq ($(BITS),portable)
export ATEN_CPU_CAPABILITY := avx2
export MKL_CBWR := COMPATIBLE
export OPENBLAS_CORETYPE := Haswell
export NPY_DISABLE_CPU_FEATURES := X86_V4
endif

# Snakemake keeps a cache below HOME; where that is missing or may not be written, below this folder.
ifneq ($(shell test -d "$$HOME" && test -w "$$HOME" && echo yes),yes)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/cache
endif

.PHONY: figures smoke reproduce report docs test test-all check benchmarks lock expected clean

figures: $(VENV)/.runtime
	snakemake

smoke: $(VENV)/.runtime
	snakemake --configfile config/smoke.yaml

# PRESET=smoke for the small one
PRESET ?= config
reproduce: $(VENV)/.runtime
	snakemake reproduce --configfile config/$(PRESET).yaml

# Opens from disk, without a network.
report: $(VENV)/.runtime
	snakemake report --configfile config/$(PRESET).yaml --report-after-run --report results/report.html \
	  --report-stylesheet report/style.css

# Strictly, and without a network: a link that leads nowhere is an error. The pages are in site/index.html.
docs: $(VENV)/.development
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict

test: $(VENV)/.development check
	pytest -n auto --no-loadscope-reorder --durations 25 -m "not whole"

test-all: $(VENV)/.development $(VENV)/.benchmarks
	pytest -n auto --no-loadscope-reorder --durations 25 -m whole

check: $(VENV)/.development
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	mypy
	lint-imports
	snakemake --lint

benchmarks: $(VENV)/.benchmarks
	python -m benchmarks

# Expected metrics of both presets from a run of each. What changed is said in words, claims that do not
# hold first.
expected: $(VENV)/.runtime
	snakemake collect_metrics
	snakemake collect_metrics --configfile config/smoke.yaml
	python config/expected/update.py --metrics results/metrics.json \
	  --claims config/expected/default.claims.yaml --output config/expected/default.csv
	python config/expected/update.py --metrics results/smoke/metrics.json \
	  --claims config/expected/smoke.claims.yaml --output config/expected/smoke.csv

# The CPU build of PyTorch where pip can find one (a local wheel folder or PyTorch's CPU index), which is
# hundreds of megabytes instead of gigabytes; the build on PyPI otherwise. The library is on the path itself
# (compat): a finder of modules would lose against a folder of its name, such as a clone seen from above.
$(VENV)/.runtime: requirements.lock requirements-pypi.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	sed -n '/^torch==/,/[^\\]$$/p' requirements.lock > $(VENV)/torch.lock
	if pip install --quiet --dry-run --no-deps --require-hashes -r $(VENV)/torch.lock 2> /dev/null; \
	then lock=requirements.lock; else lock=requirements-pypi.lock; fi; \
	echo "installing $$lock"; pip install --quiet --require-hashes -r $$lock
	pip install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# Peers that the library is timed against; without dependencies, as the lock leaves some of them out.
$(VENV)/.benchmarks: $(VENV)/.runtime requirements-benchmarks.lock
	pip install --quiet --no-deps --require-hashes -r requirements-benchmarks.lock
	touch $@

# Needs uv. UV_FIND_LINKS must name a folder with the CPU wheel of PyTorch.
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --upgrade
lock: $(VENV)/.runtime
	pip install --quiet uv
	$(COMPILE) requirements.in -o requirements-pypi.lock
	sed '/^torch==/,/[^\\]$$/d' requirements-pypi.lock > $(VENV)/others.lock
	sed 's/^torch==[0-9.]*/&+cpu/' requirements.in > $(VENV)/requirements-cpu.in
	$(COMPILE) $(VENV)/requirements-cpu.in -c $(VENV)/others.lock -o requirements.lock
	$(COMPILE) requirements-dev.in -o requirements-dev.lock
	$(COMPILE) --no-emit-package torch --no-emit-package dataclasses requirements-benchmarks.in \
	  -o requirements-benchmarks.lock
	python envs/pin.py

clean:
	rm -rf results
