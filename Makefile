# Each target makes its own virtual environment; nothing is installed outside it.
PYTHON ?= python3

.PHONY: demo test check lock clean

demo: .venv/installed ## the paper of the bundled example
	.venv/bin/paperback build examples/thresholds --out demo

test: .venv-dev/installed ## what CI runs: format, lint, types, layers, tests
	.venv-dev/bin/ruff format --check src tests benchmarks
	.venv-dev/bin/ruff check
	.venv-dev/bin/mypy
	.venv-dev/bin/lint-imports
	.venv-dev/bin/pytest -n 2 --cov --cov-report=term:skip-covered

check: test

.venv/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock .
	touch $@

.venv-dev/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/pip install --quiet --disable-pip-version-check --constraint requirements.lock 'pip>=25.1'
	.venv-dev/bin/pip install --quiet --constraint requirements.lock --group dev --editable .
	touch $@

lock: ## write requirements.lock anew from the newest releases
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet --upgrade 'pip>=25.1'
	.venv-lock/bin/pip install --quiet --group dev .
	.venv-lock/bin/pip freeze --exclude paperback --exclude pip > requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-dev .venv-lock .venv-torch .venv-loggers demo
