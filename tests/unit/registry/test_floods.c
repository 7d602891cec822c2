/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store under floods of strangers whose registrations never end: what live devices and
 * newcomers still get. A table of 20,000 as the file has it: 89 pages, 44 of them for newcomers'
 * long lists, 22 kept for the live.
 */
#include "fixture.h"

#define NOW 5000
#define TABLE 20000
#define LARGE 100000 /* 186 pages, 46 of them kept */
#define VAST 400000 /* 553 pages, 138 of them kept, 196 put by for names */
#define FLEET 1000
#define FOR_EVER INT32_MAX
#define LONG_LINKS 350 /* a list of 1.4 KB */

static struct rdl_registry *registry;
static struct rdl_object_list *fleet_list;
static struct rdl_location fleet[FLEET];
static unsigned results[RDL_REGISTRY_NO_COPY + 1];

static struct rdl_peer source(uint32_t address)
{
	struct rdl_peer peer = { .port = 5683 };

	peer.address[10] = peer.address[11] = 0xff;
	rdl_put_be32(peer.address + 12, address);
	return peer;
}

/* Anywhere, never the same network twice in a row. */
static uint32_t anywhere(uint32_t i)
{
	return i * 2654435761u;
}

static uint32_t one_network(uint32_t i)
{
	return 0xc6336400 | (i & 0xff);
}

/* Like the urn:uuid: names of many devices: 45 octets. */
static struct rdl_span long_name(char name[64], const char *kind, unsigned i)
{
	snprintf(name, 64, "urn:uuid:%.4s0000-0000-4000-8000-%012u", kind, i);
	return span_of(name);
}

static struct rdl_span short_name(char name[64], const char *kind, unsigned i)
{
	snprintf(name, 64, "%s-%u", kind, i);
	return span_of(name);
}

static enum rdl_registry_result put(struct rdl_span name, const struct rdl_object_list *list,
	uint32_t address, struct rdl_location *location)
{
	struct rdl_request request = make_register(name, FOR_EVER, list);
	struct rdl_location ignored;

	request.peer = source(address);
	enum rdl_registry_result result = rdl_registry_register(registry, &request,
		RDL_HANDLE_UNKNOWN, NOW, location != NULL ? location : &ignored, changed());
	results[result]++;
	return result;
}

/* A list that nobody else has. */
static struct rdl_object_list *own_list(unsigned number, uint16_t links)
{
	struct rdl_object_list *list = make_list((uint16_t)(number >> 16 | 1), links, "");

	((rdl_object_link *)(list + 1))[0] = number;
	return list;
}

static enum rdl_registry_result put_own(
	struct rdl_span name, unsigned number, uint16_t links, uint32_t address)
{
	struct rdl_object_list *list = own_list(number, links);
	enum rdl_registry_result result = put(name, list, address, NULL);

	free(list);
	return result;
}

static bool update(unsigned i, const struct rdl_object_list *list)
{
	struct rdl_request request = { .operation = RDL_OPERATION_UPDATE,
		.gives = RDL_GIVES_OBJECTS,
		.list.objects = list,
		.peer = source(anywhere(i)) };

	return rdl_registry_update(registry, fleet[i].handle, &request, NOW, changed());
}

static int begin_with(uint64_t registrations)
{
	struct rdl_registry_config config = make_config(registrations);
	char name[64];

	config.name_octets = 48;
	config.prefix_percent = 50;
	registry = rdl_registry_create(&config);
	fleet_list = make_list(3, 6, "");
	if (registry == NULL)
		return -1;
	for (unsigned i = 0; i < FLEET; i++)
		put(long_name(name, "live", i), fleet_list, anywhere(i), &fleet[i]);
	memset(results, 0, sizeof(results));
	return 0;
}

static int begin(void **state)
{
	return begin_with(TABLE);
}

static int begin_large(void **state)
{
	return begin_with(LARGE);
}

static int begin_vast(void **state)
{
	return begin_with(VAST);
}

static int end(void **state)
{
	rdl_registry_destroy(registry);
	free(fleet_list);
	return 0;
}

/* All that live devices may ask for. */
static void expect_live_served(void)
{
	struct rdl_object_list *other = make_list(4, 20, "");
	char name[64];

	for (unsigned i = 0; i < FLEET; i++) {
		assert_int_equal(
			put(long_name(name, "live", i), fleet_list, anywhere(i), &fleet[i]),
			RDL_REGISTRY_REPLACED);
		assert_true(update(i, other));
	}
	for (unsigned i = 0; i < FLEET / 2; i++) {
		struct rdl_object_list *own = own_list(1u << 24 | i, LONG_LINKS);

		assert_true(update(i, own));
		free(own);
	}
	for (unsigned i = 0; i < FLEET; i++)
		assert_true(update(i, fleet_list));
	free(other);
}

/*
 * Newcomers whose lists are there, names as long as expected,
 * or with short lists of their own, until the table is full.
 */
