/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that send their lists in blocks, while others begin as many bodies as they can: with the
 * memory that the gateway has by default, and a clock of the test's own.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "blocks.h"

#define TRANSFERS 4096
#define BODY_MAX 8192
#define LIFETIME_S 247
#define DEVICE_EVERY_MS 50
#define DEVICE_BLOCKS 3

static const struct rdl_key key = { 41, 42 };
static const uint8_t octets[1024];
/* What passes between a device's blocks. */
static const unsigned gaps_ms[] = { 50, 1000, 5000 };
#define GAPS RDL_ARRAY_LEN(gaps_ms)

static struct rdl_blocks blocks;
static void *memory;
static uint64_t exchange, now_ms;

static int make_blocks(void **state)
{
	memory = aligned_alloc(RDL_CACHE_LINE, rdl_blocks_memory(TRANSFERS, BODY_MAX));
	assert_non_null(memory);
	memset(memory, 0, rdl_blocks_memory(TRANSFERS, BODY_MAX));
	rdl_blocks_init(&blocks, TRANSFERS, BODY_MAX, LIFETIME_S, memory);
	now_ms = 123456789;
	return 0;
}

static int free_blocks(void **state)
{
	free(memory);
	return 0;
}

static struct rdl_peer peer_of(const char *address, uint16_t port)
{
	struct rdl_peer peer = { .address = { [10] = 0xff, [11] = 0xff }, .port = port };

	if (strchr(address, ':') != NULL)
		assert_int_equal(inet_pton(AF_INET6, address, peer.address), 1);
	else
		assert_int_equal(inet_pton(AF_INET, address, peer.address + 12), 1);
	return peer;
}

/*
 * One block of `size` octets, the last one if fewer.
 * `id` names the registration that is updated, or is empty.
 */
struct block {
	struct rdl_peer peer;
	const char *id;
	uint32_t num;
	uint8_t szx;
	size_t len;
};

static enum rdl_block_result send_block(const struct message *m, const struct block *block)
{
	bool more = block->len == (size_t)16 << block->szx;
	struct rdl_input input = { .payload = { octets, block->len },
		.has_block1 = true,
		.block1 = { .num = block->num, .more = more, .szx = block->szx } };

	assert_int_equal(rdl_coap_parse((struct rdl_span){ m->octets, m->len }, &input.message),
		RDL_COAP_MESSAGE);
	struct rdl_block_key name =
		rdl_block_key(&input.message, &block->peer, 0, span_of(block->id), &key);
	return rdl_blocks_take(&blocks, &name, &input, ++exchange, now_ms).result;
}

/* ---- those that begin and never end ---- */

struct flood {
	const char *name;
	unsigned starts_per_s, seconds;
	const char *prefix; /* NULL: all of IPv4 */
	uint8_t szx;
	unsigned blocks; /* of each */
	const char *id; /* NULL: they are Registers */
};

/* The n-th source: some address and port of the prefix (of 10/8: of all of it), or of the world. */
static struct rdl_peer flood_peer(const struct flood *flood, uint64_t n)
{
	uint16_t port = (uint16_t)(1 + n % 65535);
	struct rdl_peer peer = peer_of(flood->prefix != NULL ? flood->prefix : "0.0.0.0", port);
	uint64_t random = rdl_siphash(&(struct rdl_key){ 1, 2 }, &n, sizeof(n));

	if (flood->prefix == NULL)
		memcpy(peer.address + 12, &random, 4);
	else if (strchr(flood->prefix, ':') != NULL)
		memcpy(peer.address + 8, &random, 8);
	else if (strcmp(flood->prefix, "10.0.0.0") == 0)
		memcpy(peer.address + 13, &random, 3);
	else
		peer.address[15] = (uint8_t)random;
	return peer;
}

static void flood_once(const struct flood *flood, const struct message *m, uint64_t n)
{
	struct block block = { .peer = flood_peer(flood, n),
		.id = flood->id != NULL ? flood->id : "",
		.szx = flood->szx,
		.len = (size_t)16 << flood->szx };

	for (; block.num < flood->blocks; block.num++)
		assert_int_equal(send_block(m, &block), RDL_BLOCK_MORE);
}

