/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hello: a ClientHello in a record of epoch 0 (RFC 6347 section 4.2.1), and the cookies that show
 * that whoever sent it is where it says it is. Nothing is kept of those without a good one.
 */
#ifndef RDL_DTLS_HELLO_H
#define RDL_DTLS_HELLO_H

#include "layer.h"
#include "net.h"

#define RDL_DTLS_COOKIE_LEN 16

/* Views into the datagram that it was read from. */
struct rdl_dtls_hello {
	/*
	 * Version and random; cipher suites and compression methods: what a client says again,
	 * octet for octet, when it is asked for a cookie. The session ID, which should be the same,
	 * too, is not: Mbed TLS 2.28 makes up another one in each Hello with a ticket (RFC 5077
	 * section 3.4).
	 */
	struct rdl_span who, what;
	struct rdl_span cookie;
	struct rdl_span extensions; /* without their length; none: empty */
	uint16_t sequence; /* the message's number */
};

/*
 * The first record of a datagram as a ClientHello. RDL_MALFORMED: it is none, or breaks the
 * grammar, or is in pieces, which cannot be answered without keeping them.
 */
RDL_MUST_CHECK enum rdl_status rdl_dtls_hello_read(
	struct rdl_span datagram, struct rdl_dtls_hello *hello);

/*
 * Keyed digest of version and random, below the message's number: with that goes up what number the
 * client wants of an answer, whenever it follows a HelloVerifyRequest.
 */
#define RDL_DTLS_HELLO_SEQUENCE_BITS 16
uint64_t rdl_dtls_hello_digest(const struct rdl_dtls_hello *hello, const struct rdl_key *key);
/* Of two such digests: their Hellos are to begin the same handshake, whatever their numbers. */
static inline bool rdl_dtls_hello_same_random(uint64_t one, uint64_t other)
{
	return (one ^ other) << RDL_DTLS_HELLO_SEQUENCE_BITS == 0;
}

/* Keys of cookies, made of one and of the time; a cookie is good for one to two periods. */
#define RDL_DTLS_COOKIE_PERIOD_S 60
struct rdl_dtls_cookies {
	struct rdl_key key;
	struct rdl_key current, previous;
	uint32_t period; /* of `current` */
};
void rdl_dtls_cookies_init(
	struct rdl_dtls_cookies *cookies, const struct rdl_key *key, uint32_t now_s);

/* The Hello's cookie is one that was made for it, and for where the datagram is from. */
bool rdl_dtls_cookie_is_good(struct rdl_dtls_cookies *cookies, const struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello, uint32_t now_s);

/*
 * Puts a HelloVerifyRequest into the place of the ClientHello, and its length into the datagram. It
 * is shorter than any Hello.
 */
void rdl_dtls_hello_verify(struct rdl_dtls_cookies *cookies, struct rdl_datagram *datagram,
	const struct rdl_dtls_hello *hello, uint32_t now_s);

#endif
