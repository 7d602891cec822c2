/* SPDX-License-Identifier: BSD-3-Clause */
/* Time, shares and floods: what is kept, how long, and who gives way. */
#include "fixture.h"

#define TABLE 1024 /* coap.reassemblies */

static uint8_t udp[3000];

static bool give_part(struct table *t, struct piece_spec spec, unsigned from, unsigned to)
{
	spec.body = udp;
	spec.offset = from;
	spec.len = to - from;
	spec.more = to < sizeof(udp);
	return give(t, &spec);
}

static void test_time(void **state)
{
	const struct piece_spec spec = { .from = 0xc0000202, .id = 1 };
	struct table *t = table_new(64);

	make_datagram(&spec, udp, sizeof(udp));
	/* A lone one: two seconds. */
	assert_false(give_part(t, spec, 0, 1000));
	t->now_ms += RDL_FRAGMENTS_LONE_MS - 1;
	rdl_fragments_forget(t->fragments, t->now_ms, &t->lost);
	expect_lost(t, 0, 0, 0, 0);
	/* Two: ten more. */
	assert_false(give_part(t, spec, 1000, 2000));
	t->now_ms += RDL_FRAGMENTS_MORE_MS - 1;
	rdl_fragments_forget(t->fragments, t->now_ms, &t->lost);
	assert_true(give_part(t, spec, 2000, 3000));
	expect_whole(t, udp, 3000, 3);
	/* Late by the clock, however many others were before it that nobody has looked at. */
	for (struct piece_spec other = { .from = 0xc6336400 }; other.from < 0xc6336405;
		other.from++)
		assert_false(give_part(t, other, 0, 1000));
	assert_false(give_part(t, spec, 0, 1000));
	t->now_ms += RDL_FRAGMENTS_LONE_MS;
	assert_false(give_part(t, spec, 1000, 3000));
	t->now_ms += 1;
	assert_true(give_part(t, spec, 0, 1000));
	expect_whole(t, udp, 3000, 2);
	table_end(t);
}

/* Each lone one goes in its time, and nothing but it. */
static void test_forgotten(void **state)
{
	struct table *t = table_new(TABLE);

	for (unsigned i = 0; i < 500; i++) {
		const struct piece_spec spec = { .from = 0x0a000001 + (i << 8), .id = i };

		assert_false(give_part(t, spec, 0, 1000));
		t->now_ms++;
	}
	t->now_ms += RDL_FRAGMENTS_LONE_MS - 500;
	for (unsigned i = 0; i < 500; i++) {
		rdl_fragments_forget(t->fragments, t->now_ms++, &t->lost);
		assert_int_equal(t->lost.late, i + 1);
	}
	table_end(t);
}

/* A part of that host's own datagram. */
static bool give_made(struct table *t, struct piece_spec spec, unsigned from, unsigned to)
{
	make_datagram(&spec, udp, sizeof(udp));
	return give_part(t, spec, from, to);
}

/* A network that has its share gives way to itself, the oldest first. */
static void test_share(void **state)
{
	struct table *t = table_new(64);
	struct piece_spec other = { .from = 0xc0000300 }, spec = { .from = 0xc0000400 };

	assert_int_equal(t->fragments->share, 8);
	assert_false(give_made(t, other, 0, 1000));
	for (spec.id = 0; spec.id < 9; spec.id++) {
		spec.from++;
		assert_false(give_made(t, spec, 0, 1000));
	}
	expect_lost(t, 0, 1, 0, 0);
	for (spec.id = 1, spec.from = 0xc0000402; spec.id < 9; spec.id++, spec.from++) {
		assert_true(give_made(t, spec, 1000, 3000));
		expect_whole(t, udp, sizeof(udp), 2);
	}
	assert_true(give_made(t, other, 1000, 3000));
	expect_whole(t, udp, sizeof(udp), 2);
	expect_lost(t, 0, 1, 0, 0);
	table_end(t);
}

/* A full table: the oldest of a network that has most; of all where none has more than a few. */
static void test_full(void **state)
{
	struct table *t = table_new(256); /* a share of 32, and more than 4 are many */
	struct piece_spec spec = { .from = 0x0b000000, .id = 1 };

	for (; spec.from < 0x0b000000 + (251 << 8); spec.from += 256)
		assert_false(give_made(t, spec, 0, 1000));
	for (spec.from = 0x0a000000; spec.from < 0x0a000005; spec.from++)
		assert_false(give_made(t, spec, 0, 1000));
	expect_lost(t, 0, 0, 0, 0);
	/* The first of the five; then, as there are four, the first of all. */
	for (spec.from = 0xc6336400; t->lost.crowded < 2; spec.from += 256)
		assert_false(give_made(t, spec, 0, 1000));
	assert_int_equal(spec.from, 0xc6336600);
	static const uint32_t there[] = { 0x0a000001, 0x0a000004, 0x0b000100, 0x0b000200 };
	for (unsigned i = 0; i < RDL_ARRAY_LEN(there); i++) {
		spec.from = there[i];
		assert_true(give_made(t, spec, 1000, 3000));
		expect_whole(t, udp, sizeof(udp), 2);
	}
	spec.from = 0x0a000000;
	assert_false(give_made(t, spec, 1000, 3000));
	spec.from = 0x0b000000;
	assert_false(give_made(t, spec, 1000, 3000));
	expect_lost(t, 0, 2, 0, 0);
	table_end(t);
}

