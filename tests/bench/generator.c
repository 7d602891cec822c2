/* SPDX-License-Identifier: BSD-3-Clause */
#include "generator.h"

#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "steps.h"

#define BURST RDL_BURST_MAX
#define QUIET_S 1 /* without any reply: what is missing is lost */

const char *const phase_names[PHASES] = { "register", "re-register", "update", "de-register" };

bool generator_init(struct generator *generator, uint64_t endpoints)
{
	generator->endpoints = endpoints;
	generator->locations = rte_zmalloc("locations", endpoints * RDL_LOCATION_LEN, 64);
	generator->latencies = calloc(1, sizeof(*generator->latencies));
	return generator->locations != NULL && generator->latencies != NULL;
}

/*
 * The next of a full cycle through all endpoints (Hull and Dobell),
 * high bits first, since low ones cycle early.
 */
static uint32_t next_endpoint(struct generator *generator)
{
	const struct run *run = &generator->run;
	unsigned bits = (unsigned)__builtin_popcountll(generator->order_mask);
	uint64_t at;

	do {
		generator->order =
			(generator->order * 6364136223846793005u + 1442695040888963407u) &
			generator->order_mask;
		/* Half of the bits swapped: neighbours in time are none in place. */
		at = (generator->order >> bits / 2) |
		     (generator->order << (bits - bits / 2) & generator->order_mask);
	} while (at >= run->endpoints);
	return (uint32_t)(run->first + at);
}

static unsigned next_phase(const struct generator *generator)
{
	if (generator->run.rate > 0 && generator->run.updates_percent > 0)
		return generator->sent % 100 < generator->run.updates_percent ? UPDATE : REGISTER;
	return generator->run.phase;
}

static void make_request(struct generator *generator, struct rte_mbuf *m, uint64_t when)
{
	uint32_t endpoint = next_endpoint(generator);
	unsigned phase = next_phase(generator), len;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t id = ++generator->message_id;

	if (phase == REGISTER && generator->run.updates_percent > 0)
		endpoint = (uint32_t)(generator->endpoints + generator->sent_of[REGISTER]);
	if (phase == REGISTER || phase == REREGISTER)
		len = packet_register(&generator->packets,
			generator->mixed ? endpoint % PACKET_SHAPES : 0, frame, endpoint, id);
	else
		len = packet_location(phase == UPDATE ? &generator->packets.update
						      : &generator->packets.deregister,
			frame, endpoint, id, generator->locations[endpoint]);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	m->ol_flags =
		generator->offload ? RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD : 0;
	if (generator->flights[id].endpoint != 0)
		generator->lost++; /* for so long that its Message ID comes round */
	else
		generator->in_flight++;
	generator->flights[id] = (struct flight){ endpoint + 1, (uint8_t)phase, when };
	generator->sent++;
	generator->sent_of[phase]++;
}

/* Sealed, or opened, in place. */
static void secure(struct generator *generator,
	void (*change)(struct secure *, struct secure_frame[], unsigned), struct rte_mbuf *mbufs[],
	unsigned n)
{
	struct secure_frame frames[BURST];

	for (unsigned i = 0; i < n; i++)
		frames[i] = (struct secure_frame){ rte_pktmbuf_mtod(mbufs[i], uint8_t *),
			mbufs[i]->data_len };
	change(&generator->secure, frames, n);
	for (unsigned i = 0; i < n; i++) {
		mbufs[i]->data_len = frames[i].len;
		mbufs[i]->pkt_len = frames[i].len;
	}
}

/* How many requests may go now. */
static unsigned allowance(const struct generator *generator, uint64_t now)
{
	uint64_t left = generator->run.requests - generator->sent;
	uint64_t room = BURST;

	if (generator->run.rate > 0) {
		if ((double)now < generator->due)
			return 0;
		double due = ((double)now - generator->due) / generator->interval + 1;
		room = due < BURST ? (uint64_t)due : BURST;
	} else if (generator->in_flight >= generator->window) {
		return 0;
	} else if (room > generator->window - generator->in_flight) {
		room = generator->window - generator->in_flight;
	}
	return (unsigned)(left < room ? left : room);
}

static bool send(struct generator *generator, uint64_t now)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned n = allowance(generator, now);

	if (n == 0)
		return false;
	if (rte_pktmbuf_alloc_bulk(generator->pool, mbufs, n) != 0)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint64_t when = now;

		if (generator->run.rate > 0) {
			when = (uint64_t)generator->due;
			generator->due += generator->interval;
		}
		make_request(generator, mbufs[i], when);
	}
	if (generator->run.secured)
		secure(generator, secure_seal, mbufs, n);
	unsigned taken = rte_ring_sp_enqueue_burst(
		generator->to[generator->turn++ % generator->workers], (void **)mbufs, n, NULL);
	/* As a NIC drops what its ring has no room for. */
	generator->not_taken += n - taken;
	if (taken < n)
		rte_pktmbuf_free_bulk(mbufs + taken, n - taken);
	return true;
}

static const uint8_t codes[PHASES] = { RDL_COAP_CREATED, RDL_COAP_CREATED, RDL_COAP_CHANGED,
	RDL_COAP_DELETED };

