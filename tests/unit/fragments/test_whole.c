/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that become whole: in any order, of any shape, many at a time. */
#include "fixture.h"

static uint8_t udp[RDL_FRAGMENTS_OCTETS];

/* Gives [from, to) of a datagram of `len` octets. */
static bool give_part(
	struct table *t, struct piece_spec spec, unsigned from, unsigned to, unsigned len)
{
	spec.body = udp;
	spec.offset = from;
	spec.len = to - from;
	spec.more = to < len;
	return give(t, &spec);
}

static void test_two(void **state)
{
	struct table *t = table_new(4);

	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		const struct piece_spec spec = { .ipv6 = ipv6, .from = 0xc0000202, .id = 1 };

		make_datagram(&spec, udp, 2608);
		assert_false(give_part(t, spec, 0, 1400, 2608));
		assert_true(give_part(t, spec, 1400, 2608, 2608));
		expect_whole(t, udp, 2608, 2);
		/* The last first. */
		assert_false(give_part(t, spec, 1400, 2608, 2608));
		assert_true(give_part(t, spec, 0, 1400, 2608));
		expect_whole(t, udp, 2608, 2);
		/* The shortest there are. */
		make_datagram(&spec, udp, 12);
		assert_false(give_part(t, spec, 0, 8, 12));
		assert_true(give_part(t, spec, 8, 12, 12));
		expect_whole(t, udp, 12, 2);
	}
	expect_lost(t, 0, 0, 0, 0);
	table_end(t);
}

static void test_longest(void **state)
{
	struct table *t = table_new(1);

	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		const struct piece_spec spec = {
			.ipv6 = ipv6, .from = 0xc0000202, .id = 7, .tag = 5
		};

		make_datagram(&spec, udp, RDL_FRAGMENTS_OCTETS);
		for (unsigned at = 0; at < RDL_FRAGMENTS_OCTETS; at += 512) {
			bool last = at + 512 == RDL_FRAGMENTS_OCTETS;
			assert_int_equal(
				give_part(t, spec, at, at + 512, RDL_FRAGMENTS_OCTETS), last);
		}
		expect_whole(t, udp, RDL_FRAGMENTS_OCTETS, RDL_FRAGMENTS_OCTETS / 512);
	}
	expect_lost(t, 0, 0, 0, 0);
	table_end(t);
}

/* What fragments of one datagram do not have in common keeps them apart. */
static void test_apart(void **state)
{
	struct piece_spec first = { .from = 0xc0000202, .id = 3 }, others[6];
	struct table *t = table_new(64);

	for (unsigned i = 0; i < RDL_ARRAY_LEN(others); i++)
		others[i] = first;
	others[0].from++;
	others[1].id++;
	others[2].port = 1;
	others[3].tag = 6;
	others[4].protocol = 1;
	others[5].ipv6 = true;
	make_datagram(&first, udp, 2000);
	assert_false(give_part(t, first, 0, 1000, 2000));
	for (unsigned i = 0; i < RDL_ARRAY_LEN(others); i++)
		assert_false(give_part(t, others[i], 1000, 2000, 2000));
	assert_true(give_part(t, first, 1000, 2000, 2000));
	expect_whole(t, udp, 2000, 2);
	expect_lost(t, 0, 0, 0, 0);
	/* A priority in the tag, and IPv6's next header but for the first's, say nothing. */
	first.tag = 0x6005;
	assert_false(give_part(t, first, 1000, 2000, 2000));
	first.tag = 0x0005;
	assert_true(give_part(t, first, 0, 1000, 2000));
	expect_whole(t, udp, 2000, 2);
	first.tag = 0x6000;
	assert_false(give_part(t, first, 1000, 2000, 2000));
	first.tag = 0;
	assert_true(give_part(t, first, 0, 1000, 2000));
	expect_whole(t, udp, 2000, 2);
	first = (struct piece_spec){ .ipv6 = true, .from = 9, .id = 3 };
	make_datagram(&first, udp, 2000);
	first.protocol = 99;
	assert_false(give_part(t, first, 1000, 2000, 2000));
	first.protocol = 17;
	assert_true(give_part(t, first, 0, 1000, 2000));
	expect_whole(t, udp, 2000, 2);
	table_end(t);
}

