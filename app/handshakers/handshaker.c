/* SPDX-License-Identifier: BSD-3-Clause */
#include "handshaker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "sessions.h"

#define BATCH 32
/* Handshakes that one look at the clock may wake: each ends at most, which takes a letter. */
#define WAKES 8
/* Letters that no flight may have: for what is told once. */
#define RESERVED WAKES
/* Letters that must be there before a parcel is read, or the clock: a flight's, and those. */
#define ENOUGH 32
/* Between rounds that find nothing, from microseconds on up to half a millisecond. */
#define PAUSE_MIN_NS 20000
#define PAUSE_MAX_NS 500000

struct rdl_channel_credit handshaker_credit(void)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_LETTER_SEND] = POST_LETTERS,
						    [RDL_LETTER_ESTABLISHED] = POST_LETTERS,
						    [RDL_LETTER_ENDED] = POST_LETTERS,
						    [RDL_LETTER_CLOSED] = POST_LETTERS } };
}

/* Goes back to where it came from; `again`: its session is open now. */
static void give_back(struct handshaker *handshaker, struct waiting waiting, bool again)
{
	void *message = waiting.parcel;

	waiting.parcel->again = again;
	rdl_channel_give_back(&handshaker->workers[waiting.from], &message, 1);
}

static void let_go(struct handshaker *handshaker, uint64_t session, bool again)
{
	struct waiting waiting;

	while (held_take(&handshaker->held, session, &waiting))
		give_back(handshaker, waiting, again);
}

/* Of sessions that had a slot before this one. */
static void let_older_go(struct handshaker *handshaker, uint64_t session)
{
	struct waiting waiting;

	while (held_take_older(&handshaker->held, session, &waiting))
		give_back(handshaker, waiting, false);
}

static void let_all_go(struct handshaker *handshaker)
{
	struct waiting waiting;

	while (held_take_any(&handshaker->held, &waiting))
		give_back(handshaker, waiting, false);
}

static void hold(struct handshaker *handshaker, struct waiting waiting)
{
	if (!held_add(&handshaker->held, waiting))
		give_back(handshaker, waiting, false); /* its client says it again */
}

static void tell(struct handshaker *handshaker, enum rdl_dtls_letter_kind kind, uint64_t session)
{
	post_send(&handshaker->post, post_take(&handshaker->post, kind, session));
}

/* ---- what the engine calls ---- */

static void send_flight(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct handshaker *handshaker = context;

	if (session == handshaker->refused)
		return;
	/* It is said again in time, as if the network had lost it. */
	if (handshaker->post.free_count <= RESERVED || len > RDL_LETTER_OCTETS) {
		__atomic_store_n(
			&handshaker->letters_lost, handshaker->letters_lost + 1, __ATOMIC_RELAXED);
		return;
	}
	struct rdl_dtls_letter *letter = post_take(&handshaker->post, RDL_LETTER_SEND, session);
	letter->flight.way = *way;
	letter->flight.len = len;
	memcpy(letter->flight.octets, octets, len);
	post_send(&handshaker->post, letter);
}

static uint16_t path(void *context, const struct rdl_peer *peer)
{
	const struct handshaker *handshaker = context;

	return rdl_paths_mtu(handshaker->paths, peer->address, rdl_clock_coarse_ms());
}

/* It cannot be told: its client hears nothing more, and begins anew. */
static void refuse(
	struct handshaker *handshaker, uint64_t session, const struct rdl_dtls_keys *keys)
{
	rdl_identities_release(handshaker->teller->config.identities, keys->identity);
	handshaker->refused = session;
	tell(handshaker, RDL_LETTER_ENDED, session);
	let_go(handshaker, session, false);
}

static void established(void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct handshaker *handshaker = context;
	uint64_t position = 0;

	if (handshaker->teller != NULL && keys->suite < RDL_DTLS_AEADS) {
		position = teller_established(handshaker->teller, session, keys);
		if (position == 0) {
			refuse(handshaker, session, keys);
			return;
		}
	}
	struct rdl_dtls_letter *letter =
		post_take(&handshaker->post, RDL_LETTER_ESTABLISHED, session);
	letter->keys = *keys;
	if (position != 0) {
		post_send_after(&handshaker->post, letter, position);
		return;
	}
	post_send(&handshaker->post, letter);
	let_go(handshaker, session, true);
}

