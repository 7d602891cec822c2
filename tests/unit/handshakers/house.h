/* SPDX-License-Identifier: BSD-3-Clause */
/* A keeper and all that it keeps, with a database of its own. */
#ifndef RDL_TEST_HANDSHAKERS_HOUSE_H
#define RDL_TEST_HANDSHAKERS_HOUSE_H

#include "database.h"

#include "heard.h"
#include "keeper.h"

#define DIGEST RDL_SPAN("0123456789abcdef0123456789abcdef")
#define OTHER_DIGEST RDL_SPAN("fedcba9876543210fedcba9876543210")
#define NO_NAMES ((struct rdl_span){ (const uint8_t *)"", 0 })
#define KEY RDL_SPAN("0123456789abcdef")
/* The first look's. */
#define NOW UINT64_C(1000000)

struct house {
	struct database database;
	void *identities_memory, *secured_memory;
	struct keeper keeper;
	uint64_t now_ms;
};

static inline void *zeroed(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + 63) / 64 * 64);

	assert_non_null(memory);
	return memset(memory, 0, (len + 63) / 64 * 64);
}

/* With room for so many secured names. */
static inline struct house *house_begin(uint64_t secured)
{
	const struct rdl_identities_config identities = { .identities = 64, .octets = 64 };
	struct house *house = calloc(1, sizeof(*house));

	assert_non_null(house);
	database_begin(&house->database, NULL);
	house->identities_memory = zeroed(rdl_identities_memory(&identities));
	house->secured_memory = zeroed(rdl_secured_memory(secured));
	house->now_ms = NOW;
	house->keeper = (struct keeper){ .credentials = house->database.credentials,
		.reader = house->database.reader,
		.identities = rdl_identities_init(&identities, house->identities_memory),
		.secured = rdl_secured_init(secured, house->secured_memory),
		.endpoint_key = { 1, 2 } };
	return house;
}

static inline void house_end(struct house *house)
{
	database_end(&house->database);
	free(house->identities_memory);
	free(house->secured_memory);
	free(house);
}

/* Returns what it logged. */
static inline const char *load(struct house *house, int expected)
{
	listen_to();
	int ret = keeper_load(&house->keeper);
	const char *said = heard();

	assert_int_equal(ret, expected);
	return said;
}

static inline const char *look(struct house *house, uint64_t ms_later)
{
	listen_to();
	house->now_ms += ms_later;
	keeper_look(&house->keeper, house->now_ms);
	return heard();
}

static inline bool is_secured(const struct house *house, struct rdl_span name)
{
	struct rdl_endpoint_digest digest;

	rdl_siphash128(&house->keeper.endpoint_key, name.data, name.len, digest.word);
	return rdl_secured_has(house->keeper.secured, digest);
}

/* Which one-letter names of "abxyz" are secured. */
static inline const char *secured(const struct house *house)
{
	static char letters[8];
	char *to = letters;

	for (const char *from = "abxyz"; *from != '\0'; from++)
		if (is_secured(house, (struct rdl_span){ (const uint8_t *)from, 1 }))
			*to++ = *from;
	*to = '\0';
	return letters;
}

static inline struct rdl_identity psk_identity(struct rdl_span octets)
{
	return (struct rdl_identity){ RDL_IDENTITY_PSK, octets };
}

static inline struct rdl_identity rpk_identity(struct rdl_span octets)
{
	return (struct rdl_identity){ RDL_IDENTITY_RPK, octets };
}

/* As a handshake does; held. */
static inline uint32_t prove(
	struct house *house, struct rdl_identity identity, struct rdl_span names)
{
	uint32_t number = rdl_identities_intern(house->keeper.identities, &identity, names);

	assert_true(number > 0);
	return number;
}

static inline unsigned incarnation(const struct house *house, uint32_t number)
{
	return rdl_identities_incarnation(house->keeper.identities, number);
}

static inline bool permits(const struct house *house, uint32_t number, struct rdl_span endpoint)
{
	return rdl_identities_permit(house->keeper.identities, number, endpoint);
}

static inline void put(struct house *house, struct rdl_span identity, struct rdl_span names)
{
	database_put(&house->database, psk(identity), KEY, names);
}

static inline void put_many(struct house *house, unsigned count, const char *names)
{
	struct rdl_credentials_row *rows = calloc(count, sizeof(*rows));
	char(*identities)[8] = calloc(count, sizeof(*identities));
	struct rdl_credentials_tally tally;

	assert_non_null(rows);
	assert_non_null(identities);
	for (unsigned i = 0; i < count; i++) {
		snprintf(identities[i], sizeof(*identities), "%06u", i % 1000000);
		rows[i] = (struct rdl_credentials_row){
			.identity = psk((struct rdl_span){ (const uint8_t *)identities[i], 6 }),
			.key = KEY,
			.names = { (const uint8_t *)names, strlen(names) }
		};
	}
	if (!rdl_credentials_put(
		    house->database.credentials, rows, count, &tally, house->database.problem))
		fail_msg("%s", house->database.problem);
	free(identities);
	free(rows);
}

#endif
