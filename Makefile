# What is more than the suite does. PYTHON: one with the package's [test] dependencies.
PYTHON ?= .venv/bin/python
SEEDS ?= 1000000
EXAMPLES ?= 10000
# How many processes at once; empty: one a core.
PROCESSES ?=

# What builds and runs images: docker, or podman. BASE: another base than the Containerfile's.
ENGINE ?= docker
IMAGE ?= statusbridge
BASE ?=
BUILD_FLAGS ?=
RUN_FLAGS ?=
LOCK = CUSTOM_COMPILE_COMMAND="make image-lock" $(PYTHON) -m piptools compile --quiet --upgrade \
  --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.PHONY: soak planted small-scope kills disk fuzz mutants systemd image image-base image-lock image-trial dist dist-check sbom

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

mutants: ## Change the deciding code in every small way, or MODULE alone; see which tests, or QUICK ones, notice
	PYTHONPATH=tests $(PYTHON) -m mutants.run $(MODULE) $(if $(PROCESSES),--processes $(PROCESSES)) $(if $(QUICK),--quick)

systemd: ## Install the service in a Debian with its own systemd, and play its life there; as root
	PYTHONPATH=src:tests $(PYTHON) -m systemd.trial

image: ## Build the container image IMAGE with ENGINE
	BUILDAH_FORMAT=docker $(ENGINE) build $(BUILD_FLAGS) $(if $(BASE),--build-arg BASE=$(BASE)) \
	  --build-arg VERSION=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' src/statusbridge/__init__.py) \
	  --build-arg REVISION=$$(git rev-parse HEAD) \
	  --file deploy/container/Containerfile --tag $(IMAGE) .

image-trial: ## Run IMAGE as the compose file does, against the simulators; as root, by podman
	CONTAINER_IMAGE=$(IMAGE) CONTAINER_ENGINE="$(ENGINE)" CONTAINER_FLAGS="$(RUN_FLAGS)" \
	  PYTHONPATH=src $(PYTHON) -m pytest tests/container

image-base: ## Make BASE of Debian's packages, to try the image where no registry of images is near
	rm -rf build/base && mkdir -p build
	debootstrap --variant=minbase bookworm build/base
	tar --create --directory build/base . | $(ENGINE) import - $(BASE)

image-lock: ## Pin the newest of what the image is made of, by hash; by Python 3.11, with [dev]
	$(LOCK) --output-file deploy/container/requirements.txt pyproject.toml
	$(LOCK) --only-build-deps --build-deps-for wheel \
	  --output-file deploy/container/build-requirements.txt pyproject.toml

dist: ## Build wheel and sdist of the last commit, or COMMIT, the same bytes everywhere; needs [release]
	$(PYTHON) release/dist.py $(COMMIT)

dist-check: ## Build the last commit twice, compare, install both into fresh environments and run them
	$(PYTHON) release/check.py

sbom: ## List what the wheel in dist/ installs, or what is in VENV, as CycloneDX
	@$(PYTHON) release/sbom.py $(VENV)
