/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client's handshake messages in fragments. Each seven octets of the input are one: which
 * message, its type and length, and where in it. What is taken is what a map of the octets that
 * were there says, octet for octet; the same input is read as fragments are in a record.
 */
#include "fuzz.h"

#include "messages.h"

#define OPERATION 7
#define FIRST 65534
#define AHEAD 3
#define HEADER 12
#define LENGTH_MAX 1100

static const uint8_t types[] = { RDL_HANDSHAKE_CERTIFICATE, RDL_HANDSHAKE_CLIENT_KEY_EXCHANGE, 20 };

/* Messages of which something is there, by their number's remainder. */
struct known {
	bool any;
	uint8_t type;
	uint32_t length;
	bool there[LENGTH_MAX];
};

static unsigned place_of(uint16_t sequence)
{
	return (uint16_t)(sequence - FIRST) % AHEAD;
}

static uint8_t octet_of(uint16_t sequence, size_t at)
{
	return (uint8_t)(sequence * 31 + at * 7);
}

static void check_read(struct rdl_span octets)
{
	struct rdl_handshake_fragment fragment;
	struct rdl_span before = octets;

	while (rdl_handshake_fragment_read(&octets, &fragment)) {
		CHECK(fragment.octets.len == 0 ||
			inside(before, fragment.octets.data, fragment.octets.len));
		CHECK(octets.data == fragment.octets.data + fragment.octets.len);
	}
	CHECK(octets.len <= before.len);
}

static void check_held(const struct rdl_handshake_messages *messages)
{
	size_t held = 0;

	for (const struct rdl_handshake_piece *p = messages->pieces; p != NULL; p = p->next)
		held += sizeof(*p) + p->len;
	CHECK(held == messages->held);
}

static bool is_whole(const struct known *known)
{
	for (uint32_t i = 0; i < known->length; i++)
		if (!known->there[i])
			return false;
	return known->any;
}

static void check_take(struct rdl_handshake_messages *messages, struct known known[AHEAD])
{
	static uint8_t whole[RDL_HANDSHAKE_MESSAGE_MAX];
	uint16_t sequence = messages->next;
	struct known *next = &known[place_of(sequence)];
	size_t len = rdl_handshake_messages_take(messages, whole);

	CHECK((len > 0) == is_whole(next));
	if (len > 0) {
		CHECK(len == HEADER + next->length && whole[0] == next->type);
		CHECK(rdl_get_be16(whole + 4) == sequence);
		for (size_t i = 0; i < next->length; i++)
			CHECK(whole[HEADER + i] == octet_of(sequence, i));
		*next = (struct known){ 0 };
	}
}

static void note(struct known *known, const struct rdl_handshake_fragment *fragment)
{
	if (known->length != fragment->length || known->type != fragment->type)
		*known = (struct known){ .type = fragment->type, .length = fragment->length };
	known->any = true;
	for (size_t i = 0; i < fragment->octets.len; i++)
		known->there[fragment->start + i] = true;
}

static void go_on(struct rdl_handshake_messages *messages, struct known known[AHEAD],
	struct rdl_span operation)
{
	uint16_t sequence = (uint16_t)(messages->next - 1 + fuzz_octet(&operation) % 6);
	uint8_t *octets = fuzz_alloc(256);
	struct rdl_handshake_fragment fragment = {
		.type = types[fuzz_octet(&operation) % RDL_ARRAY_LEN(types)],
		.sequence = sequence,
		.length = (uint32_t)(fuzz_octet(&operation) << 2 | fuzz_octet(&operation) % 4),
		.start = (uint32_t)(fuzz_octet(&operation) << 2 | fuzz_octet(&operation) % 4),
		.octets = { octets, fuzz_octet(&operation) },
	};

	for (size_t i = 0; i < 256; i++)
		octets[i] = octet_of(sequence, fragment.start + i);
	if (rdl_handshake_messages_want(messages, &fragment)) {
		CHECK((uint16_t)(sequence - messages->next) < AHEAD && fragment.type != 20);
		CHECK(fragment.start + fragment.octets.len <= fragment.length);
		note(&known[place_of(sequence)], &fragment);
		rdl_handshake_messages_put(messages, &fragment);
	}
	free(octets);
	check_held(messages);
	check_take(messages, known);
	check_held(messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct known known[AHEAD];
	struct rdl_handshake_messages messages = { .next = FIRST };
	struct rdl_span input = { data, size };

	memset(known, 0, sizeof(known));
	check_read(input);
	while (input.len >= OPERATION)
		go_on(&messages, known, fuzz_take(&input, OPERATION));
	rdl_handshake_messages_forget(&messages);
	CHECK(messages.held == 0 && messages.pieces == NULL);
	return 0;
}