/* IPv6: behind a header that every fragment carries; and with one that was cut into fragments. */
static void test_extensions(void **state)
{
	struct piece_spec spec = { .ipv6 = true,
		.from = 9,
		.id = 0xfffffffe,
		.extensions = "2c00 0104 00000000",
		.first_extension = 0 };
	static uint8_t body[8 + sizeof(udp)] = { 17, 0, 1, 4 };
	struct table *t = table_new(4);

	make_datagram(&spec, udp, 1600);
	assert_false(give_part(t, spec, 0, 800, 1600));
	assert_true(give_part(t, spec, 800, 1600, 1600));
	expect_whole(t, udp, 1600, 2);
	memcpy(body + 8, udp, 1600);
	spec.body = body;
	spec.protocol = 60;
	spec.len = 800;
	spec.more = true;
	assert_false(give(t, &spec));
	spec.offset = 800;
	spec.len = 808;
	spec.more = false;
	assert_true(give(t, &spec));
	expect_whole(t, udp, 1600, 2);
	table_end(t);
}

/* A copy changes nothing, whichever it is of and whenever it comes. */
static void test_copies(void **state)
{
	const struct piece_spec spec = { .from = 0xc0000202, .id = 4 };
	struct table *t = table_new(4);

	make_datagram(&spec, udp, 2999);
	for (unsigned i = 0; i < 3; i++)
		assert_false(give_part(t, spec, 0, 1000, 2999));
	for (unsigned i = 0; i < 2; i++)
		assert_false(give_part(t, spec, 2000, 2999, 2999));
	assert_false(give_part(t, spec, 0, 1000, 2999));
	assert_true(give_part(t, spec, 1000, 2000, 2999));
	expect_whole(t, udp, 2999, 3);
	expect_lost(t, 0, 0, 0, 4);
	/* Of one that is whole since: a beginning, which comes to nothing. */
	assert_false(give_part(t, spec, 1000, 2000, 2999));
	table_end(t);
}

/* Cut anywhere, in any order, some twice, a few datagrams at a time. */
static void test_any_order(void **state)
{
	struct {
		unsigned at[RDL_FRAGMENTS_PIECES + 1], order[RDL_FRAGMENTS_PIECES], count, len;
	} cut[5];
	struct table *t = table_new(8);
	unsigned copies = 0;

	srand(7);
	for (unsigned round = 0; round < 300; round++) {
		unsigned left = 0;

		for (unsigned d = 0; d < 5; d++) {
			cut[d].len = 16 + (unsigned)rand() % (RDL_FRAGMENTS_OCTETS - 15);
			cut[d].count = 0;
			for (unsigned at = 0; at < cut[d].len; cut[d].count++) {
				unsigned least = (cut[d].len / 12 + 7) / 8 * 8;

				cut[d].order[cut[d].count] = cut[d].count;
				cut[d].at[cut[d].count] = at;
				at += least + (unsigned)rand() % (least / 2) / 8 * 8;
			}
			cut[d].at[cut[d].count] = cut[d].len;
			for (unsigned i = cut[d].count; i-- > 1;) {
				unsigned j = (unsigned)rand() % (i + 1), swap = cut[d].order[i];

				cut[d].order[i] = cut[d].order[j];
				cut[d].order[j] = swap;
			}
			left += cut[d].count;
		}
		for (unsigned given[5] = { 0 }; left > 0;) {
			unsigned d = (unsigned)rand() % 5;
			struct piece_spec spec = {
				.ipv6 = d % 2 == 1, .from = 0xc0000202 + d / 2, .id = round * 5 + d
			};

			if (given[d] == cut[d].count)
				continue;
			unsigned i = cut[d].order[given[d]++];
			make_datagram(&spec, udp, cut[d].len);
			bool whole = give_part(t, spec, cut[d].at[i], cut[d].at[i + 1], cut[d].len);
			assert_int_equal(whole, given[d] == cut[d].count);
			left--;
			if (whole) {
				expect_whole(t, udp, cut[d].len, cut[d].count);
			} else if (rand() % 4 == 0) {
				assert_false(give_part(
					t, spec, cut[d].at[i], cut[d].at[i + 1], cut[d].len));
				copies++;
			}
		}
	}
	expect_lost(t, 0, 0, 0, copies);
	table_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
