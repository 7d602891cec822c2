/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets are to be captured. */
#include <arpa/inet.h>

#include "capture_stream.h"

#define IPV4_BITS 32
#define IPV6_BITS 128
/* Before an IPv4 address among IPv6 ones. */
#define MAPPED_BITS (IPV6_BITS - IPV4_BITS)

/* ADDRESS[/BITS]; false: it is neither. */
static bool read_network(struct rdl_span text, struct rdl_capture_wish *wish)
{
	static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };
	char address[INET6_ADDRSTRLEN];
	const uint8_t *slash = memchr(text.data, '/', text.len);
	size_t len = slash != NULL ? (size_t)(slash - text.data) : text.len;
	uint64_t most = IPV6_BITS, bits;

	if (len >= sizeof(address) || memchr(text.data, '\0', text.len) != NULL)
		return false;
	memcpy(address, text.data, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, wish->address + sizeof(mapped)) == 1) {
		memcpy(wish->address, mapped, sizeof(mapped));
		most = IPV4_BITS;
	} else if (inet_pton(AF_INET6, address, wish->address) != 1) {
		return false;
	}
	bits = most;
	if (slash != NULL && (!rdl_decimal((struct rdl_span){ slash + 1, text.len - len - 1 },
				      UINT64_MAX, &bits) ||
				     bits > most))
		return false;
	wish->bits = (uint8_t)(bits + (most == IPV4_BITS ? MAPPED_BITS : 0));
	wish->by_address = true;
	return true;
}

const char *capture_read_wish(const struct command *command, struct rdl_capture_wish *wish)
{
	*wish = (struct rdl_capture_wish){ .every = (uint32_t)command->every };
	if (command->endpoint.len > 0 && command->address.len > 0)
		return "endpoint and address: one of them";
	if (command->address.len > 0 && !read_network(command->address, wish))
		return "address: not an address, or ADDRESS/BITS";
	if (command->endpoint.len > 0) {
		wish->by_endpoint = true;
		wish->endpoint_len = (uint8_t)command->endpoint.len;
		memcpy(wish->endpoint, command->endpoint.data, command->endpoint.len);
	}
	return NULL;
}

bool capture_ask_endpoint(const struct owners *owners, struct rdl_capture_wish *wish)
{
	struct question *answer = ask_endpoint(owners, QUESTION_REGISTRATION,
		(struct rdl_span){ wish->endpoint, wish->endpoint_len });

	if (answer == NULL)
		return false;
	/* While it is not registered, what is known of it is where it was. */
	if (answer->found) {
		wish->located = wish->by_address = true;
		wish->location = answer->registration.location;
		memcpy(wish->address, answer->registration.peer.address, sizeof(wish->address));
		wish->bits = IPV6_BITS;
	}
	ask_done(answer);
	return true;
}
