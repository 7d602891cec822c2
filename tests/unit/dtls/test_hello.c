/* SPDX-License-Identifier: BSD-3-Clause */
/* ClientHellos as clients send them, whole, broken and cut; cookies, for whom and how long. */
#include "support.h"

#include "octets.h"

#include "cid.h"
#include "hello.h"

static const struct rdl_key key = { 11, 12 };
static uint8_t octets[512];

struct parts {
	uint16_t version; /* of the record [feff] */
	uint8_t random; /* its first octet */
	size_t id_len, cookie_len, suites_len, compression_len;
	const uint8_t *cookie;
	bool extended;
	bool longer; /* by an octet behind all of it */
};

/* Into `octets`: a Hello of parts so long. */
static size_t make(const struct parts *parts)
{
	struct rdl_cursor c = rdl_cursor(octets, sizeof(octets));
	static const uint8_t zero[256];

	memcpy(rdl_cursor_take(&c, 25), "\x16\xfe\xff\0\0\0\0\0\0\0\x07", 11);
	if (parts->version != 0)
		rdl_put_be16(octets + 1, parts->version);
	rdl_cursor_be16(&c, 0xfefd);
	for (unsigned i = 0; i < 32; i++)
		rdl_cursor_u8(&c, (uint8_t)(parts->random + i));
	rdl_cursor_u8(&c, (uint8_t)parts->id_len);
	rdl_cursor_bytes(&c, zero, parts->id_len);
	rdl_cursor_u8(&c, (uint8_t)parts->cookie_len);
	rdl_cursor_bytes(&c, parts->cookie != NULL ? parts->cookie : zero, parts->cookie_len);
	rdl_cursor_be16(&c, (uint16_t)parts->suites_len);
	rdl_cursor_bytes(&c, zero, parts->suites_len);
	rdl_cursor_u8(&c, (uint8_t)parts->compression_len);
	rdl_cursor_bytes(&c, zero, parts->compression_len);
	if (parts->extended)
		rdl_cursor_bytes(&c, "\0\4\0\x16\0\0", 6);
	if (parts->longer)
		rdl_cursor_u8(&c, 0);
	assert_false(c.failed);
	size_t len = (size_t)(c.pos - octets);
	rdl_put_be16(octets + 11, (uint16_t)(len - 13));
	memcpy(octets + 13, "\1\0\0\0\0\0\0\0\0\0\0\0", 12);
	rdl_put_be16(octets + 15, (uint16_t)(len - 25));
	rdl_put_be16(octets + 23, (uint16_t)(len - 25));
	return len;
}

static enum rdl_status read_parts(const struct parts *parts, struct rdl_dtls_hello *hello)
{
	return rdl_dtls_hello_read((struct rdl_span){ octets, make(parts) }, hello);
}

static const struct parts plain = { .suites_len = 2, .compression_len = 1 };

static void test_versions(void **state)
{
	static const uint16_t good[] = { 0xfe00, 0xfeff, 0xfefd }, bad[] = { 0xfefe, 0x0303, 1 };
	struct rdl_dtls_hello hello;
	struct parts parts = plain;

	for (unsigned i = 0; i < 3; i++) {
		parts.version = good[i];
		assert_int_equal(read_parts(&parts, &hello), RDL_OK);
		parts.version = bad[i];
		assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	}
}

static void test_parts(void **state)
{
	struct rdl_dtls_hello hello;
	struct parts parts = { .id_len = 32,
		.cookie_len = 16,
		.suites_len = 4,
		.compression_len = 1,
		.extended = true };

	assert_int_equal(read_parts(&parts, &hello), RDL_OK);
	assert_int_equal(hello.who.len, 2 + 32);
	assert_ptr_equal(hello.who.data, octets + 25);
	assert_int_equal(hello.cookie.len, 16);
	assert_int_equal(hello.what.len, 2 + 4 + 1 + 1);
	assert_int_equal(hello.extensions.len, 4);
	parts.longer = true;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	parts.extended = false;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	parts.longer = false;
	assert_int_equal(read_parts(&parts, &hello), RDL_OK);
	assert_int_equal(hello.extensions.len, 0);
	parts.id_len = 33;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	parts.id_len = 0;
	parts.suites_len = 3;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	parts.suites_len = 0;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
	parts.suites_len = 2;
	parts.compression_len = 0;
	assert_int_equal(read_parts(&parts, &hello), RDL_MALFORMED);
}

/* Each octet of the headers that says what this is, and each length. */
static void test_not_one(void **state)
{
	static const uint8_t at[] = { 0, 1, 3, 4, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24,
		25, 59 };
	struct rdl_dtls_hello hello;

	for (unsigned i = 0; i < sizeof(at); i++) {
		struct rdl_span input = { octets, make(&plain) };

		octets[at[i]] ^= 0x40;
		assert_int_equal(rdl_dtls_hello_read(input, &hello), RDL_MALFORMED);
	}
}

static void test_cut(void **state)
{
	struct parts parts = { .id_len = 32,
		.cookie_len = 16,
		.suites_len = 4,
		.compression_len = 1,
		.extended = true };
	size_t len = make(&parts);
	struct rdl_dtls_hello hello;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *input = guard_copy(octets, cut);

		assert_int_equal(rdl_dtls_hello_read((struct rdl_span){ input, cut }, &hello),
			RDL_MALFORMED);
		guard_free(input, cut);
		/* A record as long as what is left: its message is not. */
		size_t all = make(&parts);
		if (cut > 13) {
			rdl_put_be16(octets + 11, (uint16_t)(cut - 13));
			assert_int_equal(
				rdl_dtls_hello_read((struct rdl_span){ octets, all }, &hello),
				RDL_MALFORMED);
		}
	}
}

