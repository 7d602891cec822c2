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
pcapng_DEPS   := base
neighbours_DEPS := net
paths_DEPS    := net
owners_DEPS   := base
token_DEPS    := net
targets_DEPS  := base
targets_PKGS  := jansson
lwm2m_DEPS    := base net coap link
policy_DEPS   := identities
policy_PKGS   := libxxhash
admission_DEPS := net
stats_DEPS    := lwm2m dtls
conf_DEPS     := base
conf_PKGS     := libconfig
registry_DEPS := identities
registry_PKGS := libdpdk
watch_DEPS    := base
log_DEPS      := watch
rules_DEPS    := policy admission log
thread_DEPS   := log
notify_DEPS   := base
notify_PKGS   := libsystemd
lines_DEPS    := clock thread
lines_PKGS    := jansson
mailbox_DEPS  := clock
journal_DEPS  := base
orders_DEPS   := owners registry token
deliveries_DEPS := orders
events_DEPS   := registry
refusals_DEPS := stats identities
capture_DEPS  := refusals
pipeline_DEPS := policy stats capture dtls paths owners token
pipeline_PKGS := libxxhash
shard_DEPS    := events journal orders policy admission stats
pktio_DEPS    := net
pktio_PKGS    := libdpdk
credentials_DEPS := lwm2m
credentials_PKGS := lmdb gnutls
identities_DEPS := lwm2m
dtls_DEPS     := net owners
handshake_DEPS := dtls identities credentials
handshake_PKGS := gnutls
sealed_DEPS   := dtls identities
sealed_PKGS   := gnutls
# It comes without a package file.
dtls_LIBS     := -lIPSec_MB

LIBS := base clock channel net fragments neighbours paths owners token targets admission coap link lwm2m policy stats pcapng conf watch log notify thread rules mailbox lines registry orders deliveries events \
	refusals capture pipeline shard pktio credentials identities dtls handshake journal sealed

# The daemon's rooms, app/<room>: the same rules. A worker has no way to a registry.
lcores_DEPS   := log
lcores_PKGS   := libdpdk
worker_DEPS   := lcores channel clock dtls fragments neighbours pipeline pktio rules
handshakers_DEPS := lcores channel clock conf handshake journal paths sealed thread
exception_DEPS := lcores channel clock device net pktio thread
shard_core_DEPS := lcores channel deliveries mailbox orders rules shard
keeping_DEPS  := lcores clock conf journal notify registry sealed thread
keeping_PKGS  := gnutls
recall_DEPS   := clock events journal log thread
feed_DEPS     := lcores conf deliveries events lines recall refusals
feed_PKGS     := jansson
feed_FLAGS     = -I$B/version
callers_DEPS  := channel conf lcores lines orders shard_core targets
callers_PKGS  := jansson
console_DEPS  := callers shard_core conf handshakers lines capture pcapng keeping recall
console_FLAGS  = -I$B/version
console_PKGS  := jansson
nodes_DEPS    := base
device_DEPS   := conf log nodes
device_PKGS   := libdpdk
metrics_DEPS  := monitor feed console
metrics_PKGS  := libdpdk libmicrohttpd
metrics_FLAGS  = -I$B/version
dpdk_log_DEPS := clock log
dpdk_log_PKGS := libdpdk
monitor_DEPS  := worker shard_core handshakers callers conf device keeping recall
telemetry_DEPS := monitor feed console dpdk_log
telemetry_PKGS := libdpdk
telemetry_FLAGS = -I$B/version
app_FLAGS      = -I$B/version
start_DEPS    := telemetry metrics exception callers
start_PKGS    := libdpdk
ctl_DEPS      := credentials
ctl_PKGS      := jansson
# Lists of what a gateway may say, which its client has words for.
ctl_TEST_DEPS := stats handshake
inspect_DEPS  := journal registry
top_DEPS      := ctl stats
top_PKGS      := jansson ncursesw libcurl

