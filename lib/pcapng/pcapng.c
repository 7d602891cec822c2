/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

enum block {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LENGTH_UNKNOWN UINT64_MAX
#define LINK_ETHERNET 1
#define NANOSECONDS 9 /* the exponent of ten, negative */
#define FLAG_INBOUND 1u
#define FLAG_OUTBOUND 2u

/* A file is in the order of the machine that wrote it, and says so. */
static void put16(struct rdl_cursor *out, unsigned value)
{
	uint16_t octets = (uint16_t)value;

	rdl_cursor_bytes(out, &octets, sizeof(octets));
}

static void put32(struct rdl_cursor *out, uint32_t value)
{
	rdl_cursor_bytes(out, &value, sizeof(value));
}

static void put64(struct rdl_cursor *out, uint64_t value)
{
	rdl_cursor_bytes(out, &value, sizeof(value));
}

/* All that is in a block lies at a multiple of four octets. */
static void put_padded(struct rdl_cursor *out, struct rdl_span octets)
{
	static const uint8_t zeros[3];

	rdl_cursor_bytes(out, octets.data, octets.len);
	rdl_cursor_bytes(out, zeros, -octets.len & 3);
}

/* A time is the two halves of a number, the higher one first whatever the order of octets. */
static void put_time(struct rdl_cursor *out, uint64_t time_ns)
{
	put32(out, (uint32_t)(time_ns >> 32));
	put32(out, (uint32_t)time_ns);
}

static void put_option(struct rdl_cursor *out, enum option code, struct rdl_span value)
{
	put16(out, code);
	put16(out, (unsigned)value.len);
	put_padded(out, value);
}

/* A text that is empty is no option. */
static void put_text(struct rdl_cursor *out, enum option code, struct rdl_span text)
{
	if (text.len > RDL_PCAPNG_TEXT_MAX) {
		text.len = RDL_PCAPNG_TEXT_MAX;
		/* Not within a character of UTF-8: the next octet would go on with it. */
		while (text.len > 0 && (text.data[text.len] & 0xc0) == 0x80)
			text.len--;
	}
	if (text.len > 0)
		put_option(out, code, text);
}

static struct rdl_span span_of(const char *text)
{
	return (struct rdl_span){ (const uint8_t *)text, strlen(text) };
}

/* Returns where its length goes, once that is known. */
static uint8_t *begin_block(struct rdl_cursor *out, enum block type)
{
	put32(out, type);
	return rdl_cursor_take(out, sizeof(uint32_t));
}

/* The length is a block's last word, too, by which a file can be read from its end. */
static void end_block(struct rdl_cursor *out, uint8_t *length)
{
	put_option(out, OPTION_END, (struct rdl_span){ NULL, 0 });
	if (out->failed)
		return;
	uint32_t len = (uint32_t)(out->pos + 2 * sizeof(uint32_t) - length);
	put32(out, len);
	if (!out->failed)
		memcpy(length, &len, sizeof(len));
}

void rdl_pcapng_section(struct rdl_cursor *out, const char *application)
{
	uint8_t *length = begin_block(out, BLOCK_SECTION);

	put32(out, BYTE_ORDER_MAGIC);
	/* Version 1.0. */
	put16(out, 1);
	put16(out, 0);
	put64(out, LENGTH_UNKNOWN);
	put_text(out, SECTION_APPLICATION, span_of(application));
	end_block(out, length);
}

void rdl_pcapng_interface(
	struct rdl_cursor *out, const char *name, const char *description, uint32_t snap)
{
	static const uint8_t resolution = NANOSECONDS;
	uint8_t *length = begin_block(out, BLOCK_INTERFACE);

	put16(out, LINK_ETHERNET);
	put16(out, 0);
	put32(out, snap);
	put_text(out, INTERFACE_NAME, span_of(name));
	put_text(out, INTERFACE_DESCRIPTION, span_of(description));
	put_option(out, INTERFACE_RESOLUTION, (struct rdl_span){ &resolution, 1 });
	end_block(out, length);
}

void rdl_pcapng_packet(struct rdl_cursor *out, const struct rdl_pcapng_packet *packet)
{
	uint32_t flags = packet->outbound ? FLAG_OUTBOUND : FLAG_INBOUND;
	uint8_t *length = begin_block(out, BLOCK_PACKET);

	put32(out, packet->interface);
	put_time(out, packet->time_ns);
	put32(out, (uint32_t)packet->octets.len);
	put32(out, packet->whole_len);
	put_padded(out, packet->octets);
	put_text(out, OPTION_COMMENT, packet->comment);
	put_option(out, PACKET_FLAGS, (struct rdl_span){ (uint8_t *)&flags, sizeof(flags) });
	end_block(out, length);
}

static void put_count(struct rdl_cursor *out, enum option code, uint64_t count)
{
	put_option(out, code, (struct rdl_span){ (uint8_t *)&count, sizeof(count) });
}

void rdl_pcapng_statistics(struct rdl_cursor *out, const struct rdl_pcapng_statistics *statistics)
{
	uint8_t *length = begin_block(out, BLOCK_STATISTICS);

	put32(out, statistics->interface);
	put_time(out, statistics->time_ns);
	put_count(out, STATISTICS_RECEIVED, statistics->captured + statistics->lost);
	put_count(out, STATISTICS_DROPPED, statistics->lost);
	end_block(out, length);
}
