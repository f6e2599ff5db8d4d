# Targets for developers; `make help` lists them.
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: help setup test check fmt docs bench attack

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup:  ## Install the tested set of packages into .venv
	scripts/setup $(VENV) "[dev]"

test:  ## Run the tests that start no service and no training
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m unit

check:  ## Lint, check types and run all tests, as CI does
	VENV=$(VENV) scripts/check

fmt:  ## Format and sort imports
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

docs:  ## Write docs/reference/ anew
	$(BIN)/python -m scripts.reference

bench:  ## Measure the service
	$(BIN)/intone bench --quick --peers intone

attack:  ## Attack a service; ATTACK="--scale 0.05 sockets slow" scales, and names attacks
	$(BIN)/python -m scripts.attack $(ATTACK)
