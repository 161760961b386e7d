# SPDX-License-Identifier: LGPL-2.1-or-later
# What people type; meson does the work.

BUILD ?= build

# The system's own meson and python3: others on PATH may have no gi.
export PATH := /usr/bin:$(PATH)
MESON := meson
# A compiler that knows more warnings must not keep others from building: only
# here they are errors.
SETUP := $(MESON) setup -Dwerror=true

PACKAGES := \
	gcc \
	git \
	gi-docgen \
	gir1.2-gdkpixbuf-2.0 \
	gjs \
	gobject-introspection \
	clang \
	clang-format \
	iproute2 \
	libc6-dev \
	libclang-rt-14-dev \
	libgdk-pixbuf-2.0-dev \
	libgirepository1.0-dev \
	libglib2.0-dev \
	libnng-dev \
	libsodium-dev \
	libssl-dev \
	libzmq3-dev \
	make \
	meson \
	nats-server \
	nettle-dev \
	ninja-build \
	pkg-config \
	python3 \
	python3-gi \
	strace \
	valac \
	valgrind

.PHONY: all deps setup demo check check-long check-asan check-valgrind fuzz bench docs clean

# Modules that others may write are refused: hence the umask.
all: setup
	umask 022; $(MESON) compile -C $(BUILD)

# Installs what is missing with apt where it may, else says what is missing.
deps:
	@missing=; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | \
	    grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then \
	  echo "deps: nothing is missing"; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "deps: installing$$missing"; \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -q -y --no-install-recommends $$missing; } || \
	  { echo "deps: could not install$$missing" >&2; exit 1; }; \
	else \
	  echo "deps: missing$$missing" >&2; \
	  echo "deps: as root: apt-get install$$missing" >&2; \
	  exit 1; \
	fi

setup: deps
	@[ -f $(BUILD)/build.ninja ] || $(SETUP) $(BUILD)

# One publisher and several named subscribers in C, Python and JavaScript.
demo: all
	@python3 -c 'import gi' || \
	  { echo "demo: $$(command -v python3) has no gi: install python3-gi" >&2; \
	    exit 1; }
	@$(MESON) devenv -C $(BUILD) python3 "$(CURDIR)/examples/demo.py"

check: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --no-suite long

# What takes minutes, and measures.
check-long: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --suite long

check-asan: deps
	@[ -f $(BUILD)-asan/build.ninja ] || $(SETUP) $(BUILD)-asan \
	  -Db_sanitize=address,undefined -Db_lundef=false -Dintrospection=disabled
	umask 022; $(MESON) compile -C $(BUILD)-asan
	@python3 tests/run-checks.py $(MESON) $(BUILD)-asan --suite c --suite fuzz

# Builds the fuzz targets with libFuzzer; run them from there.
fuzz: deps
	@[ -f $(BUILD)-fuzz/build.ninja ] || CC=clang $(SETUP) $(BUILD)-fuzz \
	  -Dfuzzer=true -Db_sanitize=address,undefined -Db_lundef=false \
	  -Dintrospection=disabled -Dbench=false
	umask 022; $(MESON) compile -C $(BUILD)-fuzz

check-valgrind: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --setup valgrind --suite c

bench: all
	$(MESON) compile -C $(BUILD) bench

docs: all
	$(MESON) compile -C $(BUILD) docs

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz
