# SPDX-License-Identifier: LGPL-2.1-or-later
# What people type; meson does the work.

BUILD ?= build

# The system's own meson and python3: others on PATH may have no gi.
export PATH := /usr/bin:$(PATH)
MESON := meson
# A compiler that knows more warnings must not keep others from building: only
# here they are errors.
SETUP := $(MESON) setup -Dwerror=true

# What the demonstration is built of, and runs.
DEMO_PACKAGES := \
	gcc \
	gjs \
	gobject-introspection \
	libc6-dev \
	libdeflate-dev \
	libgirepository1.0-dev \
	libglib2.0-dev \
	make \
	meson \
	ninja-build \
	pkg-config \
	python3 \
	python3-gi

# What all of hein, and its tests, need besides.
PACKAGES := $(DEMO_PACKAGES) \
	appstream \
	at-spi2-core \
	clang \
	clang-format \
	dbus-daemon \
	desktop-file-utils \
	fish \
	fonts-cantarell \
	gi-docgen \
	gir1.2-gdkpixbuf-2.0 \
	gir1.2-gtk-4.0 \
	git \
	iproute2 \
	libadwaita-1-dev \
	libclang-rt-14-dev \
	libgdk-pixbuf-2.0-dev \
	libgjs-dev \
	libgnutls28-dev \
	libgtk-4-dev \
	libjson-glib-dev \
	libnats-dev \
	libnng-dev \
	libpython3-dev \
	libqrencode-dev \
	libsodium-dev \
	libssl-dev \
	libzmq3-dev \
	libzstd-dev \
	mosquitto \
	mosquitto-clients \
	mypy \
	nats-server \
	nettle-dev \
	nftables \
	node-typescript \
	openssl \
	patch \
	python3-zmq \
	spin \
	strace \
	valac \
	valgrind \
	x11-utils \
	xvfb \
	zsh

# What the lanes need that `make check` does not.
PORTABILITY_PACKAGES := \
	gcc-arm-linux-gnueabihf \
	gcc-i686-linux-gnu \
	gcc-s390x-linux-gnu \
	libc6-dev-armhf-cross \
	libc6-dev-i386-cross \
	libc6-dev-s390x-cross \
	mmdebstrap \
	qemu-user
COVERAGE_PACKAGES := gcovr
STATIC_PACKAGES := clang-tidy
ABI_PACKAGES := abigail-tools
PACKAGE_PACKAGES := autopkgtest dpkg-dev lintian mmdebstrap
REACH_PACKAGES := $(DEMO_PACKAGES) nats-server python3-zmq
BROWSER_PACKAGES := chromium gir1.2-gdkpixbuf-2.0

.PHONY: all deps setup demo check check-long soak check-asan check-tsan check-valgrind fuzz bench keep-bench keep-pictures docs \
	clean deps-portability check-portability coverage check-static \
	check-clang check-options check-package check-abi keep-abi \
	deps-browser check-browser demo-reach

# Modules that others may write are refused: hence the umask.
all: setup
	umask 022; $(MESON) compile -C $(BUILD)

# Installs what is missing with apt where it may, else says what is missing.
deps:
	@$(MAKE) --no-print-directory install-packages WANTED="$(PACKAGES)"

install-packages:
	@missing=; for package in $(WANTED); do \
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

# Modules in folders that others may write are refused, too.
setup: deps
	@umask 022; [ -f $(BUILD)/build.ninja ] || $(SETUP) $(BUILD)

# One publisher and several named subscribers in C, Python and JavaScript. Who
# only wants to see them need not install and build the rest, nor wait for the
# optimizer.
DEMO_BUILD := $(if $(wildcard $(BUILD)/build.ninja),$(BUILD),$(BUILD)-demo)

demo:
	@$(MAKE) --no-print-directory install-packages WANTED="$(DEMO_PACKAGES)"
	@umask 022; [ -f $(DEMO_BUILD)/build.ninja ] || \
	  $(SETUP) -Dbuildtype=plain -Dtests=false -Dmonitor=disabled $(DEMO_BUILD)
	umask 022; $(MESON) compile -C $(DEMO_BUILD) demo
	@python3 -c 'import gi' || \
	  { echo "demo: $$(command -v python3) has no gi: install python3-gi" >&2; \
	    exit 1; }
	@$(MESON) devenv -C $(DEMO_BUILD) python3 "$(CURDIR)/examples/demo.py"

