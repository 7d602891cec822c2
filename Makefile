# rdline: the only makefile. The table below IS the dependency graph: a room sees the headers of what it
# declares here (and of what those declare), and nothing else.
#
#   make [VARIANT=release|test|native|debug|asan|tsan|cov|fuzz|guard|lint] [V=1]     see `make help` for the targets

# library       may include                     packages whose headers it may include
base_DEPS     :=
clock_DEPS    := base
channel_DEPS  := base
channel_PKGS  := libdpdk
net_DEPS      := base
coap_DEPS     := base
link_DEPS     := base
fragments_DEPS := net
lwm2m_DEPS    := base net coap link
policy_DEPS   := lwm2m
policy_PKGS   := libxxhash
admission_DEPS := net
stats_DEPS    := lwm2m
conf_DEPS     := base
conf_PKGS     := libconfig
registry_DEPS := lwm2m
registry_PKGS := libdpdk
watch_DEPS    := base
log_DEPS      := watch
lines_DEPS    := clock log
mailbox_DEPS  := clock
events_DEPS   := registry
refusals_DEPS := stats
pipeline_DEPS := policy stats refusals
pipeline_PKGS := libxxhash
shard_DEPS    := events policy admission stats
pktio_DEPS    := net
pktio_PKGS    := libdpdk

LIBS := base clock channel net fragments admission coap link lwm2m policy stats conf watch log mailbox lines registry events \
	refusals pipeline shard pktio

# The daemon's rooms, app/<room>: the same rules. A worker has no way to a registry.
lcores_DEPS   := log
lcores_PKGS   := libdpdk
worker_DEPS   := lcores channel clock fragments pipeline pktio
shard_core_DEPS := lcores channel mailbox shard
feed_DEPS     := lcores conf events lines refusals
feed_PKGS     := jansson
feed_FLAGS     = -I$B/version
console_DEPS  := shard_core conf lines refusals
console_PKGS  := jansson
device_DEPS   := conf log
device_PKGS   := libdpdk
dpdk_log_DEPS := clock log
dpdk_log_PKGS := libdpdk
monitor_DEPS  := worker shard_core conf device
telemetry_DEPS := monitor feed console dpdk_log
telemetry_PKGS := libdpdk
telemetry_FLAGS = -I$B/version
start_DEPS    := telemetry
start_PKGS    := libdpdk
ctl_DEPS      := base
ctl_PKGS      := jansson

APP_ROOMS := lcores worker shard_core feed console device dpdk_log monitor telemetry start ctl
ROOMS := $(LIBS) $(APP_ROOMS)
# Rooms with code for vector machines: their unit tests run as the product is built, too.
VECTOR_LIBS := base lwm2m

# ---- variants: build/<variant>/, side by side ------------------------------------------------
VARIANT ?= release
B       := build/$(VARIANT)
# The product is built for the machine that it is built on; ARCH=x86-64-v2 makes one that travels. Tests and tools
# are built for a baseline: what they do, and what the compiler makes of them, is the same on every machine.
ARCH     ?= native
BASELINE := x86-64-v2

RELEASE     := 0.2.0
COMMIT      := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
VERSION     := $(RELEASE)$(if $(COMMIT), ($(COMMIT)))

release_FLAGS := -O3 -falign-functions=32
release_ARCH  := $(ARCH)
test_FLAGS    := $(release_FLAGS)
native_FLAGS  := $(release_FLAGS)
native_ARCH   := $(ARCH)
debug_FLAGS   := -O0 -DRDL_DEBUG
asan_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
tsan_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=thread -DRTE_USE_C11_MEM_MODEL=1
cov_FLAGS     := -O0 --coverage
# In one piece: how the compiler divides the program must not show in the figures.
guard_FLAGS   := -O3 -flto -flto-partition=none
# clang 14 does not say of itself that it sanitizes, as gcc does.
fuzz_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -D__SANITIZE_ADDRESS__=1
# Warnings come from what the compiler finds out while it optimises, so they differ from machine to machine: here, and
# nowhere else, they are errors, for each of these. genoa is what -march=native is to gcc 12 on an AMD EPYC 9004.
LINT_MACHINES := x86-64-v2 haswell icelake-server genoa
genoa_ARCH    := znver3 $(addprefix -mavx512,f vl bw dq cd vbmi ifma vpopcntdq vbmi2 vnni bitalg bf16) \
	-mgfni -mvpclmulqdq -mvaes
