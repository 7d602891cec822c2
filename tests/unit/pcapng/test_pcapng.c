/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks octet by octet, and a whole file as tcpdump reads it. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "frame.h"
#include "pcapng.h"

static const struct rdl_pcapng_statistics statistics = {
	.interface = 2, .time_ns = 0x0102030405060708, .captured = 5, .lost = 3
};

static struct rdl_pcapng_packet packet_of(const char *octets, const char *comment)
{
	return (struct rdl_pcapng_packet){ .interface = 1,
		.outbound = true,
		.time_ns = 0x0102030405060708,
		.octets = span_of(octets),
		.whole_len = 1500,
		.comment = span_of(comment) };
}

enum kind { SECTION, INTERFACE, PACKET, PACKET_WITHOUT, STATISTICS };

static void put(struct rdl_cursor *out, enum kind kind)
{
	struct rdl_pcapng_packet packet = packet_of("abcde", kind == PACKET ? "why" : "");

	if (kind == SECTION)
		rdl_pcapng_section(out, "rdline");
	else if (kind == INTERFACE)
		rdl_pcapng_interface(out, "net0", "", 2048);
	else if (kind == STATISTICS)
		rdl_pcapng_statistics(out, &statistics);
	else
		rdl_pcapng_packet(out, &packet);
}

static const char *const blocks[] = {
	[SECTION] = "0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff"
		    "0400 0600 72646c696e65 0000 0000 0000 2c000000",
	[INTERFACE] = "01000000 28000000 0100 0000 00080000 0200 0400 6e657430"
		      "0900 0100 09 000000 0000 0000 28000000",
	[PACKET] = "06000000 3c000000 01000000 04030201 08070605 05000000 dc050000"
		   "6162636465 000000 0100 0300 776879 00 0200 0400 02000000 0000 0000 3c000000",
	[PACKET_WITHOUT] = "06000000 34000000 01000000 04030201 08070605 05000000 dc050000"
			   "6162636465 000000 0200 0400 02000000 0000 0000 34000000",
	[STATISTICS] = "05000000 34000000 02000000 04030201 08070605 0400 0800 0800000000000000"
		       "0500 0800 0300000000000000 0000 0000 34000000",
};

static void test_octets(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(blocks); i++) {
		uint8_t want[256];
		size_t len = unhex(blocks[i], want, sizeof(want));
		uint8_t *got = guard_alloc(len);
		struct rdl_cursor out = rdl_cursor(got, len);

		put(&out, (enum kind)i);
		assert_false(out.failed);
		assert_ptr_equal(out.pos, got + len);
		assert_memory_equal(got, want, len);
		guard_free(got, len);
	}
}

/* Wherever the room ends, the cursor has failed, and nothing is written beyond it. */
static void test_no_room(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(blocks); i++) {
		uint8_t want[256];
		size_t len = unhex(blocks[i], want, sizeof(want));

		for (size_t room = 0; room < len; room++) {
			uint8_t *got = guard_alloc(room);
			struct rdl_cursor out = rdl_cursor(got, room);

			put(&out, (enum kind)i);
			assert_true(out.failed);
			guard_free(got, room);
		}
	}
}

/* A comment is cut where a character ends, and no block is longer than is said. */
static void test_long_text(void **state)
{
	for (size_t lead = 0; lead < 3; lead++) {
		char comment[RDL_PCAPNG_TEXT_MAX + 100];
		uint8_t got[RDL_PCAPNG_BLOCK_MAX(5, RDL_PCAPNG_TEXT_MAX)];
		struct rdl_cursor out = rdl_cursor(got, sizeof(got));
		size_t len = lead;

		memset(comment, 'x', lead);
		for (; len + 3 < sizeof(comment); len += 3)
			memcpy(comment + len, "\xe2\x82\xac", 3);
		comment[len] = '\0';
		struct rdl_pcapng_packet packet = packet_of("abcde", comment);
		rdl_pcapng_packet(&out, &packet);
		assert_false(out.failed);
		uint16_t kept;
		memcpy(&kept, got + 28 + 8 + 2, sizeof(kept));
		assert_int_equal(kept, lead + (RDL_PCAPNG_TEXT_MAX - lead) / 3 * 3);
		assert_memory_equal(got + 28 + 8 + 4, comment, kept);
	}
}

static void write_file(int fd)
{
	static uint8_t octets[8192];
	struct rdl_cursor out = rdl_cursor(octets, sizeof(octets));
	const struct frame_spec spec = {
		.from = "192.0.2.77", .to = "192.0.2.1", .payload = "hello", .payload_len = 5
	};
	struct test_frame frame = frame_build(&spec);
	struct rdl_pcapng_packet packet = { .time_ns = UINT64_C(1700000000123456789),
		.octets = { frame.data, frame.len },
		.whole_len = (uint32_t)frame.len,
		.comment = span_of("a comment") };

	rdl_pcapng_section(&out, "rdline");
	rdl_pcapng_interface(&out, "net0", "the first", 2048);
	rdl_pcapng_interface(&out, "net1", "the other", 2048);
	rdl_pcapng_packet(&out, &packet);
	packet.interface = 1;
	packet.time_ns += 1000000;
	packet.octets.len -= 1;
	rdl_pcapng_packet(&out, &packet);
	for (uint32_t i = 0; i < 2; i++)
		rdl_pcapng_statistics(
			&out, &(struct rdl_pcapng_statistics){ .interface = i, .captured = 1 });
	assert_false(out.failed);
	assert_int_equal(write(fd, octets, (size_t)(out.pos - octets)), out.pos - octets);
}

static void test_tcpdump(void **state)
{
	char name[] = "/tmp/rdl-pcapng-XXXXXX", command[128], line[512];
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	write_file(fd);
	close(fd);
	snprintf(command, sizeof(command), "tcpdump -n -tt --nano -r %s 2>&1", name);
	FILE *read = popen(command, "r");
	assert_non_null(read);
	static const char *const wanted[] = { "reading from file",
		"1700000000.123456789 IP 192.0.2.77.40000 > 192.0.2.1.5683: UDP, length 5",
		"1700000000.124456789 IP 192.0.2.77.40000 > 192.0.2.1.5683: UDP, length 5" };
	for (size_t i = 0; i < RDL_ARRAY_LEN(wanted); i++) {
		assert_non_null(fgets(line, sizeof(line), read));
		if (strstr(line, wanted[i]) == NULL)
			fail_msg("%s: not in %s", wanted[i], line);
	}
	assert_null(fgets(line, sizeof(line), read));
	assert_int_equal(pclose(read), 0);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_tcpdump),
	};

	return RUN_TESTS(tests);
}