# One message through ZeroMQ, MQTT, a page in Chromium, and back by NATS.
demo-reach: deps-browser
	@$(MAKE) --no-print-directory install-packages WANTED="$(REACH_PACKAGES)"
	@umask 022; [ -f $(DEMO_BUILD)/build.ninja ] || \
	  $(SETUP) -Dbuildtype=plain -Dtests=false -Dmonitor=disabled $(DEMO_BUILD)
	umask 022; $(MESON) compile -C $(DEMO_BUILD) demo-reach
	@$(MESON) devenv -C $(DEMO_BUILD) python3 "$(CURDIR)/examples/reach/reach.py" \
	  "$(CURDIR)/$(BUILD)-browser/node_modules"

check: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --no-suite long

# What takes minutes, and measures.
check-long: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --suite long

# A mixed load with faults, for as long as told: see tests/load.
MINUTES ?= 10

soak: all
	@$(MESON) devenv -C $(BUILD) python3 "$(CURDIR)/tests/load/soak.py" \
	  "$(CURDIR)/$(BUILD)/tests/load/load-peer" --minutes $(MINUTES)

check-asan: deps
	@umask 022; [ -f $(BUILD)-asan/build.ninja ] || $(SETUP) $(BUILD)-asan \
	  -Db_sanitize=address,undefined -Db_lundef=false -Dintrospection=disabled
	umask 022; $(MESON) compile -C $(BUILD)-asan
	@python3 tests/run-checks.py $(MESON) $(BUILD)-asan --suite c --suite fuzz

# The C tests under ThreadSanitizer: see tests/tsan.
check-tsan: deps
	@umask 022; [ -f $(BUILD)-tsan/build.ninja ] || $(SETUP) $(BUILD)-tsan \
	  -Db_sanitize=thread -Db_lundef=false -Dintrospection=disabled \
	  -Dbench=false -Dexamples=false
	umask 022; $(MESON) compile -C $(BUILD)-tsan
	@python3 tests/run-checks.py $(MESON) $(BUILD)-tsan --setup tsan --suite c

# Builds the fuzz targets with libFuzzer, and runs each with its own seeds; for
# longer, run one from there.
fuzz: deps
	@umask 022; [ -f $(BUILD)-fuzz/build.ninja ] || CC=clang $(SETUP) \
	  $(BUILD)-fuzz -Dfuzzer=true -Db_sanitize=address,undefined \
	  -Db_lundef=false -Dintrospection=disabled -Dbench=false \
	  -Doptimization=1
	umask 022; $(MESON) compile -C $(BUILD)-fuzz
	@python3 tests/run-checks.py $(MESON) $(BUILD)-fuzz --suite fuzz

# The C tests under the sanitizers of clang, which know more than those of gcc.
check-clang: fuzz
	@python3 tests/run-checks.py $(MESON) $(BUILD)-fuzz --suite c

check-valgrind: all
	@python3 tests/run-checks.py $(MESON) $(BUILD) --setup valgrind --suite c

# Builds and tests without what is optional, one after the other in one folder:
# each word is a list of options of meson that are disabled, by commas.
WITHOUT ?= tls curve tls,curve nkeys

check-options: deps
	@umask 022; [ -f $(BUILD)-options/build.ninja ] || \
	  $(SETUP) $(BUILD)-options
	@umask 022; \
	all=$$(echo "$(WITHOUT)" | sed 's/[a-z-][a-z-]*/-D&=auto/g; s/,/ /g'); \
	for without in $(WITHOUT); do \
	  echo "check-options: without $$without"; \
	  $(MESON) configure $(BUILD)-options $$all \
	    $$(echo "$$without" | sed 's/[a-z-][a-z-]*/-D&=disabled/g; s/,/ /g') && \
	  $(MESON) compile -C $(BUILD)-options && \
	  python3 tests/run-checks.py $(MESON) $(BUILD)-options \
	    --no-suite long --no-suite soak || exit 1; \
	done

# Other machines, and this one otherwise: see tests/portability.
LANES ?= unsigned o0 i386 armhf s390x
SYSROOTS := $(BUILD)-sysroots
LANE_unsigned := -Dc_args=-funsigned-char
LANE_o0 := -Doptimization=0
LANE_i386 := --cross-file $(SYSROOTS)/i386.ini \
	--cross-file tests/portability/i386.ini
