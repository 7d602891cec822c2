/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <stdlib.h>

#include "octets.h"
#include "deliveries.h"

#define BOTH (1u << RDL_DELIVERED_notified | 1u << RDL_DELIVERED_sent)

static struct rdl_deliveries *deliveries;

static int begin(void **state)
{
	deliveries = aligned_alloc(RDL_CACHE_LINE, rdl_whole_lines(sizeof(*deliveries)));
	if (deliveries == NULL)
		return -1;
	memset(deliveries, 0, sizeof(*deliveries));
	return 0;
}

static int end(void **state)
{
	free(deliveries);
	return 0;
}

static const struct rdl_order observing = { .id_len = 2, .id = (const uint8_t *)"o\"" };

static void notifies(uint32_t sequence, const char *payload)
{
	rdl_deliveries_write(deliveries,
		&(struct rdl_delivery){ .order = &observing,
			.handle = 7u << 24 | 3,
			.sequence = sequence,
			.code = 0x45,
			.content_format = 112,
			.payload = span_of(payload) },
		span_of("dev"), 1700000000123);
}

static const char *text_of(const struct rdl_delivered *value)
{
	static uint8_t text[RDL_DELIVERED_TEXT_MAX + 1];
	struct rdl_cursor out = rdl_cursor(text, RDL_DELIVERED_TEXT_MAX);

	assert_non_null(value);
	rdl_delivered_text(&out, value);
	assert_false(out.failed);
	*out.pos = '\0';
	return (const char *)text;
}

static void as_text(void **state)
{
	rdl_deliveries_want(deliveries, BOTH);
	notifies(5, "foobar");
	rdl_deliveries_write(deliveries,
		&(struct rdl_delivery){ .handle = 1u << 24,
			.code = 0x02,
			.offset = 7,
			.more = true,
			.content_format = RDL_FORMAT_NONE },
		span_of("\xc3\xa4"), 1700000000007);
	assert_string_equal(text_of(rdl_deliveries_read(deliveries)),
		"{\"event\":\"notified\",\"partition\":7,\"time\":1700000000.123,"
		"\"endpoint\":\"dev\",\"id\":\"o\\\"\",\"sequence\":5,\"code\":\"2.05\","
		"\"content_format\":112,\"payload\":\"Zm9vYmFy\"}\n");
	assert_string_equal(text_of(rdl_deliveries_read(deliveries)),
		"{\"event\":\"sent\",\"partition\":1,\"time\":1700000000.007,"
		"\"endpoint\":\"\xc3\xa4\",\"offset\":7,\"payload\":\"\",\"more\":true}\n");
	assert_null(rdl_deliveries_read(deliveries));
}

static void who_listens(void **state)
{
	assert_false(rdl_deliveries_wanted(deliveries, RDL_DELIVERED_notified));
	rdl_deliveries_want(deliveries, 1u << RDL_DELIVERED_sent);
	assert_false(rdl_deliveries_wanted(deliveries, RDL_DELIVERED_notified));
	assert_true(rdl_deliveries_wanted(deliveries, RDL_DELIVERED_sent));
	/* What another begins to want takes nothing from the first. */
	notifies(1, "a");
	rdl_deliveries_want(deliveries, BOTH);
	assert_int_equal(rdl_deliveries_read(deliveries)->sequence, 1);
	/* What was written while nobody was there is gone. */
	rdl_deliveries_want(deliveries, 0);
	notifies(2, "b");
	rdl_deliveries_want(deliveries, BOTH);
	assert_null(rdl_deliveries_read(deliveries));
	notifies(3, "c");
	assert_int_equal(rdl_deliveries_read(deliveries)->sequence, 3);
}

static void what_does_not_fit(void **state)
{
	static uint8_t long_one[RDL_DELIVERED_PAYLOAD_MAX + 1];
	const struct rdl_delivered *value;

	rdl_deliveries_want(deliveries, BOTH);
	for (uint32_t i = 0; i < RDL_DELIVERIES + 10; i++)
		notifies(i, "x");
	for (uint32_t i = 0; i < RDL_DELIVERIES; i++) {
		value = rdl_deliveries_read(deliveries);
		assert_int_equal(value->sequence, i);
		assert_int_equal(rdl_deliveries_lost(deliveries, value), 0);
	}
	assert_null(rdl_deliveries_read(deliveries));
	/* Read is not given back. */
	notifies(7, "x");
	assert_null(rdl_deliveries_read(deliveries));
	rdl_deliveries_give_back(deliveries);
	notifies(8, "x");
	value = rdl_deliveries_read(deliveries);
	assert_int_equal(value->sequence, 8);
	assert_int_equal(rdl_deliveries_lost(deliveries, value), 11);
	assert_int_equal(rdl_deliveries_lost(deliveries, NULL), 0);
	struct rdl_delivery delivery = { .payload = { long_one, RDL_DELIVERED_PAYLOAD_MAX } };
	rdl_deliveries_write(deliveries, &delivery, span_of("dev"), 0);
	assert_int_equal(rdl_deliveries_read(deliveries)->payload_len, RDL_DELIVERED_PAYLOAD_MAX);
	delivery.payload.len++;
	rdl_deliveries_write(deliveries, &delivery, span_of("dev"), 0);
	assert_null(rdl_deliveries_read(deliveries));
	assert_int_equal(rdl_deliveries_lost(deliveries, NULL), 1);
}

/* All that is longest at once. */
static void the_longest_text(void **state)
{
	struct rdl_delivered value = { .kind = RDL_DELIVERED_notified,
		.code = 0xbf,
		.more = true,
		.endpoint_len = RDL_ENDPOINT_MAX,
		.id_len = RDL_ORDER_ID_MAX,
		.payload_len = RDL_DELIVERED_PAYLOAD_MAX,
		.content_format = 65534,
		.sequence = UINT32_MAX,
		.offset = UINT32_MAX,
		.partition = UINT32_MAX,
		.time_ms = UINT64_MAX };

	memset(value.octets, 1, sizeof(value.octets));
	assert_true(strlen(text_of(&value)) > 6 * (RDL_ENDPOINT_MAX + RDL_ORDER_ID_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_text, begin, end),
		cmocka_unit_test_setup_teardown(who_listens, begin, end),
		cmocka_unit_test_setup_teardown(what_does_not_fit, begin, end),
		cmocka_unit_test(the_longest_text),
	};

	return RUN_TESTS(tests);
}