static void expect_newcomers_served(unsigned most)
{
	enum rdl_registry_result result = RDL_REGISTRY_CREATED;
	struct rdl_registry_counts counts;
	char name[64];
	unsigned i = 0;

	for (; i < most && result == RDL_REGISTRY_CREATED; i++)
		result = i % 2 == 0 ? put(long_name(name, "new", i), fleet_list, anywhere(i), NULL)
				    : put_own(short_name(name, "new", i), 2u << 24 | i, 4,
					      anywhere(i));
	assert_int_equal(result, RDL_REGISTRY_FULL);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, TABLE);
	for (i = 0; i < FLEET; i++)
		assert_int_equal(
			put(long_name(name, "live", i), fleet_list, anywhere(i), &fleet[i]),
			RDL_REGISTRY_REPLACED);
}

static void test_long_lists_from_anywhere(void **state)
{
	char name[64];

	for (unsigned i = 0; i < 4000; i++)
		put_own(short_name(name, "flood", i), i, LONG_LINKS, anywhere(7 * i));
	assert_int_equal(results[RDL_REGISTRY_CREATED], 44 * (65536 / 1536));
	expect_live_served();
	expect_newcomers_served(TABLE);
}

/*
 * What is put by for names is theirs:
 * newcomers as they are expected fill the table whatever long lists have taken.
 */
static void test_names_beside_long_lists(void **state)
{
	struct rdl_registry_counts counts;
	char name[64];
	unsigned i;

	for (i = 0; results[RDL_REGISTRY_STORE_FULL] == 0; i++)
		put_own(short_name(name, "flood", i), i, LONG_LINKS, anywhere(7 * i));
	assert_in_range(results[RDL_REGISTRY_CREATED], 9000, 9300);
	for (i = 0; put(long_name(name, "new", i), fleet_list, anywhere(i), NULL) ==
		    RDL_REGISTRY_CREATED;)
		i++;
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, VAST);
	assert_int_equal(results[RDL_REGISTRY_FULL], 1);
	expect_live_served();
}

/*
 * Names and lists in short blocks, 96 octets each: they take three quarters of the store. The live
 * have the rest, and newcomers of the fleet who need nothing of the store fill the table.
 */
static void test_short_lists_from_anywhere(void **state)
{
	char name[64];
	unsigned i;

	for (i = 0; results[RDL_REGISTRY_STORE_FULL] == 0; i++)
		put_own(long_name(name, "floo", i), i, 8, anywhere(7 * i));
	assert_in_range(results[RDL_REGISTRY_CREATED], 95000, 96000);
	expect_live_served();
	for (i = 0; put(short_name(name, "new", i), fleet_list, anywhere(i), NULL) ==
		    RDL_REGISTRY_CREATED;)
		i++;
	struct rdl_registry_counts counts;
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, LARGE);
	expect_live_served();
}

/*
 * Ten times as many, out of one network:
 * others get as much of what is left as if it were not there.
 */
static void test_one_network(void **state)
{
	unsigned served = 0;
	char name[64];

	for (unsigned i = 0; i < 890; i++) {
		for (unsigned k = 0; k < 10; k++)
			put_own(short_name(name, "flood", 10 * i + k), 10 * i + k, LONG_LINKS,
				one_network(i));
		served += put_own(short_name(name, "long", i), 3u << 24 | i, LONG_LINKS,
				  anywhere(i)) == RDL_REGISTRY_CREATED;
	}
	assert_int_equal(served, 890);
	expect_live_served();
	expect_newcomers_served(TABLE);
}

/*
 * Lists that each come once, and then once more, crowd out nobody's:
 * a fleet of one list fills the table.
 */
static void test_many_lists(void **state)
{
	enum { LISTS = 4400 };
	struct rdl_registry_counts counts;
	char name[64];

	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < LISTS; i++)
			assert_int_equal(put_own(short_name(name, round == 0 ? "once" : "twice", i),
						 i, 4, anywhere(i)),
				RDL_REGISTRY_CREATED);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.object_lists, LISTS + 1);
	struct rdl_object_list *list = make_list(9, 30, "");
	for (unsigned i = 0; i < TABLE - FLEET - 2 * LISTS; i++)
		assert_int_equal(put(short_name(name, "fleet", i), list, anywhere(i), NULL),
			RDL_REGISTRY_CREATED);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, TABLE);
	assert_int_equal(counts.object_lists, LISTS + 2);
	free(list);
}

#define FLOOD_TEST(test, begin) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOOD_TEST(test_long_lists_from_anywhere, begin),
		FLOOD_TEST(test_names_beside_long_lists, begin_vast),
		FLOOD_TEST(test_short_lists_from_anywhere, begin_large),
		FLOOD_TEST(test_one_network, begin),
		FLOOD_TEST(test_many_lists, begin),
	};

	return RUN_EAL_TESTS(tests);
}
