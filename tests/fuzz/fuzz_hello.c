/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is an octet for the host, and a datagram. What is read as a ClientHello lies inside it;
 * asked for a cookie and told again with it, it is good, for this host and for no other.
 */
#include "fuzz.h"

#include "hello.h"

#define NOW_S 6000
#define DATAGRAM_MAX 2048

static struct rdl_dtls_cookies cookies;

static void check_views(struct rdl_span datagram, const struct rdl_dtls_hello *hello)
{
	CHECK(inside(datagram, hello->who.data, hello->who.len));
	CHECK(inside(datagram, hello->what.data, hello->what.len));
	CHECK(hello->cookie.len == 0 || inside(datagram, hello->cookie.data, hello->cookie.len));
	CHECK(hello->extensions.len == 0 ||
		inside(datagram, hello->extensions.data, hello->extensions.len));
	CHECK(hello->who.len == 34 && hello->what.len >= 6);
}

/* The same Hello with this cookie: octets of the datagram. */
static uint16_t tell_again(
	const struct rdl_dtls_hello *hello, const uint8_t *cookie, uint8_t out[DATAGRAM_MAX])
{
	struct rdl_cursor c = rdl_cursor(out, DATAGRAM_MAX);

	rdl_cursor_bytes(&c, "\x16\xfe\xfd\0\0\0\0\0\0\0\1\0\0\1\0\0\0\0\1\0\0\0\0\0\0", 25);
	rdl_cursor_bytes(&c, hello->who.data, hello->who.len);
	rdl_cursor_u8(&c, 0); /* another session ID, or none: nothing to the cookie */
	rdl_cursor_u8(&c, RDL_DTLS_COOKIE_LEN);
	rdl_cursor_bytes(&c, cookie, RDL_DTLS_COOKIE_LEN);
	rdl_cursor_bytes(&c, hello->what.data, hello->what.len);
	CHECK(!c.failed);
	uint16_t len = (uint16_t)(c.pos - out);
	rdl_put_be16(out + 11, (uint16_t)(len - 13));
	rdl_put_be16(out + 15, (uint16_t)(len - 25));
	rdl_put_be16(out + 23, (uint16_t)(len - 25));
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rdl_key key = { 1, 2 };
	struct rdl_span input = { data, size };
	struct rdl_datagram datagram = { .peer.address = { [15] = fuzz_octet(&input) } };
	struct rdl_dtls_hello hello;
	uint8_t again[DATAGRAM_MAX];

	if (input.len > DATAGRAM_MAX - 100)
		return 0;
	datagram.data = fuzz_alloc(input.len);
	datagram.len = (uint16_t)input.len;
	if (input.len > 0)
		memcpy(datagram.data, input.data, input.len);
	input.data = datagram.data;
	rdl_dtls_cookies_init(&cookies, &key, NOW_S);
	if (rdl_dtls_hello_read(input, &hello) == RDL_OK) {
		uint8_t copy[DATAGRAM_MAX];

		check_views(input, &hello);
		CHECK(!rdl_dtls_cookie_is_good(&cookies, &datagram, &hello, NOW_S));
		uint16_t len = tell_again(&hello, input.data, again);
		rdl_dtls_hello_verify(&cookies, &datagram, &hello, NOW_S);
		CHECK(datagram.len <= input.len);
		memcpy(copy, again, len);
		memcpy(copy + 25 + copy[59] + 36, datagram.data + 28, RDL_DTLS_COOKIE_LEN);
		CHECK(rdl_dtls_hello_read((struct rdl_span){ copy, len }, &hello) == RDL_OK);
		CHECK(rdl_dtls_cookie_is_good(&cookies, &datagram, &hello, NOW_S));
		datagram.peer.port++;
		CHECK(!rdl_dtls_cookie_is_good(&cookies, &datagram, &hello, NOW_S));
	}
	free(datagram.data);
	return 0;
}
