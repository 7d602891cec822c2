/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows in the order of the database, whatever their identities have in common. */
#include "database.h"

#define MOST 2000

static uint8_t octets[MOST][64];
static struct rdl_credentials_row rows[MOST];

/* As LMDB has it: octet by octet, the shorter one first; and lines where all is the same. */
static bool in_order(const struct rdl_credentials_row *a, const struct rdl_credentials_row *b)
{
	struct rdl_span s = a->identity.octets, t = b->identity.octets;
	size_t i = 0;

	if (a->identity.mode != b->identity.mode)
		return a->identity.mode < b->identity.mode;
	while (i < s.len && i < t.len && s.data[i] == t.data[i])
		i++;
	if (i < s.len && i < t.len)
		return s.data[i] < t.data[i];
	return s.len != t.len ? s.len < t.len : a->line < b->line;
}

static void test_random_rows(void **state)
{
	uint64_t random = 1;

	for (unsigned run = 0; run < 200; run++) {
		size_t count = test_random(&random) % MOST, shared = test_random(&random) % 40;
		unsigned letters = 1 + (unsigned)(test_random(&random) % 256);
		const struct rdl_credentials_row *repeated;
		bool repeats = false;
		uint64_t sum = 0;

		for (size_t i = 0; i < count; i++) {
			size_t len = shared + 1 + test_random(&random) % 24;

			for (size_t n = shared; n < len; n++)
				octets[i][n] = (uint8_t)(test_random(&random) % letters);
			memset(octets[i], 'x', shared);
			rows[i] = (struct rdl_credentials_row){ .line = i };
			rows[i].identity = test_random(&random) % 4 > 0
						   ? psk((struct rdl_span){ octets[i], len })
						   : rpk((struct rdl_span){ octets[i], len });
		}
		assert_true(rdl_credentials_sort(rows, count, &repeated));
		for (size_t i = 0; i < count; i++) {
			/* Each is still there, with its own octets. */
			sum += rows[i].line;
			assert_ptr_equal(rows[i].identity.octets.data, octets[rows[i].line]);
			if (i == 0)
				continue;
			assert_true(in_order(&rows[i - 1], &rows[i]));
			repeats |= rows[i - 1].identity.mode == rows[i].identity.mode &&
				   rdl_span_equal(
					   rows[i - 1].identity.octets, rows[i].identity.octets);
		}
		assert_int_equal(sum, count > 0 ? count * (count - 1) / 2 : 0);
		assert_int_equal(repeated != NULL, repeats);
	}
}

static void test_repetition(void **state)
{
	const struct rdl_span digest = RDL_SPAN("0123456789abcdef0123456789abcdef");
	const struct rdl_credentials_row *repeated;

	rows[0] = (struct rdl_credentials_row){ .identity = psk(RDL_SPAN("b")), .line = 9 };
	rows[1] = (struct rdl_credentials_row){ .identity = psk(digest), .line = 3 };
	rows[2] = (struct rdl_credentials_row){ .identity = rpk(digest), .line = 4 };
	assert_true(rdl_credentials_sort(rows, 3, &repeated));
	assert_null(repeated);
	rows[0] = (struct rdl_credentials_row){ .identity = psk(RDL_SPAN("b")), .line = 9 };
	rows[1] = (struct rdl_credentials_row){ .identity = psk(RDL_SPAN("a")), .line = 3 };
	rows[2] = (struct rdl_credentials_row){ .identity = psk(RDL_SPAN("b")), .line = 4 };
	assert_true(rdl_credentials_sort(rows, 3, &repeated));
	assert_int_equal(repeated->line, 9);
	assert_int_equal(repeated[-1].line, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rows),
		cmocka_unit_test(test_repetition),
	};

	return RUN_TESTS(tests);
}
