# SPDX-License-Identifier: MIT
# A thin front for CMake: make help says what there is.

PRESET ?= host
INTEROP ?= auto
JOBS ?= $(shell nproc)
host := build/host
demo_out := build/demo

.PHONY: help demo check bench msp430 fuzz build packages interop-packages clean

help:
	@echo 'make demo                 build, then run the garage-door scenario over a lossy radio in ns-3'
	@echo 'make check                build and run every test; with strongSwan if it is installed, not with INTEROP=no'
	@echo 'make check INTEROP=yes    install strongSwan (no service is left running) and test against it too'
	@echo 'make bench                run the benchmarks'
	@echo 'make msp430               compile the core for MSP430, print its size'
	@echo 'make fuzz                 build the libFuzzer programs in build/fuzz'
	@echo 'make clean                remove build/'
	@echo 'All but clean install the Debian packages of packages.txt that are missing, and say which.'

packages:
	@./packages.sh packages.txt

build: packages
	@tests/lane.sh build host

demo: packages
	@tests/lane.sh build host garage-door ikelet_command
	@echo 'Scenario garage-door: three remotes, 10 presses, 10 % of the frames lost. Files go to $(demo_out).'
	$(host)/scenarios/garage-door --presses=10 --loss=10 --seed=1 --out=$(demo_out)

interop-packages:
ifeq ($(INTEROP),yes)
	@tests/interop/install.sh
endif

check: packages interop-packages
	@INTEROP=$(INTEROP) tests/check.sh

bench: build
	@cmake --build --preset host --target bench

msp430: packages
	@tests/lane.sh build msp430
	@bench/footprint.sh

fuzz: packages
	@tests/lane.sh build fuzz

clean:
	rm -rf build