/* What is on the disk now may leave: sessions whose worker then has them, and what follows. */
static void release(struct handshaker *handshaker)
{
	uint64_t confirmed, session;
	enum rdl_dtls_letter_kind kind;

	if (handshaker->post.waiting_count == 0)
		return;
	confirmed = teller_confirmed(handshaker->teller);
	while (post_go_on(&handshaker->post, confirmed, &kind, &session))
		if (kind == RDL_LETTER_ESTABLISHED)
			let_go(handshaker, session, true);
}

static void ended(void *context, uint64_t session)
{
	struct handshaker *handshaker = context;

	tell(handshaker, RDL_LETTER_ENDED, session);
	let_go(handshaker, session, false);
}

static void closed(void *context, uint64_t session)
{
	struct handshaker *handshaker = context;

	tell(handshaker, RDL_LETTER_CLOSED, session);
}

static bool lives(void *context, uint64_t session)
{
	const struct handshaker *handshaker = context;
	unsigned worker = rdl_dtls_partition(session) % handshaker->worker_count;

	return rdl_dtls_lives(handshaker->tables[worker], session);
}

/* ---- rounds ---- */

static bool take_all(struct handshaker *handshaker, unsigned worker)
{
	struct rdl_channel *channel = &handshaker->workers[worker];
	void *batch[BATCH];
	unsigned back = 0, n = rdl_channel_take(channel, batch, BATCH);

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind >= RDL_LETTER_SEND) {
			post_back(&handshaker->post, batch[i]);
			back++;
			continue;
		}
		struct waiting waiting = { batch[i], worker };
		enum rdl_handshake_class class =
			rdl_handshakes_class(handshaker->engine, waiting.parcel);
		waiting_add(&handshaker->lines, class, waiting);
	}
	rdl_channel_came_back(channel, back);
	return n > 0;
}

static void make(struct handshaker *handshaker, struct waiting waiting, uint64_t now_ms)
{
	/*
	 * Nobody waits for a handshake any more, and workers wait for their parcels. Who has asked
	 * something still has its reply.
	 */
	if (ending_is_asked(handshaker->ending) && waiting.parcel->kind != RDL_PARCEL_REPLY) {
		give_back(handshaker, waiting, false);
		return;
	}
	if (waiting.parcel->evicted != 0)
		let_go(handshaker, waiting.parcel->evicted, false);
	if (waiting.parcel->kind == RDL_PARCEL_BEGIN)
		let_older_go(handshaker, waiting.parcel->session);
	switch (rdl_handshakes_input(handshaker->engine, waiting.parcel, now_ms)) {
	case RDL_HANDSHAKE_TAKEN:
		give_back(handshaker, waiting, false);
		break;
	case RDL_HANDSHAKE_HOLD:
		hold(handshaker, waiting);
		break;
	case RDL_HANDSHAKE_AGAIN:
		if (post_opens_later(&handshaker->post, waiting.parcel->session))
			hold(handshaker, waiting);
		else
			give_back(handshaker, waiting, true);
		break;
	}
}

static void adopt_certificates(struct handshaker *handshaker)
{
	if (__atomic_load_n(&handshaker->has_next, __ATOMIC_RELAXED) == 0)
		return;
	pthread_mutex_lock(&handshaker->lock);
	rdl_handshakes_set_certificates(handshaker->engine, handshaker->next);
	handshaker->next = NULL;
	__atomic_store_n(&handshaker->has_next, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&handshaker->lock);
}

/* Each handshake that goes on may send a flight, and be finished; at the end none does. */
static bool may_go_on(const struct handshaker *handshaker)
{
	return handshaker->post.free_count >= ENOUGH &&
	       (handshaker->teller == NULL || teller_has_room(handshaker->teller) ||
		       ending_is_asked(handshaker->ending));
}

