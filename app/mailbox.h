/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions to the core that owns a registration. One asks at a time; the owner answers between two bursts; who asks
 * waits no longer than a limit. Nothing is read across cores.
 */
#ifndef RDL_APP_MAILBOX_H
#define RDL_APP_MAILBOX_H

#include <pthread.h>

#include "shard.h"

#define MAILBOX_WAIT_MS 500
/* The longest object list there is: 8192 links and as many versions, formats and root besides. */
#define MAILBOX_LIST_MAX (160 * 1024)
/* A page must fit telemetry's 16 KiB and 512 entries, three octets for each when all are encoded. */
#define MAILBOX_PAGE_MAX 4096
#define MAILBOX_PAGE_NAMES 256

enum mailbox_kind {
	MAILBOX_REGISTRATION, /* of an endpoint */
	MAILBOX_REMOVE, /* the same, and ends it */
	MAILBOX_PAGE, /* endpoint names from a cursor on */
	MAILBOX_ROWS, /* the same with what a list shows of each */
};

/* On a page of rows, before each name. */
struct mailbox_row {
	struct rdl_peer peer;
	rdl_binding binding;
	uint32_t lifetime_s;
	uint64_t expires_in_s;
	uint8_t minor;
	bool queue;
};

enum mailbox_state {
	MAILBOX_FREE,
	MAILBOX_ASKED, /* by anybody, for the owner */
	MAILBOX_ANSWERING, /* the owner is at it */
	MAILBOX_ANSWERED,
};

struct mailbox {
	pthread_mutex_t lock; /* of the turn */
	pthread_cond_t free;
	bool taken; /* by who asks, from question to answer: mailbox_take() */
	enum mailbox_state state; /* passes the rest between asker and owner (acquire, release) */
	enum mailbox_kind kind;
	/* question */
	struct rdl_endpoint_digest digest;
	uint8_t endpoint_len;
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	uint64_t cursor;
	/* answer */
	bool found;
	uint64_t now_ms, wall_ms; /* the same time by the shard's clock and by the wall's */
	struct rdl_registration registration; /* its views point into what follows */
	uint8_t parameters[RDL_REGISTRY_PARAMETERS_MAX];
	uint64_t list[MAILBOX_LIST_MAX / sizeof(uint64_t)];
	uint32_t page_len; /* names, each behind one octet of length; of rows behind its row */
	uint8_t page[MAILBOX_PAGE_MAX];
};

void mailbox_init(struct mailbox *mailbox);

/*
 * One asks at a time: takes the turn, until mailbox_give_back(). Who asks waits for turn and answer together no longer than
 * MAILBOX_WAIT_MS, until *end. False: others took all of it, and there is no turn to give back.
 */
bool mailbox_take(struct mailbox *mailbox, struct timespec *end);
void mailbox_give_back(struct mailbox *mailbox);

/* The question is in place. False when the owner did not answer in time; nothing is pending then. */
bool mailbox_ask(struct mailbox *mailbox, const struct timespec *end);

/* By the owner, each round: one load when nothing is asked. */
static inline bool mailbox_pending(const struct mailbox *mailbox)
{
	return __atomic_load_n(&mailbox->state, __ATOMIC_RELAXED) == MAILBOX_ASKED;
}
void mailbox_answer(struct mailbox *mailbox, struct rdl_shard *shard, uint64_t now_ms);

#endif
