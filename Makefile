# The commands a newcomer needs. `make demo` and `make test` are the only set-up.
SHELL := /bin/bash
BIN := .venv/bin
STAMP := .venv/.installed

# The first 3.12-3.14 that can make a virtual environment, on machines whose python3 is older too.
FIND_PYTHON = for p in python3.13 python3.12 python3.14 python3 $$(ls -d $$HOME/.pyenv/versions/3.1[234].*/bin/python 2>/dev/null); do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1 \
	&& { echo "$$p"; break; }; done

.PHONY: demo test redis prometheus chromium lint image bench seeds soak soak-hour matrix pictures lock clean install

demo: $(STAMP)
	@$(BIN)/perpdesk demo $(ARGS)

# Most tests wait for a socket or a clock, so two run at once; the files of the slow ones come first.
test: $(STAMP) redis prometheus chromium
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# The tests use a real Redis: Debian's own, where there is none yet.
redis:
	@command -v redis-server >/dev/null || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq redis-server >/dev/null; \
	} || { echo "perpdesk's tests need redis-server: install it (Debian: apt-get install redis-server)" >&2; exit 2; }

# And a real Prometheus, which scrapes the metrics and checks their form.
prometheus:
	@command -v prometheus >/dev/null || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends prometheus >/dev/null; \
	} || { echo "perpdesk's tests need prometheus: install it (Debian: apt-get install prometheus)" >&2; exit 2; }

# And a real Chromium, which looks at the page: Playwright drives Debian's, and downloads none.
chromium:
	@command -v chromium >/dev/null || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	} || { echo "perpdesk's tests need chromium: install it (Debian: apt-get install chromium)" >&2; exit 2; }

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@if command -v shellcheck >/dev/null; then shellcheck docker/*.sh; \
	else echo "shellcheck is not here: docker/*.sh were not looked at"; fi

# The image, with whichever builder is here; what it needs on this machine goes into IMAGE_ARGS.
IMAGE ?= perpdesk:latest
IMAGE_BUILDER ?= $(firstword $(foreach each,docker podman buildah,$(if $(shell command -v $(each)),$(each))))

image:
	@[ -n "$(IMAGE_BUILDER)" ] || { echo "perpdesk's image needs docker, podman or buildah: install one" >&2; exit 2; }
	$(IMAGE_BUILDER) build $(if $(findstring docker,$(IMAGE_BUILDER)),,--format docker) $(IMAGE_ARGS) -t $(IMAGE) -f docker/Dockerfile .

bench: $(STAMP)
	$(BIN)/python -m tests.bench $(ARGS)

# A long proof, by hand: the demo's market makes RSI trade for every seed.
seeds: $(STAMP)
	$(BIN)/pytest -q tests/desk/test_market.py --seeds 5000

# Longer ones: 10,000 scripts of orders, each under a fault of its own, lose and double nothing on
# either venue; no more does a stream of alerts through 1,000 kills of node, sidecar and Redis. A
# venue that is away for two minutes, in every way, leaves the other alone.
soak: $(STAMP) redis
	$(BIN)/pytest -q tests/acceptance/test_faults.py --storms 10000
	$(BIN)/pytest -q tests/acceptance/test_alert_crashes.py --kills 1000
	$(BIN)/pytest -q tests/acceptance/test_two_venues.py --away-secs 125

# One process on both venues for an hour of faults, outages and kills, judged from outside: see
# docs/reliability.md. ARGS="--minutes 5 --seed 7" is a shorter one.
soak-hour: $(STAMP)
	@$(BIN)/python -u -m tests.soak $(ARGS)

# Nautilus's cases over our adapters and over its own, as tables: a quarter of an hour. ARGS=synthetix
# runs those of one venue, in two minutes.
matrix: $(STAMP)
	@$(BIN)/python -m tests.matrix $(ARGS)

# The pictures of the page in docs/, as a Chromium shows a demo.
pictures: $(STAMP) chromium
	$(BIN)/pytest -q tests/monitor/test_page_picture.py --pictures docs/images

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml Makefile
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
		echo "perpdesk needs Python 3.12, 3.13 or 3.14 with venv and ensurepip; install one (Debian: apt-get install python3.13-venv)" >&2; exit 2; fi; \
	echo "Setting up .venv with $$($$python --version) (once)"; \
	"$$python" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.12 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock $(ARGS)
	$(BIN)/uv pip compile pyproject.toml --extra redis --constraint requirements.lock --universal --python-version 3.12 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file docker/requirements.lock
	echo "hatchling==1.33.0" | $(BIN)/uv pip compile - --constraint requirements.lock --universal --python-version 3.12 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --output-file docker/build.lock

clean:
	rm -rf .venv runs dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .import_linter_cache
