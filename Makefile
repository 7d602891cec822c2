# rdline: the only makefile. The table below IS the dependency graph: a library sees the headers of
# what it declares here (and of what those declare), and nothing else.
#
#   make [VARIANT=release|debug|asan|tsan|cov|fuzz|guard] [V=1]     see `make help` for the targets

# library       may include                     packages whose headers it may include
base_DEPS     :=
net_DEPS      := base
coap_DEPS     := base
link_DEPS     := base
lwm2m_DEPS    := base net coap link
policy_DEPS   := lwm2m
stats_DEPS    := lwm2m
conf_DEPS     := base
conf_PKGS     := libconfig
registry_DEPS := lwm2m
registry_PKGS := libdpdk
events_DEPS   := registry
pipeline_DEPS := policy stats
pipeline_PKGS := libxxhash
shard_DEPS    := events policy stats
pktio_DEPS    := net
pktio_PKGS    := libdpdk
app_DEPS      := pktio pipeline shard conf
app_PKGS      := libdpdk jansson
ctl_PKGS      := jansson

LIBS := base net coap link lwm2m policy stats conf registry events pipeline shard pktio

# ---- variants: build/<variant>/, side by side ------------------------------------------------
VARIANT ?= release
B       := build/$(VARIANT)
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
# The product is built on the machine that it runs on; ARCH=x86-64-v2 makes one that travels.
ARCH    ?= native

release_FLAGS := -O3 -falign-functions=32
debug_FLAGS   := -O0 -DRDL_DEBUG
asan_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
tsan_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=thread -DRTE_USE_C11_MEM_MODEL=1
cov_FLAGS     := -O0 --coverage
# In one piece: how the compiler divides the program must not show in the figures.
guard_FLAGS   := -O3 -flto -flto-partition=none
# clang 14 does not say of itself that it sanitizes, as gcc does.
fuzz_FLAGS    := -O1 -DRDL_DEBUG -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -D__SANITIZE_ADDRESS__=1
ifeq ($($(VARIANT)_FLAGS),)
$(error VARIANT=$(VARIANT) is none of release debug asan tsan cov fuzz guard)
endif
ifeq ($(VARIANT),fuzz)
CC := clang
endif
# The product is optimised across libraries; tests link the same objects without.
PRODUCT := $(if $(filter release,$(VARIANT)),-flto=auto -ffat-lto-objects)
# Source fortification needs optimisation and does not mix with the sanitizers.
FORTIFY := $(if $(filter release,$(VARIANT)),-D_FORTIFY_SOURCE=2)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-align -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wformat=2 -Wconversion -Wimplicit-fallthrough -Wswitch-enum -Wdouble-promotion \
	-Wnull-dereference
