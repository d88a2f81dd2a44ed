# A bare `make` lists the targets; CONTRIBUTING.md says more about each.
SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

## demo ONCE=1: start with a simulated carrier and send a message; ONCE=1 ends after its delivery
## test: all the tests, under AddressSanitizer and UBSan; the last line is the total
## release: the optimised binary, build/release/godwit
## bench: print the benchmark table
## sim SEEDS=n | SEED=n: simulate the whole server with faults, n runs or the one of that seed
## fuzz T=seconds TARGET=name: every fuzz target, or one, for that long (60)
## check: format, warnings of two compilers, static analysis, and our own rules
## clean: remove everything that was built
have := demo test release fuzz check clean

.PHONY: help demo test release bench sim fuzz check clean
help:
	@awk -F ': ' -v have=" $(have) " '/^## / { sub(/^## /, ""); split($$1, word, " "); \
	    if (index(have, " " word[1] " ")) printf "make %-28s %s\n", $$1, $$2 }' Makefile

demo: release
	build/release/godwit demo $(if $(ONCE),--once)

test:
	tools/deps build test
	tools/test

release:
	tools/deps build
	@$(MAKE) -s build/release/build.ninja
	ninja -C build/release

T ?= 60
fuzz:
	tools/deps build fuzz
	@$(MAKE) -s build/fuzz/build.ninja
	ninja -C build/fuzz fuzz_targets
	tools/fuzz --seconds $(T) $(TARGET)

check:
	tools/deps build test check
	tools/check

clean:
	rm -rf build

# What a target needs besides the table above exists only from some point on.
ifneq ($(wildcard bench/run),)
have += bench
bench: release
	tools/deps bench
	bench/run
endif

ifneq ($(wildcard tests/sim/meson.build),)
have += sim
SEEDS ?= 200
sim:
	tools/deps build test
	@$(MAKE) -s build/dev/build.ninja
	ninja -C build/dev tests/sim/sim
	build/dev/tests/sim/sim $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))
endif

# One build directory a purpose. Developing is always sanitized; only the release is not.
build/dev/build.ninja:
	meson setup build/dev -Dbuildtype=debugoptimized -Db_sanitize=address,undefined

build/release/build.ninja:
	meson setup build/release -Dbuildtype=debugoptimized -Dtests=false

build/fuzz/build.ninja:
	CC=clang meson setup build/fuzz -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Dfuzz=true

build/clang/build.ninja:
	CC=clang meson setup build/clang -Dbuildtype=debug