bool handshaker_step(struct handshaker *handshaker, uint64_t now_ms)
{
	struct waiting waiting;
	bool worked = false;

	adopt_certificates(handshaker);
	for (unsigned w = 0; w < handshaker->worker_count; w++)
		worked |= take_all(handshaker, w);
	release(handshaker);
	for (unsigned i = 0;
		i < BATCH && may_go_on(handshaker) && waiting_next(&handshaker->lines, &waiting);
		i++) {
		make(handshaker, waiting, now_ms);
		worked = true;
	}
	__atomic_store_n(&handshaker->records_waiting,
		handshaker->lines.of[RDL_HANDSHAKE_RECORDS].count, __ATOMIC_RELAXED);
	while (may_go_on(handshaker) &&
		rdl_handshakes_tick(handshaker->engine, now_ms, WAKES) <= now_ms)
		worked = true;
	if (handshaker->teller != NULL)
		teller_go_on(handshaker->teller, now_ms);
	if (ending_is_asked(handshaker->ending))
		let_all_go(handshaker);
	return worked;
}

static bool ends(void *context)
{
	struct handshaker *handshaker = context;

	return rdl_thread_is_stopping(&handshaker->thread) || ending_is_asked(handshaker->ending);
}

/* What was before the start is on this run's log before anybody is served. */
static bool begin(struct handshaker *handshaker)
{
	return handshaker->teller == NULL || teller_begin(handshaker->teller, ends, handshaker);
}

static void *run(void *self)
{
	struct handshaker *handshaker = self;
	struct timespec pause = { .tv_nsec = PAUSE_MIN_NS };

	__atomic_store_n(&handshaker->begun, begin(handshaker) ? 1 : 2, __ATOMIC_RELEASE);
	while (!rdl_thread_is_stopping(&handshaker->thread)) {
		if (handshaker_step(handshaker, rdl_clock_ms())) {
			pause.tv_nsec = PAUSE_MIN_NS;
			continue;
		}
		/* A disk may confirm in less than a pause gets to be. */
		if (handshaker->post.waiting_count > 0)
			pause.tv_nsec = PAUSE_MIN_NS;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < PAUSE_MAX_NS)
			pause.tv_nsec += pause.tv_nsec / 4;
	}
	if (handshaker->teller != NULL)
		teller_end(handshaker->teller);
	return NULL;
}

/* ---- begin and end ---- */

int handshaker_init(
	struct handshaker *handshaker, const struct rdl_handshakes_config *config, unsigned parcels)
{
	struct rdl_handshakes_config own = *config;

	pthread_mutex_init(&handshaker->lock, NULL);
	if (waiting_init(&handshaker->lines, parcels) != 0)
		return -1;
	post_init(&handshaker->post, handshaker->letters, handshaker->workers,
		handshaker->worker_count);
	own.calls = (struct rdl_handshake_calls){ .send = send_flight,
		.path = handshaker->paths != NULL ? path : NULL,
		.established = established,
		.ended = ended,
		.closed = closed,
		.lives = lives,
		.context = handshaker };
	handshaker->engine = rdl_handshakes_create(&own);
	return handshaker->engine != NULL ? 0 : -1;
}

void handshaker_fini(struct handshaker *handshaker)
{
	rdl_handshakes_destroy(handshaker->engine);
	rdl_certificates_release(handshaker->next);
	pthread_mutex_destroy(&handshaker->lock);
	waiting_fini(&handshaker->lines);
}

int handshaker_start(struct handshaker *handshaker)
{
	return rdl_thread_start(&handshaker->thread, "handshakes", run, handshaker);
}

void handshaker_stop(struct handshaker *handshaker)
{
	rdl_thread_stop(&handshaker->thread);
}

void handshaker_use(struct handshaker *handshaker, struct rdl_certificates *certificates)
{
	pthread_mutex_lock(&handshaker->lock);
	rdl_certificates_release(handshaker->next);
	handshaker->next = certificates;
	__atomic_store_n(&handshaker->has_next, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&handshaker->lock);
}
