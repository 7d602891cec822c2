/* SPDX-License-Identifier: BSD-3-Clause */
/* Where requests come from, what they say, and each as it was sent. */
#ifndef RDL_MODEL_REQUESTS_H
#define RDL_MODEL_REQUESTS_H

#include <arpa/inet.h>

#include "model_lists.h"
#include "model_refusals.h"

#define EXTRAS 20
/* Those that are kept, and those two that Updates may repeat. */
static const char *const extra_names[EXTRAS + 2] = { "imei", "x", "note", "k", "k2", "kk", "y", "z",
	"apn", "imsi", "icc", "ctm", "chip", "sv", "mod", "epi", "et", "d", "mccv", "e", "lwm2m",
	"ep" };

/* An address and UDP port that requests come from: of one device or of several. */
struct source {
	char text[46];
	uint8_t address[16];
	uint16_t port;
	uint16_t next_id;
};
static struct source sources[SOURCES];

#define GIVES_LIFETIME 1u
#define GIVES_BINDING 2u
#define GIVES_SMS 4u
#define GIVES_LIST 8u
#define GIVES_VERSION 16u
#define GIVES_EXTRA(i) (32u << (i))
#define GIVES_EXTRAS (GIVES_EXTRA(EXTRAS) - GIVES_EXTRA(0))

/* What a request says, and what is kept of a registration. */
struct facts {
	unsigned gives;
	uint64_t lifetime_said;
	uint32_t lifetime_s;
	uint8_t minor;
	bool queue;
	char binding[8];
	uint32_t sms, extra[EXTRAS]; /* numbers that the values are made from; 0: none */
	struct kept_list list;
	unsigned source;
};

#define VALUE_MAX 251
#define FAT_VALUE (1u << 31)
/* The value that a number stands for. */
static inline void value_make(uint32_t number, char value[VALUE_MAX])
{
	size_t len = number >= FAT_VALUE ? 210 + number % 40 : number % 12;

	for (size_t i = 0; i < len; i++)
		value[i] = (char)('a' + (number >> i % 16) % 23);
	value[len] = '\0';
}

static inline void sms_make(uint32_t number, char value[VALUE_MAX])
{
	snprintf(value, VALUE_MAX, number % 2 == 0 ? "+%" PRIu32 : "sip:%" PRIu32, number);
}

/* A location as it was given, and what is known of it. */
struct place {
	char id[ID_LEN + 1];
	uint8_t minor, root;
};

enum what { REGISTER, UPDATE, DEREGISTER, OTHER, ALIEN };

struct transfer {
	bool there, complete;
	bool muddled; /* whether it had to give way before it was begun again, nobody can tell */
	uint64_t first, last; /* identities of the block that began it, and of the last taken */
	uint64_t touched_ms;
	size_t len;
	uint64_t evictions; /* of its worker, before it was last touched */
};

/* A request in blocks. */
struct script {
	unsigned references;
	unsigned endpoint, source, worker;
	enum what what;
	struct place place;
	struct facts facts;
	const struct refusal *refusal;
	uint32_t tag;
	uint8_t szx;
	uint32_t next, count; /* blocks */
	struct transfer at[WORKERS];
	size_t len;
	char body[];
};

/* A message as it was sent. */
struct sent {
	unsigned references;
	uint64_t identity; /* of its source and octets: copies have the same */
	enum what what;
	bool non;
	unsigned endpoint, source;
	struct place place; /* of what is not a Register */
	struct facts facts;
	const struct refusal *refusal; /* or NULL */
	const struct alien *alien;
	struct script *script; /* of a block of several, or NULL */
	bool has_block, more;
	uint32_t num;
	uint8_t szx;
	bool too_large; /* says its Size1 */
	bool performed; /* the last time in that second */
	uint32_t performed_s;
	size_t payload_len;
	size_t len;
	uint8_t octets[];
};

static const struct sent *at_hand;

static void explain(void)
{
	static const char *const names[] = { "Register", "Update", "De-register", "other method",
		"other" };
	const struct sent *q = at_hand;

	if (q == NULL)
		return;
	print_error("# request %" PRIx64 ", endpoint %u, %s, source %s %u, place %s, refusal %s\n",
		q->identity, q->endpoint, names[q->what], sources[q->source].text,
		sources[q->source].port, q->place.id,
		q->refusal != NULL ? q->refusal->text : "none");
	print_octets("message", q->octets, q->len);
}

static inline void script_drop(struct script *script)
{
	if (script != NULL && --script->references == 0)
		free(script);
}

static inline struct sent *sent_hold(struct sent *q)
{
	q->references++;
	return q;
}

static inline void sent_drop(struct sent *q)
{
	if (q == NULL || --q->references > 0)
		return;
	script_drop(q->script);
	free(q);
}

/* FNV-1a of source and octets. */
static inline void identify(struct sent *q)
{
	q->identity = (UINT64_C(14695981039346656037) ^ q->source) * UINT64_C(1099511628211);
	for (size_t i = 0; i < q->len; i++)
		q->identity = (q->identity ^ q->octets[i]) * UINT64_C(1099511628211);
}

/* What `head` says, in these octets. */
static inline struct sent *sent_new(const struct sent *head, const void *octets, size_t len)
{
	struct sent *q = malloc(sizeof(*q) + len);

	CHECK(q != NULL);
	memcpy(q, head, sizeof(*q));
	q->references = 1;
	q->len = len;
	memcpy(q->octets, octets, len);
	identify(q);
	if (q->script != NULL)
		q->script->references++;
	return q;
}

/* The value of its Block1 option. */
static inline uint32_t block_value(const struct sent *q)
{
	return q->num << 4 | (uint32_t)q->more << 3 | q->szx;
}

static inline void make_sources(void)
{
	for (unsigned i = 0; i < SOURCES; i++) {
		struct source *s = &sources[i];

		if (i % 3 == 0)
			snprintf(s->text, sizeof(s->text), "2001:db8:7::%x", i + 1);
		else
			snprintf(s->text, sizeof(s->text), "10.7.%u.%u", i >> 4, 1 + (i & 15));
		s->port = (uint16_t)(1024 + i % 7);
		s->next_id = (uint16_t)dice(65536);
		if (i % 3 == 0) {
			CHECK(inet_pton(AF_INET6, s->text, s->address) == 1);
		} else {
			s->address[10] = s->address[11] = 0xff;
			CHECK(inet_pton(AF_INET, s->text, s->address + 12) == 1);
		}
	}
}

#endif
