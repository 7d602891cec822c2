/* SPDX-License-Identifier: BSD-3-Clause */
/* Cookies: keyed hashes of both addresses and of what a client says twice. */
#include "hello.h"

#define TYPE_HELLO_VERIFY_REQUEST 3
#define VERIFY_BODY (2 + 1 + RDL_DTLS_COOKIE_LEN)
#define VERIFY_LEN (RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + VERIFY_BODY)
/* Version, random, empty session ID and cookie, one suite, one compression method. */
#define LEAST_HELLO \
	(RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + 2 + 32 + 1 + 1 + 2 + 2 + 1 + 1)
_Static_assert(VERIFY_LEN <= LEAST_HELLO, "an answer is no longer than its question");

static struct rdl_key key_of(const struct rdl_key *key, uint32_t period)
{
	uint64_t words[2];

	rdl_siphash128(key, &period, sizeof(period), words);
	return (struct rdl_key){ words[0], words[1] };
}

static void rotate(struct rdl_dtls_cookies *cookies, uint32_t now_s)
{
	uint32_t period = now_s / RDL_DTLS_COOKIE_PERIOD_S;

	if (RDL_LIKELY(period == cookies->period))
		return;
	cookies->previous = key_of(&cookies->key, period - 1);
	cookies->current = key_of(&cookies->key, period);
	cookies->period = period;
}

void rdl_dtls_cookies_init(
	struct rdl_dtls_cookies *cookies, const struct rdl_key *key, uint32_t now_s)
{
	*cookies = (struct rdl_dtls_cookies){
		.key = *key,
		.period = now_s / RDL_DTLS_COOKIE_PERIOD_S - 1,
	};
	rotate(cookies, now_s);
}

/* The parts are digested under the key, too: none can stand for another. */
static void make(const struct rdl_key *key, const struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello, uint64_t cookie[2])
{
	struct {
		uint64_t who, what;
		struct rdl_peer peer;
		struct rdl_local local;
	} __attribute__((packed)) all = {
		rdl_siphash(key, hello->who.data, hello->who.len),
		rdl_siphash(key, hello->what.data, hello->what.len),
		datagram->peer,
		datagram->local,
	};

	rdl_siphash128(key, &all, sizeof(all), cookie);
}

static bool is_of(const struct rdl_key *key, const struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello)
{
	uint64_t made[2], given[2];

	make(key, datagram, hello, made);
	memcpy(given, hello->cookie.data, sizeof(given));
	/* In the same time, wherever they differ. */
	return ((made[0] ^ given[0]) | (made[1] ^ given[1])) == 0;
}

bool rdl_dtls_cookie_is_good(struct rdl_dtls_cookies *cookies, const struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello, uint32_t now_s)
{
	if (hello->cookie.len != RDL_DTLS_COOKIE_LEN)
		return false;
	rotate(cookies, now_s);
	return is_of(&cookies->current, datagram, hello) ||
	       is_of(&cookies->previous, datagram, hello);
}

/*
 * The record has the number of the Hello's, which stands in its place already; it and the message
 * say DTLS 1.0 (RFC 6347 section 4.2.1). The message has the number of the Hello's, too: whoever
 * has given a cookie back that is too old, or of the address that it had then, waits for that one,
 * and takes another with the first number for a copy of the first.
 */
void rdl_dtls_hello_verify(struct rdl_dtls_cookies *cookies, struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello, uint32_t now_s)
{
	uint8_t *record = datagram->data, *message = record + RDL_DTLS_RECORD_HEADER;
	uint64_t cookie[2];

	rotate(cookies, now_s);
	make(&cookies->current, datagram, hello, cookie);
	rdl_put_be16(record + 1, 0xfeff);
	rdl_put_be16(record + 11, RDL_DTLS_HANDSHAKE_HEADER + VERIFY_BODY);
	memset(message, 0, RDL_DTLS_HANDSHAKE_HEADER);
	message[0] = TYPE_HELLO_VERIFY_REQUEST;
	message[3] = message[11] = VERIFY_BODY;
	rdl_put_be16(message + 4, hello->sequence);
	message += RDL_DTLS_HANDSHAKE_HEADER;
	rdl_put_be16(message, 0xfeff);
	message[2] = RDL_DTLS_COOKIE_LEN;
	memcpy(message + 3, cookie, RDL_DTLS_COOKIE_LEN);
	datagram->len = VERIFY_LEN;
}