struct flood {
	bool ipv6;
	unsigned per_s;
	unsigned networks; /* 0: random addresses */
	unsigned pieces; /* that it sends of each */
	unsigned honest_networks; /* that the honest ones are spread over */
};

/*
 * The i-th of the flood's datagrams: fragments of it that are no beginning and no end of anything.
 */
static void give_flood(struct table *t, const struct flood *flood, unsigned i)
{
	struct piece_spec spec = { .ipv6 = flood->ipv6, .id = (uint32_t)rand() };
	uint32_t random = (uint32_t)rand();

	spec.from = 0x0a000000 + (random & 0xff);
	if (flood->networks == 0)
		spec.from = 0x0b000000 + (random & 0x0fffffff);
	else
		spec.from += random / 256 % flood->networks << 8;
	for (unsigned piece = 0; piece < flood->pieces; piece++)
		assert_false(give_part(t, spec, piece * 1000, piece * 1000 + 1000 - piece % 2 * 8));
}

/*
 * 5 seconds of it. Every 10 ms a device sends a Register in two or three fragments, some
 * milliseconds apart. Returns how many became whole, in percent.
 */
static unsigned percent_whole(const struct flood *flood)
{
	struct table *t = table_new(TABLE);
	unsigned honest = 0, whole = 0, sent = 0;
	struct {
		struct piece_spec spec;
		unsigned pieces, given, gap;
		uint64_t next_ms;
	} devices[16] = { 0 };

	srand(1);
	for (uint64_t start = t->now_ms; t->now_ms < start + 5000; t->now_ms++) {
		for (; sent < (t->now_ms - start) * flood->per_s / 1000; sent += flood->pieces)
			give_flood(t, flood, sent);
		if (t->now_ms % 10 == 0) {
			unsigned d = honest % RDL_ARRAY_LEN(devices);

			devices[d].spec = (struct piece_spec){ .ipv6 = flood->ipv6,
				.id = honest,
				.from = 0xc6336400 + honest % 250 +
					(honest % flood->honest_networks << 8) };
			devices[d].pieces = 2 + honest % 2;
			devices[d].gap = 1 + honest % 7;
			devices[d].given = 0;
			devices[d].next_ms = t->now_ms;
			honest++;
		}
		for (unsigned d = 0; d < RDL_ARRAY_LEN(devices); d++) {
			unsigned n = devices[d].pieces, i = devices[d].given;

			if (i == n || devices[d].next_ms != t->now_ms)
				continue;
			devices[d].next_ms += devices[d].gap;
			devices[d].given++;
			make_datagram(&devices[d].spec, udp, sizeof(udp));
			if (give_part(t, devices[d].spec, i * 1000,
				    i + 1 == n ? 3000 : i * 1000 + 1000)) {
				expect_whole(t, udp, sizeof(udp), n);
				whole++;
			}
		}
	}
	table_end(t);
	return whole * 100 / honest;
}

/*
 * The rates that are named are fragments a second: at 1,000 from everywhere, and ten times that
 * from one network or some.
 */
static void test_floods(void **state)
{
	static const struct flood floods[] = {
		{ .per_s = 102, .networks = 0, .pieces = 1, .honest_networks = 50 },
		{ .per_s = 1000, .networks = 0, .pieces = 1, .honest_networks = 1 },
		{ .per_s = 1000, .networks = 0, .pieces = 1, .honest_networks = 50 },
		{ .per_s = 1000, .networks = 0, .pieces = 2, .honest_networks = 50 },
		{ .per_s = 10000, .networks = 0, .pieces = 1, .honest_networks = 1 },
		{ .per_s = 10000, .networks = 1, .pieces = 1, .honest_networks = 1 },
		{ .per_s = 10000, .networks = 1, .pieces = 1, .honest_networks = 50 },
		{ .per_s = 10000, .networks = 1, .pieces = 2, .honest_networks = 50 },
		{ .per_s = 10000, .networks = 30, .pieces = 1, .honest_networks = 1 },
		{ .per_s = 100000, .networks = 1, .pieces = 1, .honest_networks = 1 },
	};

	for (unsigned i = 0; i < 2 * RDL_ARRAY_LEN(floods); i++) {
		struct flood flood = floods[i / 2];

		flood.ipv6 = i % 2 == 1;
		unsigned percent = percent_whole(&flood);
		print_message("IPv%d, %u a second of %u fragments from %u networks, 0 for all: "
			      "of honest ones in %u networks %u %% whole\n",
			flood.ipv6 ? 6 : 4, flood.per_s, flood.pieces, flood.networks,
			flood.honest_networks, percent);
		assert_in_range(percent, 95, 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