static bool is_right(
	struct generator *generator, const struct flight *flight, const struct reply *reply)
{
	bool registers = flight->phase == REGISTER || flight->phase == REREGISTER;

	if (flight->endpoint != reply->endpoint + 1 || reply->type != RDL_COAP_ACK ||
		reply->code != codes[flight->phase] || registers != (reply->id != NULL))
		return false;
	if (registers && reply->endpoint < generator->endpoints)
		memcpy(generator->locations[reply->endpoint], reply->id, RDL_LOCATION_LEN);
	return true;
}

static void check(struct generator *generator, const struct rte_mbuf *m, uint64_t now)
{
	struct reply reply;

	if (!packet_reply(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &reply) ||
		!is_right(generator, &generator->flights[reply.message_id], &reply)) {
		generator->wrong++;
		return;
	}
	struct flight *flight = &generator->flights[reply.message_id];
	flight->endpoint = 0;
	generator->in_flight--;
	generator->answered++;
	generator->answered_of[flight->phase]++;
	if (generator->run.rate > 0) {
		uint64_t ns = (now - flight->sent) * 1000 / (rte_get_tsc_hz() / 1000000);

		latencies_add(generator->latencies, ns);
	}
}

/* What is said to all, such as whose an address is, is nothing to a device. Leaves the rest. */
static unsigned drop_announcements(struct rte_mbuf *mbufs[], unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		if (RDL_UNLIKELY((*rte_pktmbuf_mtod(mbufs[i], const uint8_t *) & 1) != 0))
			rte_pktmbuf_free(mbufs[i]);
		else
			mbufs[kept++] = mbufs[i];
	}
	return kept;
}

static bool receive(struct generator *generator, uint64_t now)
{
	bool any = false;

	for (unsigned w = 0; w < generator->workers; w++) {
		struct rte_mbuf *mbufs[BURST];
		unsigned n =
			rte_ring_sc_dequeue_burst(generator->from[w], (void **)mbufs, BURST, NULL);

		for (unsigned i = 0; i < n; i++)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], uint8_t *));
		n = drop_announcements(mbufs, n);
		if (generator->run.secured)
			secure(generator, secure_open, mbufs, n);
		for (unsigned i = 0; i < n; i++)
			check(generator, mbufs[i], now);
		if (n > 0)
			rte_pktmbuf_free_bulk(mbufs, n);
		any |= n > 0;
	}
	return any;
}

static void finish(struct generator *generator)
{
	generator->lost += generator->in_flight;
	generator->in_flight = 0;
	memset(generator->flights, 0, sizeof(generator->flights));
	__atomic_store_n(&generator->running, 0, __ATOMIC_RELEASE);
}

bool generator_step(void *self)
{
	struct generator *generator = self;

	if (__atomic_load_n(&generator->running, __ATOMIC_ACQUIRE) == 0)
		return false;
	uint64_t now = generator->clock != 0 ? generator->clock : rte_rdtsc();
	bool received = receive(generator, now), sent = send(generator, now);

	if (received || sent) {
		generator->quiet_since = now;
		generator->end = now;
	} else if (generator->sent == generator->run.requests &&
		   (generator->in_flight == 0 ||
			   now - generator->quiet_since > QUIET_S * rte_get_tsc_hz())) {
		finish(generator);
	}
	return received || sent;
}

static void start(struct generator *generator, const struct run *run)
{
	generator->run = *run;
	generator->order_mask = 1;
	while (generator->order_mask + 1 < run->endpoints)
		generator->order_mask = generator->order_mask << 1 | 1;
	generator->order = run->phase;
	generator->sent = generator->answered = generator->wrong = generator->lost = 0;
	generator->not_taken = 0;
	memset(generator->sent_of, 0, sizeof(generator->sent_of));
	memset(generator->answered_of, 0, sizeof(generator->answered_of));
	memset(generator->latencies, 0, sizeof(*generator->latencies));
	generator->begin = generator->quiet_since = rte_rdtsc();
	if (run->rate > 0) {
		generator->interval = (double)rte_get_tsc_hz() / run->rate;
		generator->due = (double)generator->begin + generator->interval;
	}
	generator->clock = 0;
	__atomic_store_n(&generator->running, 1, __ATOMIC_RELEASE);
}

void generator_run(struct generator *generator, const struct run *run)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	start(generator, run);
	while (__atomic_load_n(&generator->running, __ATOMIC_ACQUIRE) != 0)
		nanosleep(&pause, NULL);
}

/*
 * A core that is taken away for so long was not ours to use:
 * a real one's queue would have filled meanwhile.
 */
#define STOLEN_US 50

void generator_run_uncounted(struct generator *generator, const struct run *run,
	struct worker *worker, struct shard_core *core)
{
	struct steps steps = steps_pick();
	uint64_t stolen = STOLEN_US * rte_get_tsc_hz() / 1000000;

	start(generator, run);
	generator->clock = generator->begin;
	while (__atomic_load_n(&generator->running, __ATOMIC_RELAXED) != 0) {
		while (generator_step(generator))
			;
		uint64_t begin = rte_rdtsc();
		steps.worker(worker);
		steps.shard(core);
		uint64_t took = rte_rdtsc() - begin;
		generator->clock += took < stolen ? took : stolen;
	}
}