/* ---- devices ---- */

struct tally {
	unsigned ended, whole;
};

struct fleet {
	bool failed[4096];
	struct tally registers, updates;
};
static struct fleet fleets[GAPS];

/* Some from behind one address, others from networks of their own, of either family. */
static struct rdl_peer device_peer(unsigned number)
{
	char address[40];

	if (number % 4 < 2)
		snprintf(address, sizeof(address), "198.51.100.7");
	else if (number % 8 < 4)
		snprintf(address, sizeof(address), "10.%u.%u.1", number >> 8 & 0xff, number & 0xff);
	else
		snprintf(address, sizeof(address), "2001:db8:%x::1", number);
	return peer_of(address, (uint16_t)(1024 + number));
}

/*
 * Block `num` of the device that began as the number-th of its fleet:
 * 64 octets, or of the last one 34.
 */
static void device_block(unsigned fleet, unsigned number, uint32_t num)
{
	bool last = num == DEVICE_BLOCKS - 1, updates = number % 2 != 0;
	struct fleet *of = &fleets[fleet];
	struct tally *tally = updates ? &of->updates : &of->registers;
	char words[64], id[16];

	snprintf(id, sizeof(id), "%u-%u", fleet, number);
	snprintf(words, sizeof(words), "CON POST 11:rd %s%s", updates ? "11:" : "15:ep=", id);
	struct message m = line(words);
	struct block block = { .peer = device_peer(number),
		.id = updates ? id : "",
		.num = num,
		.szx = 2,
		.len = last ? 34 : 64 };
	enum rdl_block_result wanted = last ? RDL_BLOCK_COMPLETE : RDL_BLOCK_MORE;
	of->failed[number] |= send_block(&m, &block) != wanted;
	tally->ended += last;
	tally->whole += last && !of->failed[number];
}

/* What all devices of all fleets send in the ms-th millisecond. */
static void devices(uint64_t ms)
{
	for (unsigned fleet = 0; fleet < GAPS; fleet++)
		for (uint32_t num = 0; num < DEVICE_BLOCKS; num++) {
			uint64_t late = (uint64_t)num * gaps_ms[fleet];

			if (ms >= late && (ms - late) % DEVICE_EVERY_MS == 0)
				device_block(fleet, (unsigned)((ms - late) / DEVICE_EVERY_MS), num);
		}
}

static void expect_survival(const struct flood *flood)
{
	const struct message m = line("CON POST 11:rd 15:ep=f");
	uint64_t sent = 0;

	memset(fleets, 0, sizeof(fleets));
	for (uint64_t ms = 0; ms < flood->seconds * UINT64_C(1000); ms++, now_ms++) {
		for (; sent < ms * flood->starts_per_s / 1000; sent++)
			flood_once(flood, &m, sent);
		devices(ms);
	}
	for (unsigned i = 0; i < GAPS; i++) {
		const struct fleet *of = &fleets[i];

		print_message("# %s, gaps of %u ms: Registers %u of %u, Updates %u of %u\n",
			flood->name, gaps_ms[i], of->registers.whole, of->registers.ended,
			of->updates.whole, of->updates.ended);
	}
	for (unsigned i = 0; i < GAPS; i++) {
		const struct fleet *of = &fleets[i];

		assert_true(of->registers.ended > 100 && of->updates.ended > 100);
		assert_true(of->registers.whole * 100 >= of->registers.ended * 95);
		assert_true(of->updates.whole * 100 >= of->updates.ended * 99);
	}
}

/* Each flood meets an empty memory, and fills it. */
static void expect_survival_of_each(const struct flood floods[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free_blocks(NULL);
		make_blocks(NULL);
		expect_survival(&floods[i]);
		assert_true(blocks.transfers.gave_way > 0);
	}
}

