/* SPDX-License-Identifier: BSD-3-Clause */
/* Where requests come from, what they say, and each as it was sent. */
#ifndef RDL_MODEL_REQUESTS_H
#define RDL_MODEL_REQUESTS_H

#include "model_lists.h"
#include "model_refusals.h"

#define GATEWAY4 "192.0.2.1"
#define GATEWAY4_TOO "198.51.100.1"
#define GATEWAY6 "2001:db8::1"

#define EXTRAS 20
/* Those that are kept, and those two that Updates may repeat. */
extern const char *const extra_names[EXTRAS + 2];

/* An address and UDP port that requests come from, and to: of one device or of several. */
struct source {
	const char *to, *tags;
	struct rdl_local local;
	char text[46];
	uint8_t address[16];
	uint16_t port;
	uint16_t next_id;
};
extern struct source sources[SOURCES];

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
void value_make(uint32_t number, char value[VALUE_MAX]);

void sms_make(uint32_t number, char value[VALUE_MAX]);

/* A location as it was given, and what is known of it. */
struct place {
	char id[ID_LEN + 1];
	uint8_t minor, root;
};

enum what { REGISTER, UPDATE, DEREGISTER, OTHER, ALIEN };

struct transfer {
	bool there, complete;
	bool muddled; /* whether it had to give way before it was begun again, nobody can tell */
	uint64_t first, last; /* by what the block that began it is known, and the last taken */
	uint64_t touched_ms;
	size_t len;
	uint64_t evictions; /* of its worker, before it was last touched */
};

/* A request in blocks. */
struct script {
	unsigned references;
	unsigned endpoint, source, session, worker;
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
	uint64_t known_by; /* its session, else its source, and its octets: copies have the same */
	enum what what;
	bool non;
	unsigned endpoint, source;
	unsigned session; /* 0: in clear text */
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

extern const struct sent *at_hand;

void script_drop(struct script *script);
struct sent *sent_hold(struct sent *q);
void sent_drop(struct sent *q);

/* FNV-1a of session or source, and octets. */
void identify(struct sent *q);

/* What `head` says, in these octets. */
struct sent *sent_new(const struct sent *head, const void *octets, size_t len);

/* The value of its Block1 option. */
uint32_t block_value(const struct sent *q);

void make_sources(void);

#endif