APP_ROOMS := lcores worker shard_core handshakers exception keeping recall feed callers console nodes device dpdk_log monitor telemetry metrics start ctl inspect top
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

RELEASE     := 1.0.0
COMMIT      := $(shell git describe --always --dirty --exclude '*' 2>/dev/null)
VERSION     := $(RELEASE)$(if $(COMMIT), ($(COMMIT)))

release_FLAGS := -O3 -falign-functions=32
release_ARCH  := $(ARCH)
test_FLAGS    := $(release_FLAGS)
# What a round of a worker or a shard runs through, for newer machines: a product that travels carries it beside its
# own. Rooms with a state of their own are not in it: there is one of each in the program.
LEVELS        := $(if $(filter x86-64-v2,$(ARCH)),v3 v4)
STATEFUL      := clock log watch thread lcores rules mailbox notify
v3_FLAGS      := $(release_FLAGS)
v3_ARCH       := x86-64-v3
v4_FLAGS      := $(release_FLAGS)
v4_ARCH       := x86-64-v4
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
$(error VARIANT=$(VARIANT) is none of release v3 v4 test native debug asan tsan cov fuzz guard lint)
endif
ifeq ($(VARIANT),fuzz)
CC := clang
endif
ifeq ($(VARIANT),lint)
B := build/lint/$(MACHINE)
endif
# The product is optimised across libraries.
PRODUCT := $(if $(filter release v3 v4,$(VARIANT)),-flto=auto)
# Source fortification needs optimisation and does not mix with the sanitizers.
FORTIFY := $(if $(filter release v3 v4 test native lint,$(VARIANT)),-D_FORTIFY_SOURCE=2)

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
pkg_libs   = $(if $(strip $1),$(shell pkg-config --libs $1))
pkg_files  = $(foreach p,$1,$(wildcard $(foreach d,/usr/lib/*/pkgconfig /usr/share/pkgconfig,$d/$p.pc)))

closure = $(sort $1 $(foreach d,$1,$(call closure,$($d_DEPS))))
packages = $(sort $(foreach l,$(call closure,$1),$($l_PKGS)))
sources = $(sort $(wildcard $1/*.c))
objects = $(patsubst %.c,$B/%.o,$1)
archives = $(foreach l,$(call closure,$1),$B/lib$l.a)
libraries = $(foreach l,$(call closure,$1),$($l_LIBS))
folder = $(if $(filter $1,$(APP_ROOMS)),app,$(if $(filter support,$1),tests,lib))/$1
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
.PHONY: all bench bench-guard bench-handshakes bench-peers bench-plot bench-recovery test unit instrumented asan tsan cov soak test-nic fuzz fuzz-run \
	lint lint-objects format compdb conf-keys run install uninstall deb test-deb clean deps help programs native-programs tools

all: build/release/rdline build/release/rdline-ctl build/release/rdline-state build/release/rdline-top

help:
	@echo 'all (release binary)  test  test-nic [SHORT=1]  unit  asan  tsan  cov  soak [SOAK_FOR=s]  fuzz [FUZZ_TIME=s]  bench  bench-peers'
	@echo 'bench-handshakes  bench-plot  bench-guard  bench-recovery  lint  format  compdb  conf-keys  run [RUN_FOR=s]  install|uninstall [DESTDIR= PREFIX=]  deb  test-deb  clean  deps'

# ---- packages: looked at before anything is compiled; installed only where asked for ----------
# `make` alone wants what the product needs, and tells; whoever tests or runs the lab gets what is missing.
INSTALLING := $(filter-out all install uninstall build/release/%,$(MAKECMDGOALS))
build/.deps/%: scripts/deps
	@mkdir -p $(@D)
	@scripts/deps $(if $(INSTALLING),,--check) $*
	@touch $@
deps:
	@scripts/deps product lab test lint

# ---- what was compiled otherwise is compiled again ----------------------------------------------
# Writes $1 into file $2 unless it says so already.
says = $(shell mkdir -p $(dir $2) && printf '%s\n' '$1' >$2.new && { cmp -s $2.new $2 && rm $2.new || mv $2.new $2; })
ifneq ($(filter-out help clean uninstall deb,$(or $(MAKECMDGOALS),all)),)
$(call says,$(CC) $(shell $(CC) --version 2>/dev/null | head -n 1) $(CFLAGS) $(OWN) $(MARCH) $(LDFLAGS),$B/.flags)
$(call says,#define RDL_VERSION "$(VERSION)",$B/version/version.h)
endif

# ---- one way to compile -------------------------------------------------------------------------
# $1: folder, $2: rooms that it sees, $3: packages that it sees
define compile
$B/$1/%.o: $1/%.c $B/.flags Makefile $(call pkg_files,$3) | build/.deps/$(if $(filter tests/%,$1),test,product)
	@mkdir -p $$(@D)
	$(say) CC $$<
	$Q$$(CC) $$(CFLAGS) $(OWN) $$(call pkg_cflags,$3) -I$1 $(call include_path,$(call closure,$2)) \
		$(if $(filter tests/%,$1),$(TEST_FLAGS),$($(notdir $1)_FLAGS)) -MMD -MP -c -o $$@ $$<
endef
# $1: room
define archive
$B/lib$1.a: $(call objects,$(call sources,$(call folder,$1)))
	$(say) AR $$@
	$Qrm -f $$@ && $$(AR) rcs $$@ $$^
endef
# A test may look elsewhere than at a result.
TEST_FLAGS := -Wno-unused-parameter -Wno-unused-result -Itests/data
see = $(eval $(call compile,$1,$2,$3))

$(foreach l,$(ROOMS),$(call see,$(call folder,$l),$($l_DEPS),$($l_PKGS))$(eval $(call archive,$l)))
# What tests and benches share: a program gets those of its objects that it calls, and a gateway where it links its
# rooms.
$(eval $(call archive,support))

# folder                    sees rooms                                      packages
$(call see,app,             start ctl inspect top)
$(call see,tests/support,   pipeline shard_core,                            cmocka)
$(call see,tests/model,     pipeline shard support,                         cmocka libdpdk)
$(call see,tests/fuzz,      coap policy pipeline shard conf fragments dtls handshake journal sealed targets orders support)
$(call see,tests/conf,      conf)
$(call see,tests/bench,     start support,                                  libdpdk)
$(call see,tests/bench/guard,pipeline support)
$(call see,tests/bench/handshakes,handshake support,                         cmocka gnutls)
$(call see,tests/bench/load,coap support,                                   gnutls)
$(call see,tests/bench/peers,coap)
$(call see,tests/device)
$(foreach l,$(ROOMS),$(call see,tests/unit/$l,$l support $($l_TEST_DEPS),cmocka $(call packages,$l)))

# ---- one way to link ----------------------------------------------------------------------------
# $1: program, $2: sources, $3: rooms, $4: packages, $5: other libraries
define link
$B/$1: OTHERS = $5 $$(call pkg_libs,$4) $$(call libraries,$3)
$B/$1: $(call objects,$2) $(call archives,$3)
	@mkdir -p $$(@D)
	$(say) LD $$@
	$Q$$(CC) $$(CFLAGS) $(OWN) $(MARCH) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(LDFLAGS) $$(OTHERS)
endef
program = $(eval $(call link,$1,$2,$3,$4,$5))

# All that they run through, in one piece, in which their own names alone are seen from outside.
ROUNDS := worker_step shard_core_step
ifneq ($(filter v3 v4,$(VARIANT)),)
$B/rounds.o: $(foreach l,$(filter-out $(STATEFUL),$(call closure,worker shard_core)),$B/lib$l.a)
	$(say) LD $@
	$Q$(CC) $(CFLAGS) $(OWN) $(MARCH) -r -flinker-output=nolto-rel -o $@ \
		-Wl,--whole-archive $B/libworker.a $B/libshard_core.a -Wl,--no-whole-archive \
		-Wl,--start-group $^ -Wl,--end-group
	$Qobjcopy $(foreach r,$(ROUNDS),--redefine-sym $r=$r_$(VARIANT)) $@
	$Qobjcopy $(ROUNDS:%=--keep-global-symbol=%_$(VARIANT)) $@
else
build/v%/rounds.o: FORCE
	+@$(MAKE) --no-print-directory VARIANT=v$* $@
FORCE:
.PHONY: FORCE
endif
ifeq ($(VARIANT),release)
$B/rdline $B/rdline-bench: $(LEVELS:%=build/%/rounds.o)
endif

# The daemon, and the benchmark of its rooms with a fleet of devices behind rings. DPDK is linked statically: no
# plugins to load at the start, and none missing.
DPDK_STATIC = $(shell pkg-config --static --libs libdpdk) -lpthread -Wl,--wrap=perror
PEERS := tests/bench/peers
# program                   sources                                         rooms            packages
$(call program,rdline,      app/main.c,                                     start,           libconfig jansson lmdb gnutls libmicrohttpd libsystemd,$$(DPDK_STATIC))
$(call program,rdline-bench,$(call sources,tests/bench),                    start support,   libconfig jansson lmdb gnutls libmicrohttpd libsystemd,$$(DPDK_STATIC))
# Its client on the control socket.
$(call program,rdline-ctl,  app/rdline-ctl.c,                               ctl,             jansson lmdb gnutls)
# What a state directory holds.
$(call program,rdline-state,app/rdline-state.c,                             inspect)
# A gateway as it is now, on a terminal.
$(call program,rdline-top,  app/rdline-top.c,                               top,             jansson lmdb gnutls ncursesw libcurl)
# Instructions of a worker's passes, counted by callgrind, beside those of the tree.
$(call program,rdline-guard,tests/bench/guard/guard.c tests/bench/packets.c tests/bench/secure.c,pipeline support,libdpdk)
# Handshakes of a thread that makes them, by themselves.
$(call program,rdline-handshakes,$(call sources,tests/bench/handshakes),    handshake support,cmocka $$(call packages,handshake))
# A registry made again out of a log in memory.
$(call program,rdline-recovery,$(call sources,tests/bench/recovery),        registry,        libdpdk)
# A fleet and two servers on kernel sockets. The fleet is a client for the system tests, too.
$(call program,load,        $(call sources,tests/bench/load),               coap support,    gnutls)
$(call program,mmsg_server, $(PEERS)/mmsg_server.c $(PEERS)/table.c,        coap)
$(call program,coap_server, $(PEERS)/coap_server.c $(PEERS)/table.c,        coap,            libcoap-3-gnutls)
# A device on libcoap that lets itself be managed.
$(call program,device,      $(call sources,tests/device),                   ,                libcoap-3-gnutls)
# What the configuration's tables say of each key, for the manual.
$(call program,conf-keys,   tests/conf/keys.c,                              conf,            libconfig)

# ---- tests ------------------------------------------------------------------------------------
# tests/unit/<room>/test_*.c: a cmocka program each, seeing its room's headers, private ones too.
coap_TEST_PKGS   := libcoap-3-notls
events_TEST_PKGS := jansson
refusals_TEST_PKGS := jansson
pktio_TEST_LIBS  := -lrte_net_ring
worker_TEST_LIBS := -lrte_net_ring
# $1: room, $2: test
unit_test = $(call program,tests/unit/$1/$2,tests/unit/$1/$2.c,$1 support,cmocka $($1_TEST_PKGS) $(call packages,$1),$($1_TEST_LIBS))
$(foreach l,$(ROOMS),$(foreach t,$(basename $(notdir $(wildcard tests/unit/$l/test_*.c))),$(call unit_test,$l,$t)))

$(call program,tests/model/test_model,$(call sources,tests/model),pipeline shard support,cmocka $(call packages,pipeline shard))

# tests/fuzz/fuzz_*.c: a function over octets each. With libFuzzer in build/fuzz; in every other variant a test like
# the others, which runs it over tests/fuzz/corpus/<its name>.pack.
FUZZ_MAIN   := $(if $(filter fuzz,$(VARIANT)),,tests/fuzz/replay.c)
FUZZ_ENGINE := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)
# $1: target, $2: rooms, $3: sources beside its own
fuzz_target = $(call program,tests/fuzz/$1,tests/fuzz/$1.c $(FUZZ_MAIN) $3,$2 support,$(call packages,$2),$(FUZZ_ENGINE))
$(call fuzz_target,fuzz_message,   coap)
$(call fuzz_target,fuzz_link,      policy)
$(call fuzz_target,fuzz_query,     policy)
$(call fuzz_target,fuzz_conf,      conf)
$(call fuzz_target,fuzz_fragments, fragments)
$(call fuzz_target,fuzz_record,    dtls)
$(call fuzz_target,fuzz_journal,   journal)
$(call fuzz_target,fuzz_hello,     dtls)
$(call fuzz_target,fuzz_cid,       handshake)
$(call fuzz_target,fuzz_messages,  handshake)
$(call fuzz_target,fuzz_entries,   registry)
$(call fuzz_target,fuzz_orders,    orders)
$(call fuzz_target,fuzz_sealed,    sealed)
$(call fuzz_target,fuzz_targets,   targets)
$(call fuzz_target,fuzz_burst,     pipeline shard,$(wildcard tests/fuzz/burst_*.c))

unit_programs = $(foreach l,$1,$(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/$l/test_*.c))))
FUZZ_PROGRAMS := $(patsubst %.c,$B/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
PROGRAMS      := $(call unit_programs,$(ROOMS)) $(FUZZ_PROGRAMS) $B/tests/model/test_model
NATIVE_PROGRAMS := $(call unit_programs,$(VECTOR_LIBS))
SYSTEM_TESTS  := $(sort $(wildcard tests/system/test_*.py))
in_variant = $(patsubst $B/%,build/$1/%,$2)

programs: $(PROGRAMS)
native-programs: $(NATIVE_PROGRAMS)
tools: $B/load $B/mmsg_server $B/coap_server $B/device

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
instrumented: programs $B/rdline $B/rdline-ctl $B/rdline-state $B/rdline-top | build/.deps/lab
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
# NICs' drivers in guests of QEMU's, without virtualisation; SHORT=1: the part that CI has the time for.
test-nic: | build/.deps/lab build/.deps/nic
	+@$(MAKE) --no-print-directory VARIANT=test build/test/rdline tools
	@tests/nic/image build/nic build/test/rdline
	@SHORT=$(SHORT) TEST_TIMEOUT=1200 tests/run tests/nic/test_nic.py
# Looks for inputs that break a target, so many seconds for each.
FUZZ_TIME ?= 60
fuzz: | build/.deps/fuzz
	+@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-run
fuzz-run: $(FUZZ_PROGRAMS)
	@tests/fuzz/run $(FUZZ_TIME) $(FUZZ_PROGRAMS)

# ---- figures ------------------------------------------------------------------------------------
bench: build/release/rdline-bench
	@tests/bench/run build/release/rdline-bench build/bench/bench.jsonl
bench-handshakes: build/release/rdline-handshakes
	@build/release/rdline-handshakes $(BENCH_FLAGS)
bench-recovery: build/release/rdline-recovery
	@build/release/rdline-recovery $(BENCH_FLAGS)
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
PREFIX  ?= /usr/local
UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
MANUAL := app/rdline.8 app/ctl/rdline-ctl.1 app/inspect/rdline-state.1 app/top/rdline-top.1 scripts/rdline-mirror.1 conf/rdline.conf.5 lib/events/rdline-sockets.7 \
	conf/rdline-clients.7 app/rdline-troubleshooting.7 app/rdline-security.7 app/rdline-sizing.7
manual_place = $(PREFIX)/share/man/man$(subst .,,$(suffix $1))/$(notdir $1)
INSTALLED_DOC := README.md LICENSE scripts/debian/changelog $(wildcard conf/*.conf)
EXAMPLES := conf/rdline.rules.yml conf/grafana-dashboard.json
install: all
	install -D -m 0755 build/release/rdline $(DESTDIR)$(PREFIX)/sbin/rdline
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/bin build/release/rdline-ctl build/release/rdline-state build/release/rdline-top scripts/rdline-mirror
	install -D -m 0644 scripts/rdline-ctl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/rdline-ctl
	$(foreach page,$(MANUAL),install -D -m 0644 $(page) $(DESTDIR)$(call manual_place,$(page)) &&) true
	# Beside rdline.conf, where its @include "objects.conf" looks; the operator's, once it is another than was put there.
	test -e $(DESTDIR)/etc/rdline/objects.conf && \
		! cmp -s $(DESTDIR)$(PREFIX)/share/doc/rdline/objects.conf $(DESTDIR)/etc/rdline/objects.conf || \
		install -D -m 0644 -t $(DESTDIR)/etc/rdline conf/objects.conf
	test -e $(DESTDIR)/etc/rdline/rdline.conf || install -m 0640 conf/minimal.conf $(DESTDIR)/etc/rdline/rdline.conf
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/rdline $(INSTALLED_DOC)
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/rdline/examples $(EXAMPLES)
	# The service: its unit, its user, its folders, and who may open what vfio-pci has.
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/sbin/|$(PREFIX)/sbin/|' conf/rdline.service >$(DESTDIR)$(UNITDIR)/rdline.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/rdline.service
	install -D -m 0644 conf/rdline.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/rdline.conf
	install -D -m 0644 conf/rdline.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/rdline.conf
	install -D -m 0644 conf/rdline.rules $(DESTDIR)$(UDEVDIR)/60-rdline.rules
# What `install` put there, with the same DESTDIR and PREFIX; not /etc/rdline, which is the operator's, nor what was kept.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/rdline $(addprefix $(DESTDIR)$(PREFIX)/bin/,rdline-ctl rdline-state rdline-top rdline-mirror) \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rdline-ctl \
		$(foreach page,$(MANUAL),$(DESTDIR)$(call manual_place,$(page))) \
		$(DESTDIR)$(UNITDIR)/rdline.service $(DESTDIR)$(UDEVDIR)/60-rdline.rules \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/rdline.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/rdline.conf \
		$(addprefix $(DESTDIR)$(PREFIX)/share/doc/rdline/,$(notdir $(INSTALLED_DOC)) $(addprefix examples/,$(notdir $(EXAMPLES))))
	test ! -d $(DESTDIR)$(PREFIX)/share/doc/rdline || \
		find $(DESTDIR)$(PREFIX)/share/doc/rdline -depth -type d -empty -delete

# Debian's package: the tree as it is, and how it is packed laid over it. It is built by itself, and not by this make.
EXPORT := build/deb/rdline-$(RELEASE)
deb: | build/.deps/product build/.deps/deb
	@test "$$(dpkg-parsechangelog -l scripts/debian/changelog -S Version)" = $(RELEASE) || \
		{ echo 'scripts/debian/changelog has another version than $(RELEASE)' >&2; exit 1; }
	rm -rf build/deb
	mkdir -p $(EXPORT)
	git ls-files -z -co --exclude-standard | tar -c --null -T - | tar -x -C $(EXPORT)
	cp -a scripts/debian $(EXPORT)/debian
	cd $(EXPORT) && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS dpkg-buildpackage -b -us -uc
	lintian --fail-on error,warning build/deb/rdline_*.changes

# The package in a clean Debian 12, which is fetched once, and kept in build/test-deb: a minute then. For root.
test-deb: deb | build/.deps/root
	@tests/deb/test_deb.py build/deb/rdline_$(RELEASE)_*.deb build/test-deb

clean:
	rm -rf build compile_commands.json

-include $(shell find $B -name '*.d' 2>/dev/null)
