# SPDX-License-Identifier: GPL-2.0-only
#
# The commands a user types. Everything is done by scripts/; no rule here knows
# how. Each documented target has a `##` comment, which `make help` prints.

# Empty: the default targets, see `make targets`.
TARGET ?=
# The build tree of a kernel of one's own, in place of a target.
KERNEL ?=
export KERNEL
CMD ?=
MINUTES ?= 30
SEED ?=
DETECTOR ?=
MUTANT ?=
N ?=
HOST ?=
COMMANDS ?=
LIST ?=
SCOPE := scripts/percpu-scope
SETUP := scripts/setup.sh

.DEFAULT_GOAL := build
.PHONY: build run check matrix check-detectors mutants check-docs check-in-tree check-hosts torture shell exec load unload clean help lint docs targets fetch cache cache-prune setup

build: ## build the module and the programs for the targets
	@$(SETUP) run
	@$(SCOPE) build $(TARGET)

run: ## boot the targets, hammer, print the report (JSON in build/run/report.json)
	@$(SETUP) run
	@$(SCOPE) run $(TARGET)

check: ## run every test, on this machine and in the targets
	@$(SETUP) run check
	@$(SCOPE) check $(TARGET)

matrix: ## check every target and variation, or TARGET=…, one table (build/matrix/index.html)
	@$(SETUP) run check
	@$(SCOPE) matrix $(TARGET)

check-detectors: ## plant faults on purpose: every check must catch its own (DETECTOR=NAME, or usual)
	@$(SETUP) run
	@$(SCOPE) check-detectors $(DETECTOR)

mutants: ## plant small faults in a copy (N=5 at random, AMONG=new, ON=TARGET, MUTANT=NAME, LIST=1): the checks must kill each
	@$(SETUP) run check
	@$(SCOPE) mutants $(MUTANT) $(if $(AMONG),--among $(AMONG)) $(foreach place,$(ON),--on $(place)) $(if $(N),--number $(N)) $(if $(SEED),--seed $(SEED)) $(if $(TRIES),--tries $(TRIES)) $(if $(LIST),--list)

check-docs: ## compare what README.md and docs/ show with what commands and files say now
	@$(SETUP) run
	@$(SCOPE) docs --check

check-in-tree: ## build the module as part of a kernel's sources, as a module and built in, and boot that
	@$(SETUP) run
	@$(SCOPE) check-in-tree

check-hosts: ## as root: run and check on fresh machines of other releases (HOST=… COMMANDS=run)
	@$(SETUP) run hosts
	@$(SCOPE) check-hosts $(HOST) --commands '$(COMMANDS)'

torture: ## random jobs for MINUTES=30 in each target (SEED=… to repeat a sequence)
	@$(SETUP) run
	@$(SCOPE) torture $(TARGET) --minutes $(MINUTES) $(if $(SEED),--arguments '--seed $(SEED)')

shell: ## a VM with the module loaded, console on this terminal
	@$(SETUP) run
	@$(SCOPE) shell $(TARGET)

exec: ## run CMD='…' in a VM with the module loaded: make exec TARGET=… CMD='pcpu info'
	@$(SETUP) run
	@$(SCOPE) exec '$(or $(TARGET),$(if $(KERNEL),own-kernel,debian-6.1-cloud-amd64))' '$(subst ','\'',$(CMD))'

lint: ## every static check: kernel, C++, shell, Python, licences
	@$(SETUP) run check lint
	@scripts/lint/run

load: ## build for this machine's own kernel and load (as root; on a test machine of your own)
	@scripts/load.sh load

unload: ## take it out of this machine's own kernel
	@scripts/load.sh unload

fetch: ## ask the mirror for newer kernels now
	@$(SETUP) run
	@$(SCOPE) fetch --refresh $(TARGET)

cache: ## list what was fetched and built, with sizes
	@$(SETUP) run
	@$(SCOPE) cache

cache-prune: ## remove what no target needs any more
	@$(SETUP) run
	@$(SCOPE) cache --prune

docs: ## make anew what README.md and docs/ show of commands and files
	@$(SETUP) run
	@$(SCOPE) docs

targets: ## list the kernels that can be booted
	@$(SETUP) run
	@$(SCOPE) targets

setup: ## only install what is missing, for everything
	@$(SETUP) run check lint

clean: ## remove build/; kernels stay in the cache
	@rm -rf build

help: ## this list
	@echo "make [COMMAND] [TARGET=… or KERNEL=/path/to/build-tree] [VM_CPUS=…] [VM_MEM=…] [VM_NODES=…] [VM_ARGS=…] [VM_ACCEL=kvm|tcg] [MODULE_BTF=no]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '|' '{ printf "%-17s %s\n", $$1, $$2 }'
