/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What comes from an address, out of a capture (pcapng) that is read as it comes: packets that came
 * in, and what became of the first of them.
 */
#include <string.h>

#include "ctl.h"
#include "why_command.h"

#define BLOCK_PACKET 6
#define OPTION_COMMENT 1
#define OPTION_FLAGS 2
#define INBOUND 1
/* Of a packet's block: what is before its octets. */
#define PACKET_HEAD 28
#define BLOCK_MAX (64u << 10)
/* What became of so many packets is printed. */
#define SHOWN 5

struct listening {
	unsigned came, said;
};

static uint32_t word_at(const uint8_t *octets)
{
	uint32_t word;

	memcpy(&word, octets, sizeof(word));
	return word;
}

static void say(struct listening *listening, struct rdl_span comment)
{
	if (listening->said++ >= SHOWN)
		return;
	fputs("  ", stdout);
	print_octets(comment);
	putchar('\n');
	fflush(stdout);
}

/* Options of a packet: two octets of what it is, two of its length, and padded to four. */
static void read_packet(struct listening *listening, const uint8_t *block, uint32_t len)
{
	struct rdl_span comment = { NULL, 0 };
	uint64_t at = PACKET_HEAD;
	bool inbound = false;

	if (len < PACKET_HEAD + 4)
		return;
	at += (word_at(block + 20) + UINT64_C(3)) & ~UINT64_C(3);
	while (at + 4 <= len - 4) {
		uint32_t head = word_at(block + at), octets = head >> 16;

		if ((head & 0xffff) == 0 || at + 4 + octets > len - 4)
			break;
		if ((head & 0xffff) == OPTION_COMMENT)
			comment = (struct rdl_span){ block + at + 4, octets };
		if ((head & 0xffff) == OPTION_FLAGS && octets == 4)
			inbound = (word_at(block + at + 4) & 3) == INBOUND;
		at += 4 + ((octets + 3) & ~3u);
	}
	if (!inbound)
		return;
	listening->came++;
	if (comment.len > 0)
		say(listening, comment);
}

/* Blocks, each of which begins with what it is and its length. */
static void read_blocks(struct listening *listening, const uint8_t *octets, size_t len)
{
	while (len >= 12) {
		uint32_t block = word_at(octets + 4);

		if (block < 12 || block > len)
			return;
		if (word_at(octets) == BLOCK_PACKET)
			read_packet(listening, octets, block);
		octets += block;
		len -= block;
	}
}

/* What follows a line; false: the gateway has gone. */
static bool take_octets(struct client *client, json_int_t octets, struct listening *listening)
{
	static uint8_t blocks[BLOCK_MAX];

	if (octets < 0 || octets > (json_int_t)sizeof(blocks) ||
		fread(blocks, 1, (size_t)octets, client->stream) != (size_t)octets)
		return false;
	read_blocks(listening, blocks, (size_t)octets);
	return true;
}

static void print_end(
	const struct listening *listening, json_int_t seconds, const char *from, bool is_address)
{
	printf("%u packets came from %s in %lld s%s\n", listening->came, from, (long long)seconds,
		listening->said > SHOWN ? ", the first of them above" : "");
	if (listening->came > 0)
		return;
	if (!is_address) {
		puts("    -> of an endpoint that is not registered nothing but its Registers is "
		     "known: --address ADDRESS\n"
		     "       listens to where it is");
		return;
	}
	puts("    -> nothing reaches the gateway from there: the device does not send, sends to "
	     "another address or\n"
	     "       port, or it is lost before: routes, firewalls, and NATs that forget; and is "
	     "it "
	     "this address that\n"
	     "       it comes from?");
}

int why_listen(struct client *client, const char *endpoint, const char *address, json_int_t seconds)
{
	struct listening listening = { 0, 0 };
	const char *member = address != NULL ? "address" : "endpoint";
	const char *from = address != NULL ? address : endpoint;
	json_t *line;
	enum client_result result = client_ask(client,
		json_pack("{s:s, s:s, s:I, s:I}", "command", "capture", member, from, "seconds",
			seconds, "count", (json_int_t)1000000),
		&line);

	printf("Listening %lld s to %s ...\n", (long long)seconds, from);
	fflush(stdout);
	while (result == CLIENT_DONE) {
		const char *wrong = client_error(line);
		bool over = json_object_get(line, "captured") != NULL;
		json_int_t octets = json_integer_value(json_object_get(line, "octets"));

		if (wrong != NULL)
			fprintf(stderr, "rdline-ctl: %s\n", wrong);
		json_decref(line);
		if (wrong != NULL)
			return CLIENT_NO_REPLY;
		if (over)
			break;
		if (!take_octets(client, octets, &listening)) {
			fprintf(stderr, "rdline-ctl: %s: the gateway has gone\n", client->path);
			return CLIENT_UNREACHED;
		}
		result = client_hear(client, &line);
	}
	if (result == CLIENT_DONE)
		print_end(&listening, seconds, from, address != NULL);
	return (int)result;
}