/* The Hello again, with the cookie that it was given; the time of each in seconds. */
struct again {
	struct rdl_datagram datagram;
	struct parts parts;
	uint32_t asked_s, answered_s;
};

static bool is_good(const struct again *again, const struct rdl_datagram *first)
{
	struct rdl_datagram datagram = *first;
	struct rdl_dtls_cookies cookies;
	struct rdl_dtls_hello hello;
	struct parts parts = again->parts;
	uint8_t cookie[RDL_DTLS_COOKIE_LEN];

	rdl_dtls_cookies_init(&cookies, &key, again->asked_s);
	datagram.data = octets;
	assert_int_equal(read_parts(&plain, &hello), RDL_OK);
	assert_false(rdl_dtls_cookie_is_good(&cookies, &datagram, &hello, again->asked_s));
	rdl_dtls_hello_verify(&cookies, &datagram, &hello, again->asked_s);
	memcpy(cookie, octets + datagram.len - sizeof(cookie), sizeof(cookie));
	parts.cookie_len = sizeof(cookie);
	parts.cookie = cookie;
	assert_int_equal(read_parts(&parts, &hello), RDL_OK);
	return rdl_dtls_cookie_is_good(&cookies, &again->datagram, &hello, again->answered_s);
}

static void test_cookie(void **state)
{
	const struct rdl_datagram first = { .peer = { .address = { 1 }, .port = 7 },
		.local = { .address = 1 } };
	struct again again = { first, plain, 600, 600 }, other = again;

	assert_true(is_good(&again, &first));
	/* Nothing that the cookie is for. */
	other.parts.extended = true;
	other.parts.id_len = 32;
	assert_true(is_good(&other, &first));
	other.datagram.peer.port = 8;
	assert_false(is_good(&other, &first));
	other = again;
	other.datagram.peer.address[15] = 1;
	assert_false(is_good(&other, &first));
	other = again;
	other.datagram.local.address = 2;
	assert_false(is_good(&other, &first));
	other = again;
	other.parts.suites_len = 4;
	assert_false(is_good(&other, &first));
	other = again;
	other.parts.random = 1;
	assert_false(is_good(&other, &first));
	other = again;
	other.asked_s = 659;
	other.answered_s = 719;
	assert_true(is_good(&other, &first));
	other.answered_s = 720;
	assert_false(is_good(&other, &first));
}

static void test_answer(void **state)
{
	struct rdl_datagram datagram = { .data = octets, .len = (uint16_t)make(&plain) };
	struct rdl_dtls_cookies cookies;
	struct rdl_dtls_hello hello;
	uint8_t expected[64];
	size_t len = unhex("16 feff 0000 000000000007 001f 03 000013 0102 000000 000013 feff 10",
		expected, sizeof(expected));

	rdl_put_be16(octets + RDL_DTLS_RECORD_HEADER + 4, 0x0102);
	rdl_dtls_cookies_init(&cookies, &key, 0);
	assert_int_equal(
		rdl_dtls_hello_read((struct rdl_span){ octets, datagram.len }, &hello), RDL_OK);
	assert_int_equal(datagram.len, 67);
	rdl_dtls_hello_verify(&cookies, &datagram, &hello, 0);
	assert_int_equal(datagram.len, 44);
	assert_int_equal(len, 28);
	assert_memory_equal(octets, expected, len);
}

/* What a client says again has another number; it says something else when it begins anew. */
static void test_digest(void **state)
{
	struct rdl_dtls_hello hello;
	struct parts parts = plain;
	uint64_t first, again;

	assert_int_equal(read_parts(&parts, &hello), RDL_OK);
	first = rdl_dtls_hello_digest(&hello, &key);
	assert_int_equal(first >> 48, 0);
	struct rdl_span input = { octets, make(&parts) };
	rdl_put_be16(octets + RDL_DTLS_RECORD_HEADER + 4, 0x0102);
	assert_int_equal(rdl_dtls_hello_read(input, &hello), RDL_OK);
	again = rdl_dtls_hello_digest(&hello, &key);
	assert_int_equal(again >> 48, 0x0102);
	assert_true(rdl_dtls_hello_same_random(first, again));
	parts.random = 1;
	assert_int_equal(read_parts(&parts, &hello), RDL_OK);
	assert_false(rdl_dtls_hello_same_random(first, rdl_dtls_hello_digest(&hello, &key)));
}

static void test_cid(void **state)
{
	uint8_t cids[3][RDL_DTLS_CID_LEN];
	const uint8_t *const views[3] = { cids[0], cids[1], cids[2] };
	const uint64_t names[3] = { 1, 0x123456789abcdef0, UINT64_MAX };
	uint64_t read[3];
	struct rdl_speck speck;

	rdl_speck_expand(&speck, &key);
	for (unsigned i = 0; i < 3; i++)
		rdl_dtls_cid_write(&speck, names[i], cids[i]);
	assert_memory_not_equal(cids[0], &names[0], RDL_DTLS_CID_LEN);
	rdl_dtls_cid_read_lanes(&speck, 3, views, read);
	assert_memory_equal(read, names, sizeof(names));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_not_one),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_cid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
