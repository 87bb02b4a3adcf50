# SPDX-License-Identifier: Apache-2.0
#
# The front door. The work is done by the scripts in dev/; every target installs what it needs and
# misses. `make help` lists the targets.

STATE_DIR ?= var
HTTPS_PORT ?= 8443
HTTP_PORT ?= 8080
API_WORKERS ?= 2
HASH_WORKERS ?= 2
BUILD ?= release
POOLER ?= none
# Settings of Latchkey need no mention here: the environment and the command line of make reach the
# workers (CIRCUIT_BREAKER_TIMEOUT=2 make up, make up CIRCUIT_BREAKER_TIMEOUT=2).
export STATE_DIR HTTPS_PORT HTTP_PORT API_WORKERS HASH_WORKERS BUILD POOLER

# What a copy needs: PgBouncer only if it is asked for.
RUN_GROUPS = run $(if $(filter pgbouncer,$(POOLER)),pooler)

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SUFFIXES:

##@ Run it

.PHONY: run
run: ## build and start a copy in the foreground; Ctrl-C stops all of it
	@dev/install build $(RUN_GROUPS)
	@dev/build
	@exec env --default-signal=INT,TERM,HUP dev/run

.PHONY: up
up: ## the same in the background; returns when /readiness says 200
	@dev/install build $(RUN_GROUPS)
	@dev/build
	@exec dev/up

.PHONY: down
down: ## stop what up started; the data stays
	@exec dev/down

.PHONY: reset
reset: ## stop it and drop STATE_DIR: database, keys, certificate, logs
	@exec dev/reset

.PHONY: dsn
dsn: ## print the owner's connection string of the private database
	@exec dev/dsn

.PHONY: psql
psql: ## psql as the owner of the private database
	@dev/install run
	@exec dev/dsn --psql

##@ Build and check it

.PHONY: build
build: ## build/release/latchkey and the pages of /docs and /redoc
	@dev/install build
	@exec dev/build

.PHONY: test
test: ## unit, SQL, system and tidy tests: what CI runs
	@dev/install build run test
	@exec dev/test

.PHONY: test-all
test-all: ## test, and the slow ones as far as they exist
	@dev/install build run pooler test monitoring fuzz edge package
	@exec dev/test-all

.PHONY: test-asan
test-asan: ## unit and system tests with the program under AddressSanitizer and UBSan
	@dev/install build run test
	@LATCHKEY_BUILD=asan exec dev/test unit system

.PHONY: bench
bench: ## what it costs, as ratios taken in turns; prints tables and writes docs/performance.md
	@dev/install build run test bench
	@dev/build
	@exec /usr/bin/python3 -B tests/bench/bench.py

.PHONY: fuzz
fuzz: ## libFuzzer over every reader, a minute each (dev/fuzz 600 json: ten, of one)
	@dev/install build fuzz
	@exec dev/fuzz

.PHONY: package
package: ## build/latchkey_VERSION_amd64.deb, checked by lintian
	@dev/install build package
	@exec dev/package

.PHONY: lint
lint: ## clang-format, clang-tidy, cppcheck, shellcheck
	@dev/install build test lint
	@exec dev/lint

.PHONY: fmt
fmt: ## format the C++ sources
	@dev/install lint
	@exec dev/fmt

.PHONY: coverage
coverage: ## line coverage of worker/ by room, from unit and system tests
	@dev/install build run test coverage
	@exec dev/coverage

.PHONY: clean
clean: ## remove build/; STATE_DIR stays
	@rm -rf build

##@ Help

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables: STATE_DIR=%s HTTPS_PORT=%s HTTP_PORT=%s API_WORKERS=%s HASH_WORKERS=%s BUILD=%s\n' \
	  '$(STATE_DIR)' '$(HTTPS_PORT)' '$(HTTP_PORT)' '$(API_WORKERS)' '$(HASH_WORKERS)' '$(BUILD)'
	@printf 'POOLER=%s (pgbouncer: the workers reach PostgreSQL through it, in transaction mode)\n' \
	  '$(POOLER)'
	@echo 'and every setting of Latchkey, from the environment or the command line.'