MACHINE       ?= $(BASELINE)
lint_FLAGS    := $(release_FLAGS) -Werror
lint_ARCH     := $(or $($(MACHINE)_ARCH),$(MACHINE))
ifeq ($($(VARIANT)_FLAGS),)
$(error VARIANT=$(VARIANT) is none of release test native debug asan tsan cov fuzz guard lint)
endif
ifeq ($(VARIANT),fuzz)
CC := clang
endif
ifeq ($(VARIANT),lint)
B := build/lint/$(MACHINE)
endif
# The product is optimised across libraries.
PRODUCT := $(if $(filter release,$(VARIANT)),-flto=auto)
# Source fortification needs optimisation and does not mix with the sanitizers.
FORTIFY := $(if $(filter release test native lint,$(VARIANT)),-D_FORTIFY_SOURCE=2)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-align -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wformat=2 -Wconversion -Wimplicit-fallthrough -Wswitch-enum -Wdouble-promotion \
	-Wnull-dereference
CFLAGS  ?= -g
OWN     := -std=gnu11 -D_GNU_SOURCE -fno-common -fstack-protector-strong -fPIE $(FORTIFY) $(WARN) \
	$($(VARIANT)_FLAGS) $(PRODUCT)
MARCH   := -march=$(or $($(VARIANT)_ARCH),$(BASELINE))
LDFLAGS += -pie -Wl,-z,relro,-z,now $(filter -fsanitize% --coverage,$($(VARIANT)_FLAGS))