LANE_armhf := --cross-file $(SYSROOTS)/armhf.ini \
	--cross-file tests/portability/armhf.ini \
	--cross-file tests/portability/qemu.ini
LANE_s390x := --cross-file $(SYSROOTS)/s390x.ini \
	--cross-file tests/portability/s390x.ini \
	--cross-file tests/portability/qemu.ini

deps-portability: deps
	@$(MAKE) --no-print-directory install-packages \
	  WANTED="$(PORTABILITY_PACKAGES)"
	@for machine in i386 armhf s390x; do \
	  tests/portability/prepare-sysroot.sh $$machine $(SYSROOTS) || exit 1; \
	done

check-portability: $(addprefix check-portability-,$(LANES))

check-portability-%: deps
	@umask 022; [ -f $(BUILD)-$*/build.ninja ] || $(SETUP) $(BUILD)-$* \
	  $(LANE_$*) -Dintrospection=disabled -Dpixbuf=disabled -Dbench=false \
	  -Dexamples=false
	umask 022; $(MESON) compile -C $(BUILD)-$*
	@HEIN_TEST_PATIENCE=60 python3 tests/run-checks.py $(MESON) $(BUILD)-$* \
	  --suite c -t 5

# Chromium, and MQTT.js from npm beside the folder of the build: for the page among
# the examples. An npm that is not Debian's will do.
deps-browser:
	@wanted="$(BROWSER_PACKAGES)"; \
	command -v npm >/dev/null || wanted="$$wanted npm"; \
	$(MAKE) --no-print-directory install-packages WANTED="$$wanted"
	@[ -d $(BUILD)-browser/node_modules/mqtt ] || npm install --no-audit \
	  --no-fund --prefix $(BUILD)-browser mqtt@5

check-browser: all deps-browser
	@python3 tests/run-checks.py $(MESON) $(BUILD) browser demo-reach mqtt-npm

# clang-tidy and gcc's analyzer: see tests/static.
check-static: all
	@$(MAKE) --no-print-directory install-packages WANTED="$(STATIC_PACKAGES)"
	@python3 tests/static/check-static.py $(BUILD)

# Debian's packages, from a clean chroot into another one; as root.
check-package:
	@$(MAKE) --no-print-directory install-packages WANTED="$(PACKAGE_PACKAGES)"
	@tests/package/check-package.sh . $(BUILD)-package

# Whether programs that were built against the kept interface still run.
check-abi: all
	@$(MAKE) --no-print-directory install-packages WANTED="$(ABI_PACKAGES)"
	@tests/abi/check-abi.sh $(BUILD)/hein/libhein-1.so hein

# For a release: what the interface is from now on.
keep-abi: all
	@$(MAKE) --no-print-directory install-packages WANTED="$(ABI_PACKAGES)"
	@tests/abi/check-abi.sh $(BUILD)/hein/libhein-1.so hein --update

# How much of each folder the C tests and the seeds run through.
coverage: deps
	@$(MAKE) --no-print-directory install-packages WANTED="$(COVERAGE_PACKAGES)"
	@umask 022; [ -f $(BUILD)-coverage/build.ninja ] || $(SETUP) \
	  $(BUILD)-coverage -Db_coverage=true -Doptimization=0 \
	  -Dintrospection=disabled -Dbench=false
	umask 022; $(MESON) compile -C $(BUILD)-coverage
	@find $(BUILD)-coverage -name '*.gcda' -delete
	@python3 tests/run-checks.py $(MESON) $(BUILD)-coverage --suite c
	@python3 tests/coverage.py $(BUILD)-coverage

bench: all
	$(MESON) compile -C $(BUILD) bench

# After `make bench` on a quiet machine: its table and picture from now on.
keep-bench:
	python3 tests/bench/bench_page.py --keep $(BUILD)/tests/bench/bench.md

# The pictures of hein-monitor in the documentation, as its test sees it now.
keep-pictures: all
	$(MESON) devenv -C $(BUILD) python3 "$(CURDIR)/tests/test-monitor.py" \
	  "$(CURDIR)/$(BUILD)/examples/monitor/hein-monitor" \
	  --keep "$(CURDIR)/introspection/docs"

docs: all
	$(MESON) compile -C $(BUILD) docs

clean:
	rm -rf $(BUILD) $(addprefix $(BUILD)-,demo asan tsan fuzz coverage options package browser \
	  sysroots unsigned o0 i386 armhf s390x)
