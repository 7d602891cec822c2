/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_sessions.h"

#include "dtls.h"
#include "gateway.h"
#include "identities_made.h"
#include "records.h"

/* Owners by number: two fleets for each endpoint, one for all, one for none; and their own. */
#define HUNDREDS 1
#define TENS 11
#define ANY 21
#define NOBODY 22
#define OWN 23
#define OWN_EVERY 25 /* of so many endpoints, one has an identity that is its name */
#define OWNERS (OWN + ENDPOINTS / OWN_EVERY - 1)
#define SESSIONS (2 * OWNERS)
#define SECURED_EVERY 11
#define SECURED_HUNDRED 3

struct rdl_identities *identities;
struct rdl_secured *secured;
const char *const secured_patterns[1] = { "03*" };
static struct rdl_dtls *table;
static uint32_t numbers[OWNERS + 1];
static unsigned session_sources[SESSIONS + 1];
static uint64_t settled_ms;

unsigned session_count(void)
{
	return SESSIONS;
}

unsigned owner_of_session(unsigned session)
{
	return session == 0 ? 0 : 1 + (session - 1) % OWNERS;
}

uint32_t number_of(unsigned owner)
{
	return numbers[owner];
}

static bool is_secured(unsigned endpoint)
{
	return endpoint % SECURED_EVERY == 3 || endpoint / 100 == SECURED_HUNDRED;
}

bool may_register(unsigned session, unsigned endpoint)
{
	unsigned owner = owner_of_session(session);

	if (owner == 0)
		return !is_secured(endpoint);
	if (owner < TENS)
		return endpoint / 100 % 10 == owner - HUNDREDS;
	if (owner < ANY)
		return endpoint / 10 % 10 == owner - TENS;
	if (owner < OWN)
		return owner == ANY;
	return endpoint == (owner - OWN) * OWN_EVERY;
}

unsigned source_of_session(unsigned session)
{
	if (one_in(12))
		session_sources[session] = (unsigned)dice(SOURCES);
	return session_sources[session];
}

unsigned other_than_session(unsigned session)
{
	if (session != 0 && one_in(2))
		return session <= OWNERS ? session + OWNERS : session - OWNERS;
	return (session + 1 + (unsigned)dice(SESSIONS)) % (SESSIONS + 1);
}

unsigned some_session_for(unsigned endpoint)
{
	unsigned found = 0, n = 0;

	for (unsigned s = 1; s <= SESSIONS; s++)
		if (may_register(s, endpoint) && dice(++n) == 0)
			found = s;
	return found;
}

/* ---- identities ---- */

static void put_name(struct rdl_cursor *names, const char *name)
{
	rdl_cursor_u8(names, (uint8_t)strlen(name));
	rdl_cursor_text(names, name);
}

static uint32_t intern_key(unsigned owner, const char *name)
{
	uint8_t digest[32], octets[8];
	struct rdl_cursor names = rdl_cursor(octets, sizeof(octets));
	const struct rdl_identity identity = { RDL_IDENTITY_RPK, { digest, sizeof(digest) } };

	memset(digest, (int)owner, sizeof(digest));
	if (name != NULL)
		put_name(&names, name);
	return rdl_identities_intern(
		identities, &identity, (struct rdl_span){ octets, (size_t)(names.pos - octets) });
}

static uint32_t intern_fleet(unsigned owner)
{
	char text[64], pattern[8];
	uint8_t octets[64];
	struct rdl_cursor names = rdl_cursor(octets, sizeof(octets));

	snprintf(text, sizeof(text), "fleet %u", owner);
	if (owner >= TENS) {
		put_name(&names, "another name before it");
		snprintf(pattern, sizeof(pattern), "??%u*", owner - TENS);
	} else {
		snprintf(pattern, sizeof(pattern), "?%u*", owner - HUNDREDS);
	}
	put_name(&names, pattern);
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, span_of(text) };
	return rdl_identities_intern(
		identities, &identity, (struct rdl_span){ octets, (size_t)(names.pos - octets) });
}

static uint32_t intern_owner(unsigned owner)
{
	if (owner < ANY)
		return intern_fleet(owner);
	if (owner < OWN)
		return intern_key(owner, owner == ANY ? "*" : NULL);
	return identity_made(identities, owner % 2 == 0 ? RDL_IDENTITY_PSK : RDL_IDENTITY_X509,
		span_of(endpoints[(owner - OWN) * OWN_EVERY].name));
}

static void intern_all(void)
{
	for (unsigned i = 1; i <= OWNERS; i++) {
		numbers[i] = intern_owner(i);
		CHECK(numbers[i] != 0);
	}
}

