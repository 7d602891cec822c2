/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <arpa/inet.h>

#include "net.h"

static void address_text(void **state)
{
	static const struct {
		const char *in, *out;
		bool ipv4;
	} cases[] = {
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "::ffff:255.255.255.255", "255.255.255.255", true },
		{ "::fffe:c000:201", "::fffe:c000:201", false },
		{ "1::ffff:c000:201", "1::ffff:c000:201", false },
		{ "2001:0DB8::0001", "2001:db8::1", false }, /* RFC 5952 sections 4.1 and 4.3 */
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", false },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", false },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", false },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
		{ "::", "::", false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_peer peer = { .port = 1 };
		char text[RDL_ADDRESS_TEXT];
		assert_int_equal(inet_pton(AF_INET6, cases[i].in, peer.address), 1);
		assert_int_equal(rdl_peer_is_ipv4(&peer), cases[i].ipv4);
		rdl_peer_address_text(&peer, text);
		assert_string_equal(text, cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(address_text) };
	return RUN_TESTS(tests);
}
