# SPDX-License-Identifier: MIT
# A thin front for CMake: make help says what there is.

PRESET ?= host
INTEROP ?= auto
PACKAGE ?= no
KERNEL ?= no
JOBS ?= $(shell nproc)
host := build/host
demo_out := build/demo

SECONDS ?= 600
SEED ?= $(shell date +%s)000

.PHONY: help demo check swarm mutants coverage bench msp430 msp430-demo cost-table fuzz sweep-smoke build deb packages interop-packages clean

help:
	@echo 'make demo                 build, then run the garage-door scenario over a lossy radio in ns-3'
	@echo 'make check                build and run every test; with strongSwan if it is installed, not with INTEROP=no'
	@echo 'make check INTEROP=yes    install strongSwan (no service is left running) and test against it too'
	@echo 'make check PACKAGE=yes    build the Debian packages too, and use them in a bare Debian 12 (needs root; fetches some 100 MB)'
	@echo 'make check KERNEL=yes     test ESP and AH with those of a Linux kernel too, in a guest under emulation (needs root; fetches some 45 MB)'
	@echo 'make swarm SECONDS=600    random runs of the simulator for so long, on all cores; failures are kept in build/swarm'
	@echo 'make mutants              plant the faults of tests/mutants/ one by one, and see that the tests see them'
	@echo 'make coverage             lines of the core that no unit test, story or run of the swarm executes'
	@echo 'make bench                run the benchmarks'
	@echo 'make msp430               build the firmware for MSP430, print its size by layer'
	@echo 'make msp430-demo          the same firmware, simulated, opens the door through strongSwan (installs it; needs root or sudo)'
	@echo 'make cost-table           measure what the firmware takes for what, write bench/cost/msp430*.csv'
	@echo 'make sweep-smoke          the sweeps over ns-3 scenarios at their smallest, by Snakemake, into build/sweep'
	@echo 'make deb                  build the Debian packages ikelet, libikelet-dev and ikelet-ns3-dev into build/deb'
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
	@INTEROP=$(INTEROP) PACKAGE=$(PACKAGE) KERNEL=$(KERNEL) tests/check.sh

swarm: packages
	@tests/lane.sh build host sim_swarm
	$(host)/sim/sim_swarm --seed=$(SEED) --seconds=$(SECONDS) --jobs=$(JOBS) --keep=build/swarm

mutants: packages
	@tests/mutants/run.py --whole

coverage: packages
	@tests/coverage.py

bench: build
	@cmake --build --preset host --target bench

msp430: packages
	@tests/lane.sh build msp430
	@tests/lane.sh build msp430f5438a
	@tests/lane.sh build msp430fr5994
	@echo 'door.elf, the garage-door remote for the MSP430F1611:'
	@python3 targets/msp430/sizes.py build/msp430/targets/msp430/door.elf --budget targets/msp430/budget.txt
	@echo 'door_fast.elf, with the fast primitives:'
	@python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_fast.elf --budget targets/msp430/budget_fast.txt
	@echo 'door_ahead.elf, with key pairs computed ahead:'
	@python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_ahead.elf --budget targets/msp430/budget_ahead.txt
	@echo 'door_resume.elf, with tickets, too:'
	@python3 targets/msp430/sizes.py build/msp430/targets/msp430/door_resume.elf --budget targets/msp430/budget_resume.txt
	@echo 'door.elf for the MSP430F5438A:'
	@python3 targets/msp430/sizes.py build/msp430f5438a/targets/msp430/door.elf
	@echo 'door.elf for the MSP430FR5994:'
	@python3 targets/msp430/sizes.py build/msp430fr5994/targets/msp430/door.elf
	@ls -l build/msp430*/targets/msp430/door.elf build/msp430*/targets/msp430/door.hex build/msp430*/targets/msp430/door.txt

msp430-demo: packages
	@tests/lane.sh build msp430 door
	@tests/interop/install.sh
	@INTEROP=yes python3 -B targets/msp430/runner/demo.py

cost-table: packages
	@tests/lane.sh build msp430 costs door door_long
	@tests/lane.sh build msp430f5438a door door_long
	@tests/lane.sh build msp430fr5994 costs door door_long
	@tests/lane.sh build host msp430sim msp430_peer msp430_native_minimal msp430_native_long
	python3 bench/cost/costs.py
	python3 bench/cost/costs.py --preset=msp430f5438a
	python3 bench/cost/costs.py --preset=msp430fr5994
	python3 bench/cost/validate.py

sweep-smoke: packages
	@./packages.sh scenarios/sweep/packages.txt
	@tests/lane.sh build host $(patsubst scenarios/%/main.cc,%,$(wildcard scenarios/*/main.cc))
	@scenarios/sweep/smoke.sh build/sweep

deb: packages
	@./packages.sh packaging/packages.txt
	@packaging/deb.sh

fuzz: packages
	@tests/lane.sh build fuzz

clean:
	rm -rf build