CFLAGS  ?= -g
OWN     := -std=gnu11 -D_GNU_SOURCE -fno-common -fstack-protector-strong -fPIE $(FORTIFY) $(WARN) $($(VARIANT)_FLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(filter -fsanitize% --coverage,$($(VARIANT)_FLAGS))

# Package headers are system headers: our warnings judge our code. ARCH comes last, since
# libdpdk.pc carries a -march of its own.
pkg_cflags = $(if $1,$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $1))) -march=$(ARCH)
pkg_files  = $(foreach p,$1,$(wildcard $(foreach d,/usr/lib/*/pkgconfig /usr/share/pkgconfig,$d/$p.pc)))

closure = $(sort $1 $(foreach d,$($1_DEPS),$(call closure,$d)))
below   = $(sort $(foreach d,$($1_DEPS),$(call closure,$d)))
sources = $(sort $(wildcard $1/*.c))
objects = $(patsubst %.c,$B/%.o,$1)
include_path = $(addprefix -Ilib/,$1)

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
.PHONY: all bench bench-guard test unit instrumented asan tsan cov soak fuzz fuzz-run lint format compdb run install clean deps help

all: build/release/rdline build/release/rdline-ctl

help:
	@echo 'all (release binary)  test  bench  bench-peers  bench-plot  bench-guard  asan  tsan  cov  soak [SOAK_FOR=s]  fuzz [FUZZ_TIME=s]  lint  format  compdb  run [RUN_FOR=s]  install  clean  deps'

# ---- packages: looked at before anything is compiled; installed only where asked for ----------
INSTALLING := $(filter deps bench bench-peers bench-guard test unit instrumented run asan tsan cov soak fuzz lint,$(MAKECMDGOALS))
PACKAGES   := build/.packages
$(PACKAGES): scripts/deps
	@mkdir -p $(@D)
	@scripts/deps $(if $(INSTALLING),,--check)
	@touch $@
deps:
	@scripts/deps

# ---- objects ----------------------------------------------------------------------------------
# $1: name in the table, $2: folder
define compile
$B/$2/%.o: $2/%.c Makefile $(call pkg_files,$($1_PKGS)) | $(PACKAGES)
	@mkdir -p $$(@D)
	$(say) CC $$<
	$Q$$(CC) $$(CFLAGS) $(OWN) $(PRODUCT) $$(call pkg_cflags,$($1_PKGS)) -DRDL_VERSION='"$(VERSION)"' -I$2 \
		$(call include_path,$(call below,$1)) -MMD -MP -c -o $$@ $$<
endef
$(foreach l,$(LIBS),$(eval $(call compile,$l,lib/$l)))
$(eval $(call compile,app,app))
$(eval $(call compile,ctl,app/ctl))

# $1: library
define archive
$B/lib$1.a: $(call objects,$(call sources,lib/$1))
	$(say) AR $$@
	$Qrm -f $$@ && $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call archive,$l)))
archives = $(foreach l,$1,$B/lib$l.a)

# ---- the daemon: DPDK linked statically (FACTS of its start: no plugins to load, nothing missing)
APP_OBJECTS := $(call objects,$(call sources,app))
$B/rdline: $(APP_OBJECTS) $(call archives,$(LIBS))
	$(say) LD $@
	$Q$(CC) $(CFLAGS) $(OWN) $(PRODUCT) -o $@ $(APP_OBJECTS) -Wl,--start-group $(call archives,$(LIBS)) -Wl,--end-group \
		$(LDFLAGS) $$(pkg-config --static --libs libdpdk) $$(pkg-config --libs libconfig jansson) -lpthread

# ---- its client on the control socket ------------------------------------------------------------
CTL_OBJECTS := $(call objects,$(call sources,app/ctl))
$B/rdline-ctl: $(CTL_OBJECTS)
	$(say) LD $@
	$Q$(CC) $(CFLAGS) -o $@ $(CTL_OBJECTS) $(LDFLAGS) $$(pkg-config --libs jansson)

# ---- the benchmark: the daemon's objects but for its main(), and a fleet of devices behind rings ----
BENCH_OBJECTS := $(call objects,$(call sources,tests/bench))
$B/tests/bench/%.o: tests/bench/%.c Makefile | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) CC $<
	$Q$(CC) $(CFLAGS) $(OWN) $(PRODUCT) $(call pkg_cflags,$(app_PKGS)) -Iapp $(call include_path,$(call below,app)) \
		-MMD -MP -c -o $@ $<
$B/rdline-bench: $(BENCH_OBJECTS) $(filter-out %/main.o,$(APP_OBJECTS)) $(call archives,$(LIBS))
	$(say) LD $@
	$Q$(CC) $(CFLAGS) $(OWN) $(PRODUCT) -o $@ $(filter %.o,$^) -Wl,--start-group $(call archives,$(LIBS)) -Wl,--end-group \
		$(LDFLAGS) $$(pkg-config --static --libs libdpdk) $$(pkg-config --libs libconfig jansson) -lpthread

# ---- the guard: instructions of a worker's passes, counted by callgrind, beside those of the tree ----
$B/tests/bench/guard/%.o: tests/bench/guard/%.c Makefile | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) CC $<
	$Q$(CC) $(CFLAGS) $(OWN) $(call pkg_cflags,$(app_PKGS)) -Iapp $(call include_path,$(call below,app)) \
		-MMD -MP -c -o $@ $<
$B/rdline-guard: $B/tests/bench/guard/guard.o $B/tests/bench/packets.o $(call archives,$(call closure,pipeline))
	$(say) LD $@
	$Q$(CC) $(CFLAGS) $(OWN) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$(LDFLAGS) $$(pkg-config --libs libdpdk)
# For a plain machine, of which valgrind knows every instruction.
bench-guard:
	@$(MAKE) --no-print-directory VARIANT=guard ARCH=x86-64-v2 build/guard/rdline-guard
	@tests/bench/guard/run build/guard/rdline-guard $(GUARD_FLAGS)

# ---- tests ------------------------------------------------------------------------------------
# tests/unit/<lib>/test_*.c: a cmocka program each, seeing its library's headers, private ones too.
TEST_PKGS := cmocka
coap_TEST_LIBS  := -lcoap-3-notls
pktio_TEST_LIBS := -lrte_net_ring
events_TEST_LIBS := -ljansson
packages = $(sort $(foreach l,$(call closure,$1),$($l_PKGS)))
define test_program
$B/tests/$1/%: tests/unit/$1/%.c $B/tests/support.o $(call archives,$(call closure,$1)) Makefile
	@mkdir -p $$(@D)
	$(say) TEST $$@
	$Q$$(CC) $$(CFLAGS) $(OWN) $$(call pkg_cflags,$(TEST_PKGS) $(call packages,$1)) -Wno-unused-parameter \
		-Itests/support -Itests/data $(call include_path,$(call closure,$1)) \
		-MMD -MP -o $$@ $$< $B/tests/support.o \
		-Wl,--start-group $(call archives,$(call closure,$1)) -Wl,--end-group $$(LDFLAGS) \
		$($1_TEST_LIBS) $$$$(pkg-config --libs $(TEST_PKGS) $(call packages,$1))
endef
$(foreach l,$(LIBS),$(eval $(call test_program,$l)))
$B/tests/support.o: tests/support/support.c
$B/tests/replay.o: tests/fuzz/replay.c
$B/tests/support.o $B/tests/replay.o: Makefile | $(PACKAGES)
	@mkdir -p $(@D)
	$(say) CC $(filter %.c,$^)
	$Q$(CC) $(CFLAGS) $(OWN) $(call pkg_cflags,$(TEST_PKGS)) -Itests/support -Ilib/base -MMD -MP -c -o $@ $(filter %.c,$^)

# tests/fuzz/fuzz_*.c: a function over octets each. With libFuzzer in build/fuzz; in every other variant a test like
# the others, which runs it over tests/fuzz/corpus/<its name>.
# target          calls
fuzz_message_LIBS := coap
fuzz_link_LIBS    := policy
fuzz_query_LIBS   := policy
fuzz_burst_LIBS   := pipeline shard
fuzz_conf_LIBS    := conf
FUZZ_TARGETS  := fuzz_message fuzz_link fuzz_query fuzz_burst fuzz_conf
FUZZ_PROGRAMS := $(addprefix $B/tests/fuzz/,$(FUZZ_TARGETS))
FUZZ_MAIN     := $(if $(filter fuzz,$(VARIANT)),,$B/tests/replay.o)
# A cmocka program over the same libraries as fuzz_burst.
test_model_LIBS   := pipeline shard
MODEL_TEST    := $B/tests/model/test_model
# $1: folder, $2: program, $3: all libraries in it, $4: where main() is, when not in it
define library_program
$B/tests/$1/$2: tests/$1/$2.c $(filter %.o,$4) $B/tests/support.o $(call archives,$3) Makefile
	@mkdir -p $$(@D)
	$(say) TEST $$@
	$Q$$(CC) $$(CFLAGS) $(OWN) $$(call pkg_cflags,$(TEST_PKGS)) -Wno-unused-parameter -Itests/support \
		$(call include_path,$3) -MMD -MP -o $$@ $$< $4 $B/tests/support.o \
		-Wl,--start-group $(call archives,$3) -Wl,--end-group $$(LDFLAGS) \
		$$$$(pkg-config --libs $(TEST_PKGS) $(sort $(foreach l,$3,$($l_PKGS))))
endef
libraries_of = $(sort $(foreach l,$($1_LIBS),$(call closure,$l)))
$(foreach t,$(FUZZ_TARGETS),$(eval $(call \
	library_program,fuzz,$t,$(call libraries_of,$t),$(or $(FUZZ_MAIN),-fsanitize=fuzzer))))
$(eval $(call library_program,model,test_model,$(call libraries_of,test_model),))

UNIT_TESTS := $(foreach l,$(LIBS),$(patsubst tests/unit/%.c,$B/tests/%,$(sort $(wildcard tests/unit/$l/test_*.c))))
SYSTEM_TESTS := $(sort $(wildcard tests/system/test_*.py))

PROGRAMS := $(UNIT_TESTS) $(FUZZ_PROGRAMS) $(MODEL_TEST)

test: $(PROGRAMS) build/release/rdline build/release/rdline-ctl
	@tests/run $(PROGRAMS) $(SYSTEM_TESTS)
unit: $(PROGRAMS)
	@tests/run $(PROGRAMS)
# The same under the sanitizers; the system tests start the instrumented daemon.
asan:
	@$(MAKE) --no-print-directory VARIANT=asan instrumented
tsan:
	@$(MAKE) --no-print-directory VARIANT=tsan unit
instrumented: $(PROGRAMS) $B/rdline $B/rdline-ctl
	@RDLINE=$(CURDIR)/$B/rdline LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/lsan.supp tests/run $(PROGRAMS) $(SYSTEM_TESTS)
cov:
	@$(MAKE) --no-print-directory VARIANT=$@ unit
	@scripts/coverage build/cov
# The daemon in the lab under mixed traffic, so many seconds; `make test` has it for six.
SOAK_FOR ?= 600
soak: build/release/rdline
	@SOAK_FOR=$(SOAK_FOR) tests/system/soak.py
# Looks for inputs that break a target, so many seconds for each.
FUZZ_TIME ?= 60
fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzz-run
fuzz-run: $(FUZZ_PROGRAMS)
	@tests/fuzz/run $(FUZZ_TIME) $(FUZZ_PROGRAMS)

# ---- figures ------------------------------------------------------------------------------------
bench: build/release/rdline-bench
	@tests/bench/run build/release/rdline-bench build/bench/bench.jsonl

# ---- checks -----------------------------------------------------------------------------------
C_FILES := $(shell git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null)
lint: $(foreach l,$(LIBS),$B/lib$l.a) $(APP_OBJECTS) $(CTL_OBJECTS)
	@scripts/lint $B $(foreach l,$(LIBS),'$l:$(call include_path,$(call closure,$l)):$($l_PKGS)')
format:
	clang-format-14 -i $(C_FILES)
compdb:
	@$(MAKE) -Bnk V=1 $B/rdline $(UNIT_TESTS) $(MODEL_TEST) | scripts/compdb > compile_commands.json

run: build/release/rdline
	@scripts/run $(RUN_FOR)

# ---- the same load on servers with kernel sockets ---------------------------------------------
# program, sources: one folder or file each      libraries
load_SOURCES        := $(call sources,tests/bench/load)
mmsg_server_SOURCES := tests/bench/peers/mmsg_server.c tests/bench/peers/table.c
coap_server_SOURCES := tests/bench/peers/coap_server.c tests/bench/peers/table.c
coap_server_LIBS    := -lcoap-3-notls
PEER_PROGRAMS := load mmsg_server coap_server
define peer_program
$B/tests/bench/$1: $($1_SOURCES) $(wildcard $(dir $(firstword $($1_SOURCES)))*.h) $(call archives,base coap) Makefile
	@mkdir -p $$(@D)
	$(say) BENCH $$@
	$Q$$(CC) $$(CFLAGS) $(OWN) -march=$(ARCH) $(call include_path,base coap) -o $$@ $($1_SOURCES) \
		$(call archives,coap base) $$(LDFLAGS) $($1_LIBS)
endef
$(foreach p,$(PEER_PROGRAMS),$(eval $(call peer_program,$p)))
# The generator is a client for the system tests, too.
test instrumented: $B/tests/bench/load
.PHONY: bench-peers bench-plot
bench-peers: $(addprefix $B/tests/bench/,$(PEER_PROGRAMS)) build/release/rdline
	@tests/bench/peers/run $(BENCH_FLAGS)
bench-plot:
	@scripts/deps --bench
	@tests/bench/plot

# ---- install ----------------------------------------------------------------------------------
PREFIX ?= /usr/local
install: build/release/rdline build/release/rdline-ctl
	install -D -m 0755 build/release/rdline $(DESTDIR)$(PREFIX)/sbin/rdline
	install -d $(DESTDIR)$(PREFIX)/share/doc/rdline $(DESTDIR)/etc/rdline
	install -m 0644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/rdline/
	install -m 0644 conf/*.conf $(DESTDIR)$(PREFIX)/share/doc/rdline/
	test -e $(DESTDIR)/etc/rdline/rdline.conf || install -m 0640 conf/minimal.conf $(DESTDIR)/etc/rdline/rdline.conf

clean:
	rm -rf build compile_commands.json

-include $(shell find build -name '*.d' 2>/dev/null)