/* Long enough each to fill the memory, and to go on as long as a device needs. */
static void test_one_network(void **state)
{
	static const struct flood floods[] = {
		{ "50,000/s of 16 octets from a /24", 50000, 25, "203.0.113.0", 0, 1, NULL },
		{ "50,000/s of 64 octets from a /64", 50000, 25, "2001:db8:f:f::", 2, 1, NULL },
		{ "50,000/s of 1024 octets from a /24", 50000, 25, "203.0.113.0", 6, 1, NULL },
		{ "50,000/s of two blocks each from a /24", 50000, 25, "203.0.113.0", 0, 2, NULL },
	};

	expect_survival_of_each(floods, RDL_ARRAY_LEN(floods));
}

static void test_anywhere(void **state)
{
	static const struct flood floods[] = {
		{ "5,000/s of 16 octets from anywhere", 5000, 90, NULL, 0, 1, NULL },
		{ "5,000/s of 64 octets from anywhere", 5000, 60, NULL, 2, 1, NULL },
		{ "5,000/s of 1024 octets from anywhere", 5000, 30, NULL, 6, 1, NULL },
		{ "5,000/s of two blocks of 64 from anywhere", 5000, 60, NULL, 2, 2, NULL },
		{ "5,000/s to one registration from anywhere", 5000, 90, NULL, 2, 1, "known" },
		{ "5,000/s of 64 octets from 65,536 networks", 5000, 60, "10.0.0.0", 2, 1, NULL },
	};

	expect_survival_of_each(floods, RDL_ARRAY_LEN(floods));
}

/* What gave way is not refused while its client may ask; what never began nearly always is. */
static void test_silence(void **state)
{
	static const struct flood flood = { "", 0, 0, NULL, 0, 1, NULL };
	const struct message m = line("CON POST 11:rd 15:ep=f");
	struct block block = { .id = "", .num = 7, .len = 16 };
	unsigned all = 400000, silent = 0, refused = 0;

	for (uint64_t n = 0; n < all; n++) {
		now_ms += n % 5 == 0;
		flood_once(&flood, &m, n);
	}
	now_ms += RDL_EVICTED_MS / 2;
	for (uint64_t n = 0; n < all; n++) {
		block.peer = flood_peer(&flood, n);
		silent += send_block(&m, &block) == RDL_BLOCK_EVICTED;
		block.peer = flood_peer(&flood, n + 10000000);
		refused += send_block(&m, &block) == RDL_BLOCK_REFUSED;
	}
	print_message("# %u begun, %lu gave way, %u of them unanswered; of %u that had not begun, "
		      "%u refused\n",
		all, (unsigned long)blocks.transfers.gave_way, silent, all, refused);
	assert_true(blocks.transfers.gave_way > 50000);
	assert_true(silent >= blocks.transfers.gave_way);
	assert_true(refused > all / 100 * 99);
}

/* The memory is what it says: as many first blocks, or whole bodies, as it has room for. */
static void test_units(void **state)
{
	static const struct flood starts = { "", 0, 0, NULL, 0, 1, NULL },
				  bodies = { "", 0, 0, NULL, 6, 8, NULL };
	const struct message m = line("CON POST 11:rd 15:ep=f");
	uint64_t n = 0;

	while (blocks.transfers.gave_way == 0)
		flood_once(&starts, &m, n++);
	print_message("# %lu first blocks of 16\n", (unsigned long)n - 1);
	assert_int_equal(n - 1, blocks.transfers.unit_count);
	assert_true(n > 300000);
	free_blocks(NULL);
	make_blocks(NULL);
	for (n = 0; blocks.transfers.gave_way == 0;)
		flood_once(&bodies, &m, n++);
	assert_int_equal(n - 1, TRANSFERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_network, make_blocks, free_blocks),
		cmocka_unit_test_setup_teardown(test_anywhere, make_blocks, free_blocks),
		cmocka_unit_test_setup_teardown(test_silence, make_blocks, free_blocks),
		cmocka_unit_test_setup_teardown(test_units, make_blocks, free_blocks),
	};

	return RUN_TESTS(tests);
}
