/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Endpoint names chosen by what an outsider sees, to crowd one partition and to shed who belongs
 * there: by their ids in two lives, in every way that an octet or a bit can be looked at. They fill
 * the table as any names do.
 */
#include "fixture.h"

#define NOW 5000
#define CANDIDATES 200000
#define CHOSEN 100000 /* of a large table; the same are chosen for a small one, more strictly */

struct candidate {
	uint64_t first, second; /* ids, as words */
	uint64_t rank; /* the lower, the sooner it is chosen */
	uint32_t number, handle;
};

static struct candidate candidates[CANDIDATES];
static struct rdl_object_list *objects;
static struct rdl_speck key;

static enum rdl_registry_result perform(
	struct rdl_registry *registry, uint32_t number, struct rdl_location *location)
{
	char name[16];

	snprintf(name, sizeof(name), "node-%u", number);
	struct rdl_request request = make_register(span_of(name), 300, objects);
	return rdl_registry_register(
		registry, &request, RDL_HANDLE_UNKNOWN, NOW, location, changed());
}

static uint64_t id_of(const struct rdl_location *location)
{
	uint8_t text[RDL_LOCATION_LEN];
	uint64_t word = 0;

	rdl_location_encode(&key, location, text);
	assert_true(rdl_base64url_decode(text, &word));
	return word;
}

/* Each registers twice in an empty table, and goes. */
static int look(void **state)
{
	struct rdl_registry_config config = make_config(CHOSEN);
	struct rdl_registry *registry = rdl_registry_create(&config);

	if (registry == NULL)
		return -1;
	rdl_speck_expand(&key, &(struct rdl_key){ 11, 12 });
	objects = make_list(3, 2, "");
	for (uint32_t i = 0; i < CANDIDATES; i++) {
		struct rdl_location first, second;

		assert_int_equal(perform(registry, i, &first), RDL_REGISTRY_CREATED);
		assert_int_equal(perform(registry, i, &second), RDL_REGISTRY_REPLACED);
		deregister(registry, second.handle, NOW);
		candidates[i] =
			(struct candidate){ id_of(&first), id_of(&second), 0, i, first.handle };
	}
	rdl_registry_destroy(registry);
	return 0;
}

static int forget(void **state)
{
	free(objects);
	return 0;
}

/*
 * Ways to look at an id: octets, the first bits, the last ones, what two lives have in common; and
 * one that nobody has.
 */
enum way { OCTET = 0, FIRST_BITS = 8, LAST_BITS, SUM, DIFFERENCE, DISTANCE, NUMBER, PARTITION };

static uint64_t reversed(uint64_t word)
{
	uint64_t out = 0;

	for (unsigned bit = 0; bit < 64; bit++)
		out |= (word >> bit & 1) << (63 - bit);
	return out;
}

static uint64_t rank_of(const struct candidate *c, enum way way)
{
	switch (way) {
	case FIRST_BITS:
		return c->first;
	case LAST_BITS:
		return reversed(c->first);
	case SUM:
		return c->first + c->second;
	case DIFFERENCE:
		return c->second - c->first;
	case DISTANCE:
		return (uint64_t)__builtin_popcountll(c->first ^ c->second);
	case NUMBER:
		return c->number;
	case PARTITION:
		return c->handle >> 24;
	case OCTET:
	default:
		return c->first >> 8 * (unsigned)way & 0xff;
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void choose(enum way way)
{
	for (unsigned i = 0; i < CANDIDATES; i++)
		candidates[i].rank = rank_of(&candidates[i], way);
	qsort(candidates, CANDIDATES, sizeof(candidates[0]), by_rank);
}

/* How many of the chosen a table takes until the first is shed. */
static unsigned taken_by(uint64_t registrations)
{
	struct rdl_registry_config config = make_config(registrations);
	struct rdl_registry *registry = rdl_registry_create(&config);
	struct rdl_location location;
	unsigned taken = 0;

	assert_non_null(registry);
	while (taken < CANDIDATES &&
		perform(registry, candidates[taken].number, &location) == RDL_REGISTRY_CREATED)
		taken++;
	rdl_registry_destroy(registry);
	return taken;
}

static void test_chosen(void **state)
{
	for (unsigned way = OCTET; way < PARTITION; way++) {
		choose((enum way)way);
		assert_int_equal(taken_by(CHOSEN / 10), CHOSEN / 10);
		assert_int_equal(taken_by(CHOSEN), CHOSEN);
	}
}

/* Whoever saw the partition would need one row of it, 1.28 % of a table of 10,000. */
static void test_partition_seen(void **state)
{
	choose(PARTITION);
	assert_int_equal(taken_by(10000), rdl_registry_slots(10000));
	assert_int_equal(rdl_registry_slots(10000), 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_partition_seen),
	};

	if (eal_start(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, look, forget) + eal_stop(NULL);
}