# Package headers are system headers: our warnings judge our code. MARCH comes last, since
# libdpdk.pc carries a -march of its own.
pkg_cflags = $(if $1,$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $1))) $(MARCH)
pkg_libs   = $(if $1,$$(pkg-config --libs $1))
pkg_files  = $(foreach p,$1,$(wildcard $(foreach d,/usr/lib/*/pkgconfig /usr/share/pkgconfig,$d/$p.pc)))

closure = $(sort $1 $(foreach d,$1,$(call closure,$($d_DEPS))))
packages = $(sort $(foreach l,$(call closure,$1),$($l_PKGS)))
sources = $(sort $(wildcard $1/*.c))
objects = $(patsubst %.c,$B/%.o,$1)
archives = $(foreach l,$(call closure,$1),$B/lib$l.a)
folder = $(if $(filter $1,$(APP_ROOMS)),app,lib)/$1
include_path = $(foreach l,$1,-I$(call folder,$l))

# As many jobs as CPUs, unless it is said how many.
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

ifeq ($V,1)
Q :=
say = @:
else
Q := @
say = @printf '  %-5s %s\n'
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all bench bench-guard bench-peers bench-plot test unit instrumented asan tsan cov soak fuzz fuzz-run \
	lint lint-objects format compdb conf-keys run install clean deps help programs native-programs tools

all: build/release/rdline build/release/rdline-ctl

help:
	@echo 'all (release binary)  test  unit  asan  tsan  cov  soak [SOAK_FOR=s]  fuzz [FUZZ_TIME=s]  bench  bench-peers'
	@echo 'bench-plot  bench-guard  lint  format  compdb  conf-keys  run [RUN_FOR=s]  install [DESTDIR= PREFIX=]  clean  deps'

# ---- packages: looked at before anything is compiled; installed only where asked for ----------
# `make` alone wants what the product needs, and tells; whoever tests or runs the lab gets what is missing.
INSTALLING := $(filter-out all install build/release/%,$(MAKECMDGOALS))
build/.deps/%: scripts/deps
	@mkdir -p $(@D)
	@scripts/deps $(if $(INSTALLING),,--check) $*
	@touch $@
deps:
	@scripts/deps product lab test lint

# ---- what was compiled otherwise is compiled again ----------------------------------------------
# Writes $1 into file $2 unless it says so already.
says = $(shell mkdir -p $(dir $2) && printf '%s\n' '$1' >$2.new && { cmp -s $2.new $2 && rm $2.new || mv $2.new $2; })
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),all)),)
$(call says,$(CC) $(shell $(CC) --version 2>/dev/null | head -n 1) $(CFLAGS) $(OWN) $(MARCH) $(LDFLAGS),$B/.flags)
$(call says,#define RDL_VERSION "$(VERSION)",$B/version/version.h)
endif

# ---- one way to compile -------------------------------------------------------------------------
# $1: folder, $2: rooms that it sees, $3: packages that it sees, $4: other flags, $5: what has to be installed
define compile
$B/$1/%.o: $1/%.c $B/.flags Makefile $(call pkg_files,$3) | build/.deps/$(or $5,product)
	@mkdir -p $$(@D)
	$(say) CC $$<
	$Q$$(CC) $$(CFLAGS) $(OWN) $$(call pkg_cflags,$3) -I$1 $(call include_path,$2) $4 -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(ROOMS),$(eval $(call compile,$(call folder,$l),$(call closure,$($l_DEPS)),$($l_PKGS),$($l_FLAGS))))

# $1: library, $2: its folder
define archive
$B/lib$1.a: $(call objects,$(call sources,$2))
	$(say) AR $$@
	$Qrm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(ROOMS),$(eval $(call archive,$l,$(call folder,$l))))

# ---- one way to link ----------------------------------------------------------------------------
# $1: program, $2: objects, $3: rooms, $4: packages, $5: other libraries
define link
$B/$1: $2 $(call archives,$3)
	@mkdir -p $$(@D)
	$(say) LD $$@
	$Q$$(CC) $$(CFLAGS) $(OWN) $(MARCH) -o $$@ $2 -Wl,--start-group $(call archives,$3) -Wl,--end-group \
		$$(LDFLAGS) $5 $(subst $$,$$$$,$(call pkg_libs,$4))
endef

# ---- the programs ---------------------------------------------------------------------------------
# The daemon; DPDK is linked statically: no plugins to load at its start, and none missing.
DPDK_STATIC := $$$$(pkg-config --static --libs libdpdk) -lpthread -Wl,--wrap=perror
$(eval $(call compile,app,start ctl,,-I$B/version))
$(eval $(call link,rdline,$B/app/main.o,start,libconfig jansson,$(DPDK_STATIC)))

# Its client on the control socket.
$(eval $(call link,rdline-ctl,$B/app/rdline-ctl.o,ctl,jansson))

# What tests and benches share: a program gets those of its objects that it calls.
SUPPORT := $B/libsupport.a

# The benchmark: the daemon's rooms, and a fleet of devices behind rings.
$(eval $(call compile,tests/bench,$(call closure,start),libdpdk,-Itests/support))
$(eval $(call link,rdline-bench,$(call objects,$(call sources,tests/bench)) $(SUPPORT),start,libconfig jansson,$(DPDK_STATIC)))

# The guard: instructions of a worker's passes, counted by callgrind, beside those of the tree.
$(eval $(call compile,tests/bench/guard,$(call closure,start),libdpdk,-Itests/bench -Itests/support))
$(eval $(call link,rdline-guard,$B/tests/bench/guard/guard.o $B/tests/bench/packets.o $(SUPPORT),pipeline,libdpdk))

# A fleet and two servers on kernel sockets. The fleet is a client for the system tests, too.
$(eval $(call compile,tests/bench/load,base coap,,-Itests/support))
$(eval $(call compile,tests/bench/peers,base coap,,,test))
$(eval $(call link,load,$(call objects,$(call sources,tests/bench/load)) $(SUPPORT),base coap))
PEER = $B/tests/bench/peers/$1.o $B/tests/bench/peers/table.o
$(eval $(call link,mmsg_server,$(call PEER,mmsg_server),base coap))
$(eval $(call link,coap_server,$(call PEER,coap_server),base coap,,-lcoap-3-notls))

# ---- tests ------------------------------------------------------------------------------------
# tests/unit/<lib>/test_*.c: a cmocka program each, seeing its library's headers, private ones too.
coap_TEST_LIBS   := -lcoap-3-notls
pktio_TEST_LIBS  := -lrte_net_ring
worker_TEST_LIBS := -lrte_net_ring
events_TEST_LIBS := -ljansson
refusals_TEST_LIBS := -ljansson
# tests/fuzz/fuzz_*.c: a function over octets each. With libFuzzer in build/fuzz; in every other variant a test like
# the others, which runs it over tests/fuzz/corpus/<its name>.pack.
# target          calls
fuzz_message_LIBS := coap
fuzz_link_LIBS    := policy
fuzz_query_LIBS   := policy
fuzz_burst_LIBS   := pipeline shard
fuzz_burst_SOURCES := $(wildcard tests/fuzz/burst_*.c)
fuzz_conf_LIBS    := conf
fuzz_fragments_LIBS := fragments
FUZZ_TARGETS  := fuzz_message fuzz_link fuzz_query fuzz_burst fuzz_conf fuzz_fragments
# A cmocka program over the same libraries as fuzz_burst.
MODEL_LIBS    := pipeline shard

TEST_FLAGS := -Wno-unused-parameter -Itests/support -Itests/data
# What they share: a program gets those of its objects that it calls, and a gateway where it links its rooms.
SUPPORT_LIBS := pipeline shard
$(eval $(call compile,tests/support,$(call closure,$(SUPPORT_LIBS)),cmocka,$(TEST_FLAGS),test))
$(eval $(call archive,support,tests/support))
# $1: folder, $2: program, $3: rooms, $4: other libraries, $5: other objects
test_link = $(call link,tests/$1/$2,$B/tests/$1/$2.o $5 $(SUPPORT),$3,cmocka $(call packages,$3),$4)
# $1: library
define unit_tests
$(call compile,tests/unit/$1,$(call closure,$1),cmocka $(call packages,$1),$(TEST_FLAGS),test)
$(foreach t,$(basename $(notdir $(wildcard tests/unit/$1/test_*.c))),
$(call test_link,unit/$1,$t,$1,$($1_TEST_LIBS)))
endef
$(foreach l,$(ROOMS),$(eval $(call unit_tests,$l)))

$(eval $(call compile,tests/model,$(call closure,$(MODEL_LIBS)),cmocka $(call packages,$(MODEL_LIBS)),$(TEST_FLAGS),test))
MODEL_PARTS := $(filter-out %/test_model.o,$(call objects,$(call sources,tests/model)))
$(eval $(call test_link,model,test_model,$(MODEL_LIBS),,$(MODEL_PARTS)))

FUZZ_LIBS := $(sort $(foreach t,$(FUZZ_TARGETS),$($t_LIBS)))
FUZZ_MAIN := $(if $(filter fuzz,$(VARIANT)),,$B/tests/fuzz/replay.o)
$(eval $(call compile,tests/fuzz,$(call closure,$(FUZZ_LIBS)),cmocka $(call packages,$(FUZZ_LIBS)),$(TEST_FLAGS),test))
$(foreach t,$(FUZZ_TARGETS),$(eval $(call test_link,fuzz,$t,$($t_LIBS),$(if $(FUZZ_MAIN),,-fsanitize=fuzzer),\
	$(FUZZ_MAIN) $(call objects,$($t_SOURCES)))))

# What the configuration's tables say of each key, for the manual.
$(eval $(call compile,tests/conf,$(call closure,conf),$(call packages,conf)))
$(eval $(call link,conf-keys,$B/tests/conf/keys.o,conf,$(call packages,conf)))

unit_programs = $(foreach l,$1,$(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/$l/test_*.c))))
FUZZ_PROGRAMS := $(addprefix $B/tests/fuzz/,$(FUZZ_TARGETS))
PROGRAMS      := $(call unit_programs,$(ROOMS)) $(FUZZ_PROGRAMS) $B/tests/model/test_model
NATIVE_PROGRAMS := $(call unit_programs,$(VECTOR_LIBS))
SYSTEM_TESTS  := $(sort $(wildcard tests/system/test_*.py))
in_variant = $(patsubst $B/%,build/$1/%,$2)

programs: $(PROGRAMS)
native-programs: $(NATIVE_PROGRAMS)
tools: $B/load $B/mmsg_server $B/coap_server

# Programs are built in variants of their own, whatever this one is.
TEST_BUILD = +@$(MAKE) --no-print-directory VARIANT=test programs tools && \
	$(MAKE) --no-print-directory VARIANT=native native-programs
UNIT_TESTS = $(call in_variant,test,$(PROGRAMS)) $(call in_variant,native,$(NATIVE_PROGRAMS))
test: all | build/.deps/lab
	$(TEST_BUILD)
	@tests/run $(UNIT_TESTS) $(SYSTEM_TESTS)
unit:
	$(TEST_BUILD)
	@tests/run $(UNIT_TESTS)
# The same under the sanitizers; the system tests start the instrumented daemon.
asan tsan:
	+@$(MAKE) --no-print-directory VARIANT=test tools
	+@$(MAKE) --no-print-directory VARIANT=$@ instrumented
instrumented: programs $B/rdline $B/rdline-ctl | build/.deps/lab
	@RDLINE=$(CURDIR)/$B/rdline LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/lsan.supp \
		TSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/tsan.supp tests/run $(PROGRAMS) $(SYSTEM_TESTS)
cov: | build/.deps/cov
	+@$(MAKE) --no-print-directory VARIANT=cov programs
	@tests/run $(call in_variant,cov,$(PROGRAMS))
	@scripts/coverage build/cov
# The daemon in the lab under mixed traffic, so many seconds; `make test` has it for six.
SOAK_FOR ?= 600
soak: all | build/.deps/lab
	@SOAK_FOR=$(SOAK_FOR) tests/system/soak.py
# Looks for inputs that break a target, so many seconds for each.
FUZZ_TIME ?= 60
fuzz: | build/.deps/fuzz
	+@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-run
fuzz-run: $(FUZZ_PROGRAMS)
	@tests/fuzz/run $(FUZZ_TIME) $(FUZZ_PROGRAMS)

# ---- figures ------------------------------------------------------------------------------------
bench: build/release/rdline-bench
	@tests/bench/run build/release/rdline-bench build/bench/bench.jsonl
# For a plain machine, of which valgrind knows every instruction.
bench-guard: | build/.deps/guard
	+@$(MAKE) --no-print-directory VARIANT=guard build/guard/rdline-guard
	@tests/bench/guard/run build/guard/rdline-guard $(GUARD_FLAGS)
# The same load on rdline and on servers with kernel sockets.
bench-peers: all | build/.deps/test build/.deps/lab
	+@$(MAKE) --no-print-directory VARIANT=test tools
	@tests/bench/peers/run $(BENCH_FLAGS)
bench-plot: | build/.deps/plot
	@tests/bench/plot

# ---- checks -----------------------------------------------------------------------------------
C_FILES := $(shell git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null)
# Everything, as it is optimised for each machine of the list.
lint-objects: $(call objects,$(filter %.c,$(C_FILES)))
lint: | build/.deps/lint build/.deps/test
	+@for machine in $(LINT_MACHINES); do \
		$(MAKE) --no-print-directory VARIANT=lint MACHINE=$$machine lint-objects || exit 1; done
	+@$(MAKE) --no-print-directory VARIANT=lint $(ROOMS:%=build/lint/$(BASELINE)/lib%.a) \
		build/lint/$(BASELINE)/conf-keys
	@scripts/lint build/lint/$(BASELINE) $(foreach l,$(ROOMS),'$(call folder,$l):$(call include_path,$(call closure,$l)):$($l_PKGS)')
format: | build/.deps/lint
	@clang-format-14 -i $(C_FILES)
# The manual's heads of keys, made anew.
conf-keys:
	+@$(MAKE) --no-print-directory VARIANT=test build/test/conf-keys
	@scripts/conf-keys --write build/test/conf-keys
compdb:
	@$(MAKE) -Bnk V=1 VARIANT=test build/test/rdline programs tools | scripts/compdb > compile_commands.json

run: all | build/.deps/lab
	@scripts/run $(RUN_FOR)

# ---- install ----------------------------------------------------------------------------------
PREFIX ?= /usr/local
MANUAL := app/rdline.8 app/ctl/rdline-ctl.1 conf/rdline.conf.5 lib/events/rdline-sockets.7
install: all
	install -D -m 0755 build/release/rdline $(DESTDIR)$(PREFIX)/sbin/rdline
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin build/release/rdline-ctl scripts/rdline-mirror
	install -D -m 0644 scripts/rdline-ctl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/rdline-ctl
	$(foreach page,$(MANUAL),install -D -m 0644 $(page) \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)) &&) true
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/rdline README.md LICENSE conf/*.conf
	# Beside rdline.conf, where its @include "objects.conf" looks.
	install -D -m 0644 -t $(DESTDIR)/etc/rdline conf/objects.conf
	test -e $(DESTDIR)/etc/rdline/rdline.conf || install -m 0640 conf/minimal.conf $(DESTDIR)/etc/rdline/rdline.conf

clean:
	rm -rf build compile_commands.json

-include $(shell find $B -name '*.d' 2>/dev/null)
