# What is more than the suite does. PYTHON: one with the package's [test] dependencies.
PYTHON ?= .venv/bin/python
SEEDS ?= 1000000
EXAMPLES ?= 10000
# How many processes at once; empty: one a core.
PROCESSES ?=

.PHONY: soak planted small-scope kills disk fuzz mutants systemd

soak: ## Simulate the whole daemon, a million lives or SEEDS of them, on all cores
	PYTHONPATH=src:tests $(PYTHON) -m simulation.soak --seeds $(SEEDS)

planted: ## Plant each fault in the product, or FAULT, and say which seed finds it
	PYTHONPATH=src:tests $(PYTHON) -m simulation.hunt $(FAULT)

small-scope: ## Tell one short life with every pair of deaths, and every fault with every death
	STATUSBRIDGE_SIMULATION_WHOLE=1 PYTHONPATH=src $(PYTHON) -m pytest tests/simulation/test_small_scope.py

kills: ## Kill the real program before every system call, or POINTS of them, and as it recovers
	PYTHONPATH=src:tests $(PYTHON) -m kills.sweep $(if $(POINTS),--points $(POINTS)) $(if $(SEED),--seed $(SEED))

disk: ## Let the disk fail in every way: at each commit, at each call, and every older file put back
	STATUSBRIDGE_DISK_WHOLE=1 PYTHONPATH=src $(PYTHON) -m pytest tests/disk
	PYTHONPATH=src:tests $(PYTHON) -m disk.sweep $(if $(POINTS),--points $(POINTS))

fuzz: ## Try EXAMPLES inputs of every property of what comes from outside, and say how many were
	STATUSBRIDGE_FUZZ_EXAMPLES=$(EXAMPLES) PYTHONPATH=src $(PYTHON) -m pytest -m hypothesis \
	  --hypothesis-profile=fuzz --hypothesis-show-statistics tests/fuzz tests/adapters tests/config

mutants: ## Change the deciding code in every small way, or MODULE alone, and see which tests notice
	PYTHONPATH=tests $(PYTHON) -m mutants.run $(MODULE) $(if $(PROCESSES),--processes $(PROCESSES))

systemd: ## Install the service in a Debian with its own systemd, and play its life there; as root
	PYTHONPATH=src:tests $(PYTHON) -m systemd.trial
