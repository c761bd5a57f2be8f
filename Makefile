PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

help:            ## Show these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.ready  ## Create .venv with all requirements

$(VENV)/.ready: requirements.txt requirements-dev.txt requirements-encoder.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本；可用 PYTHON=python3.12 make ... 指定"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-encoder.txt || echo "句向量模型没有装上（可选）：问答照常可用，口语和英文问题会多一些拒答。"
	@touch $@

demo: setup      ## Run sandbox, bot and worker on this machine
	@exec $(BIN)/python -m bot demo

test: setup      ## Run the tests that need no server
	@$(BIN)/python -m pytest

lint: setup      ## Check style, types and layers
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

services:        ## Install and start PostgreSQL and Redis for tests, where none listen (Debian, root)
	@sh tests/services.sh

figures: setup   ## Measure; NAME=… for one of them
	@$(BIN)/python -m tests.bench $(NAME)

.PHONY: help setup demo test lint services figures