static void let_all_go(void)
{
	for (unsigned i = 1; i <= OWNERS; i++)
		rdl_identities_release(identities, numbers[i]);
	settled_ms += 1000 * 1000;
	identities_settle(identities, settled_ms);
}

void sessions_renew(void)
{
	bool holds[OWNERS + 1] = { false };
	uint32_t before[OWNERS + 1], held = 0;

	for (unsigned i = 0; i < ENDPOINTS; i++)
		if (endpoints[i].record == LIVE)
			holds[endpoints[i].owner] = true;
	let_all_go();
	for (unsigned i = 1; i <= OWNERS; i++)
		held += holds[i];
	for (unsigned s = 0; s < SHARDS; s++)
		if (ledgers[s].slice)
			held = identities_count(identities);
	CHECK(identities_count(identities) == held);
	memcpy(before, numbers, sizeof(before));
	intern_all();
	for (unsigned i = 1; i <= OWNERS; i++)
		CHECK(!holds[i] || numbers[i] == before[i]);
}

void sessions_end(void)
{
	let_all_go();
	CHECK(identities_count(identities) == 0);
}

/* ---- records ---- */

size_t record_make(unsigned session, const void *message, size_t len, uint8_t *record)
{
	memset(record, 0xaa, RECORD_HEAD);
	rdl_put_be32(record, session);
	rdl_put_be32(record + 4, numbers[owner_of_session(session)]);
	memcpy(record + RECORD_HEAD, message, len);
	memset(record + RECORD_HEAD + len, 0xbb, RECORD_TAIL);
	return RECORD_HEAD + len + RECORD_TAIL;
}

static void seal(uint8_t *text, size_t len)
{
	memset(text - REPLY_HEAD, 0xcc, REPLY_HEAD);
	for (size_t i = 0; i < len; i++)
		text[i] ^= RECORD_SEAL;
	memset(text + len, 0xdd, RECORD_TAIL);
}

size_t record_of_reply(const void *message, size_t len, uint8_t *record)
{
	memcpy(record + REPLY_HEAD, message, len);
	seal(record + REPLY_HEAD, len);
	return REPLY_HEAD + len + RECORD_TAIL;
}

/* In place of the library's: whatever comes by the secure port is a record of these. */
void rdl_dtls_open(
	struct rdl_dtls *dtls, struct rdl_dtls_item items[], unsigned count, uint32_t now_s)
{
	(void)now_s;
	CHECK(dtls == table && count <= RDL_DTLS_BURST);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_datagram *datagram = items[i].datagram;

		CHECK(datagram->len >= RECORD_HEAD + RECORD_TAIL);
		items[i].verdict = RDL_DTLS_MESSAGE;
		items[i].request_head = RECORD_HEAD;
		items[i].head = REPLY_HEAD;
		items[i].tail = RECORD_TAIL;
		items[i].rest_len = 0;
		datagram->session = rdl_get_be32(datagram->data);
		datagram->identity = rdl_get_be32(datagram->data + 4);
		datagram->data += RECORD_HEAD;
		datagram->len = (uint16_t)(datagram->len - RECORD_HEAD - RECORD_TAIL);
	}
}

void rdl_dtls_seal(struct rdl_dtls *dtls, struct rdl_dtls_seal items[], unsigned count)
{
	CHECK(dtls == table);
	for (unsigned i = 0; i < count; i++) {
		CHECK(items[i].session > 0 && items[i].session <= SESSIONS);
		seal(items[i].text, items[i].len);
		items[i].sealed = true;
	}
}

/* ---- begin and end ---- */

static void *zeroed(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, rdl_whole_lines(len));

	CHECK(memory != NULL);
	return memset(memory, 0, rdl_whole_lines(len));
}

static void make_secured(void)
{
	secured = rdl_secured_init(ENDPOINTS, zeroed(rdl_secured_memory(ENDPOINTS)));
	for (unsigned i = 3; i < ENDPOINTS; i += SECURED_EVERY) {
		const struct rdl_span name = span_of(endpoints[i].name);
		struct rdl_endpoint_digest digest;

		rdl_siphash128(&gateway_endpoint_key, name.data, name.len, digest.word);
		CHECK(rdl_secured_add(secured, digest));
	}
}

struct rdl_dtls *sessions_table(void)
{
	return table;
}

void sessions_start(void)
{
	const struct rdl_dtls_config config = { .workers = 1, .handshakers = 1, .handshakes = 1 };

	table = rdl_dtls_init(&config, zeroed(rdl_dtls_memory(&config)));
	CHECK(table != NULL);
	identities = identities_made(OWNERS);
	make_secured();
	intern_all();
	for (unsigned i = 1; i <= SESSIONS; i++)
		session_sources[i] = (unsigned)dice(SOURCES);
}

void sessions_stop(void)
{
	free(table);
	free(identities);
	free(secured);
}
