/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What other threads ask the core that owns a registration, by its mailbox: one question at a time,
 * answered between two bursts.
 */
#ifndef RDL_SHARD_CORE_QUESTION_H
#define RDL_SHARD_CORE_QUESTION_H

#include "mailbox.h"
#include "shard.h"

/* For the turn and the answer together. */
#define QUESTION_WAIT_MS 500
/* The longest object list there is: 8192 links and as many versions, formats and root besides. */
#define QUESTION_LIST_MAX (160 * 1024)
/*
 * A page must fit telemetry's 16 KiB and 512 entries,
 * three octets for each when all are encoded.
 */
#define QUESTION_PAGE_MAX 4096
#define QUESTION_PAGE_NAMES 256

enum question_kind {
	QUESTION_REGISTRATION, /* of an endpoint */
	QUESTION_REMOVE, /* the same, and ends it */
	QUESTION_PAGE, /* endpoint names from a cursor on */
	QUESTION_ROWS, /* the same with what a list shows of each */
};

/* On a page of rows, before each name. */
struct question_row {
	struct rdl_peer peer;
	uint32_t identity; /* 0: it was made in clear text */
	rdl_binding binding;
	uint32_t lifetime_s;
	uint64_t expires_in_s;
	uint8_t minor;
	bool queue;
};

struct question {
	struct rdl_mailbox mailbox; /* says whose the rest is */
	/* question */
	enum question_kind kind;
	struct rdl_endpoint_digest digest;
	uint8_t endpoint_len;
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	uint64_t cursor;
	/* answer */
	bool found;
	/*
	 * Of a removal: the journal had no room for it; it is safe, or was not in time, also where
	 * there was nothing to remove any more.
	 */
	bool refused, safe;
	uint64_t now_ms, wall_ms; /* the same time by the shard's clock and by the wall's */
	bool asks; /* requests are sent to devices; and how it stands with this one */
	struct rdl_orders_look look;
	struct rdl_registration registration; /* its views point into what follows */
	uint8_t parameters[RDL_REGISTRY_PARAMETERS_MAX];
	uint64_t list[QUESTION_LIST_MAX / sizeof(uint64_t)];
	uint32_t page_len; /* names, each behind one octet of length; of rows behind its row */
	uint8_t page[QUESTION_PAGE_MAX];
	/* The owner's own: of a removal that is to be safe before it is answered; 0: of none. */
	uint64_t position;
};

/* By the owner, when one is pending. */
void question_answer(struct question *question, struct rdl_shard *shard, uint64_t now_ms);
/* By the owner, each round: answers a removal that is safe now, or takes too long for that. */
static inline bool question_waits(const struct question *question)
{
	return question->position != 0;
}
void question_settle(struct question *question, struct rdl_shard *shard, uint64_t now_ms);

#endif
