/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Endpoint names made to fall into one bucket:
 * they fill a table hashed by CRC, and do nothing to ours.
 */
#include "fixture.h"

#include <rte_hash.h>
#include <rte_hash_crc.h>

#define ENTRIES 1024 /* 128 buckets of eight */
#define NAMES 64

static char names[NAMES][24];

/*
 * What rte_hash makes of a hash: the bucket, and the other one that its key may lie in. Anybody can
 * compute a CRC; its seed is known too, or does not matter, since it shifts all hashes alike.
 */
static uint32_t places(uint32_t hash)
{
	return (hash & 127) | (hash >> 16 & 127) << 7;
}

static void craft(void)
{
	uint32_t wanted = 0;
	unsigned count = 0;

	for (unsigned i = 0; count < NAMES; i++) {
		char name[24] = { 0 };

		snprintf(name, sizeof(name), "urn:dev:mac:%08x", i);
		uint32_t where = places(rte_hash_crc(name, sizeof(name), 0));
		if (i == 0)
			wanted = where;
		if (where == wanted)
			memcpy(names[count++], name, sizeof(name));
	}
}

/*
 * The attack works where the hash is not keyed:
 * 16 names, and the 17th is refused in a table that is nearly empty.
 */
static void test_plain_crc(void **state)
{
	const struct rte_hash_parameters parameters = {
		.name = "plain",
		.entries = ENTRIES,
		.key_len = sizeof(names[0]),
		.hash_func = rte_hash_crc,
		.socket_id = SOCKET_ID_ANY,
	};
	struct rte_hash *hash = rte_hash_create(&parameters);
	unsigned taken = 0;

	assert_non_null(hash);
	while (taken < NAMES && rte_hash_add_key(hash, names[taken]) >= 0)
		taken++;
	assert_int_equal(taken, 16);
	rte_hash_free(hash);
}

static void test_registry(void **state)
{
	struct rdl_registry_config config = make_config(ENTRIES);
	struct rdl_registry *registry = rdl_registry_create(&config);
	struct rdl_object_list *objects = make_list(3, 1, "");
	struct rdl_location location;

	assert_non_null(registry);
	for (unsigned i = 0; i < NAMES; i++) {
		struct rdl_request request = make_register(span_of(names[i]), 60, objects);

		assert_int_equal(rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, 5000,
					 &location, changed()),
			RDL_REGISTRY_CREATED);
	}
	rdl_registry_destroy(registry);
	free(objects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_crc),
		cmocka_unit_test(test_registry),
	};

	craft();
	return RUN_EAL_TESTS(tests);
}
