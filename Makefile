# The product's commands. `make demo` needs nothing but Python 3.11+, make and a network to install from.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
TEXTS := netops/locale/zh_Hans/LC_MESSAGES/django
export PORT

.PHONY: demo run test check bench fuzz translations token clean

$(VENV)/.ready: requirements.txt
	@echo "Installing what the product needs into $(VENV) ..."
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt $(VENV)/.ready
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(TEXTS).mo: $(TEXTS).po $(VENV)/.ready
	@$(PY) manage.py translations

demo: $(VENV)/.ready $(TEXTS).mo
	@NETOPS_SAMPLE=1 NETOPS_DATA_DIR=$${NETOPS_DATA_DIR:-var/demo-$(PORT)} exec $(PY) manage.py demo

run: $(VENV)/.ready $(TEXTS).mo
	@exec $(PY) manage.py serve

token: $(VENV)/.ready $(TEXTS).mo
	@NETOPS_SAMPLE=1 NETOPS_DATA_DIR=$${NETOPS_DATA_DIR:-var/demo-$(PORT)} $(PY) manage.py demo-token

test: $(VENV)/.ready-dev $(TEXTS).mo
	@$(PY) -m tests

check: $(VENV)/.ready-dev $(TEXTS).mo
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sh tests/check.sh

bench: $(VENV)/.ready-dev $(TEXTS).mo
	@$(PY) -m tests.bench

fuzz: $(VENV)/.ready-dev
	@DJANGO_SETTINGS_MODULE=netops.settings $(PY) -m tests.fuzz --packets 1000000

translations: $(VENV)/.ready-dev
	@$(PY) manage.py translations --update

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
