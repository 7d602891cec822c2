/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A phase: a window of requests under way,
 * sent again as RFC 7252 section 4.2 says, until all are answered or lost.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_RETRANSMIT 4
#define SWEEP_NS 20000000u
#define COMPLAINTS 5
#define MS UINT64_C(1000000)

struct run {
	struct load *load;
	struct load_wire *wire;
	uint32_t next; /* in load->order: not sent yet */
	uint32_t oldest; /* everything before is done with */
	uint32_t waiting;
	uint64_t now_ns, sweep_ns, start_ns, last_ns;
};

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t load_random(struct load *load)
{
	/* xorshift64* */
	load->random ^= load->random >> 12;
	load->random ^= load->random << 25;
	load->random ^= load->random >> 27;
	return load->random * UINT64_C(0x2545f4914f6cdd1d);
}

static bool takes_part(const struct load *load, uint32_t endpoint)
{
	if (load->phase == LOAD_HANDSHAKE)
		return true;
	if (load->secure != NULL && !load_secure_is_open(load->secure, endpoint))
		return false;
	return load->phase == LOAD_REGISTER || load->endpoints[endpoint].location_len > 0;
}

/* Those that can take part, in random order. */
static uint32_t make_order(struct load *load)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < load->count; i++)
		if (takes_part(load, i))
			load->order[count++] = i;
	for (uint32_t i = count; i > 1; i--) {
		uint32_t k = (uint32_t)(load_random(load) % i), swap = load->order[i - 1];

		load->order[i - 1] = load->order[k];
		load->order[k] = swap;
	}
	return count;
}

/* A handshake goes by GnuTLS's clock, whatever it was that it went on with. */
static void set_deadline(struct run *run, uint32_t endpoint)
{
	const struct load *load = run->load;
	struct load_endpoint *e = &load->endpoints[endpoint];

	if (load->phase == LOAD_HANDSHAKE && e->waiting)
		e->deadline_ns = run->now_ns + load_secure_wait_ms(load->secure, endpoint) * MS;
}

static void complain(struct run *run, uint32_t endpoint, const char *why)
{
	struct load_result *result = &run->load->result;

	if (result->wrong++ < COMPLAINTS)
		fprintf(stderr, "load: endpoint %u: %s\n", endpoint, why);
}

static void done(struct run *run, uint32_t endpoint)
{
	run->load->endpoints[endpoint].waiting = 0;
	run->waiting--;
	run->last_ns = run->now_ns;
}

/* Its Update is sent as the others' are; one, however often it is told. */
static void trigger(struct run *run, uint32_t endpoint)
{
	struct load *load = run->load;

	if (load->phase != LOAD_SERVE || load->endpoints[endpoint].sent > 0)
		return;
	load->endpoints[endpoint].sent = 1;
	load->order[load->result.requests++] = endpoint;
}

static void give_up(struct run *run, uint32_t endpoint)
{
	run->load->endpoints[endpoint].waiting = 0;
	run->waiting--;
	run->load->result.lost++;
}

/* What has become of an endpoint's request. */
static void take(struct run *run, uint32_t endpoint, enum load_verdict verdict, const char *why)
{
	struct load_result *result = &run->load->result;

	switch (verdict) {
	case LOAD_ANSWER:
		result->latencies_us[result->answered++] =
			(uint32_t)((run->now_ns - run->load->endpoints[endpoint].sent_ns) / 1000);
		done(run, endpoint);
		break;
	case LOAD_LATE:
		result->late++;
		break;
	case LOAD_WRONG_REQUEST:
		complain(run, endpoint, why);
		done(run, endpoint);
		break;
	case LOAD_WRONG:
		complain(run, endpoint, why);
		break;
	case LOAD_TRIGGER:
		trigger(run, endpoint);
		break;
	case LOAD_NOTHING:
		set_deadline(run, endpoint);
		break;
	case LOAD_LOST:
		give_up(run, endpoint);
		break;
	}
}

static void transmit(struct run *run, uint32_t endpoint)
{
	struct load *load = run->load;
	struct load_endpoint *e = &load->endpoints[endpoint];
	uint8_t octets[LOAD_MESSAGE_MAX];

	if (load->phase == LOAD_HANDSHAKE) {
		const char *why;
		enum load_verdict verdict = load_secure_shake(load->secure, endpoint, &why);

		take(run, endpoint, verdict, why);
		return;
	}
	e->deadline_ns = run->now_ns + e->timeout_ms * MS;
	e->timeout_ms *= 2;
	e->sent++;
	if (load->secure != NULL) {
		struct rdl_span message = { octets, load_request(load, endpoint, octets) };

		load_secure_send(load->secure, endpoint, message);
	} else {
		uint8_t *message = load_wire_message(run->wire, load_source(load, endpoint));

		load_wire_add(run->wire, load_request(load, endpoint, message));
	}
}

static void send_some(struct run *run, uint32_t count)
{
	struct load *load = run->load;

	while (count-- > 0) {
		uint32_t endpoint = load->order[run->next++];
		struct load_endpoint *e = &load->endpoints[endpoint];

		e->mid = load->mids[endpoint % load->sources]++;
		e->timeout_ms = load->ack_timeout_ms +
				(uint32_t)(load_random(load) % (load->ack_timeout_ms / 2 + 1));
		e->sent = 0;
		e->waiting = 1;
		e->sent_ns = run->now_ns;
		run->waiting++;
		transmit(run, endpoint);
	}
	load_wire_flush(run->wire);
}

static enum load_verdict judge(struct load *load, struct load_wire *wire,
	const struct load_datagram *datagram, uint32_t *endpoint, const char **why)
{
	struct rdl_span message = datagram->octets;

	if (load->phase == LOAD_HANDSHAKE)
		return load_secure_shaken(load->secure, datagram, endpoint, why);
	if (load->secure != NULL) {
		message = load_secure_open(load->secure, datagram);
		if (message.len == 0)
			return LOAD_NOTHING;
	}
	*why = "a request that nobody can answer";
	if (load_is_asked(message))
		return load_asked(load, wire, message, datagram, endpoint);
	return load_reply(load, message, &datagram->from, datagram->to, endpoint, why);
}

static unsigned receive(struct run *run)
{
	struct load_datagram datagrams[LOAD_BATCH];
	unsigned count = load_wire_receive(run->wire, datagrams);

	if (count > 0)
		run->now_ns = clock_ns();
	for (unsigned i = 0; i < count; i++) {
		uint32_t endpoint = 0;
		const char *why = NULL;
		enum load_verdict verdict =
			judge(run->load, run->wire, &datagrams[i], &endpoint, &why);

		take(run, endpoint, verdict, why);
	}
	return count;
}

/* What is due is sent again, or given up. */
static void sweep(struct run *run)
{
	struct load *load = run->load;

	if (run->now_ns < run->sweep_ns)
		return;
	run->sweep_ns = run->now_ns + SWEEP_NS;
	while (run->oldest < run->next && !load->endpoints[load->order[run->oldest]].waiting)
		run->oldest++;
	for (uint32_t i = run->oldest; i < run->next; i++) {
		uint32_t endpoint = load->order[i];
		struct load_endpoint *e = &load->endpoints[endpoint];

		if (!e->waiting || run->now_ns < e->deadline_ns)
			continue;
		if (load->phase != LOAD_HANDSHAKE && e->sent > MAX_RETRANSMIT) {
			give_up(run, endpoint);
			continue;
		}
		load->result.retransmitted++;
		transmit(run, endpoint);
	}
	load_wire_flush(run->wire);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* None has been told to send an Update. */
static void forget_requests(struct load *load)
{
	for (uint32_t i = 0; i < load->count; i++)
		load->endpoints[i].sent = 0;
}

/* Whoever serves waits for all to be told. */
static bool is_over(const struct run *run)
{
	const struct load *load = run->load;

	return run->next == load->result.requests && run->waiting == 0 &&
	       (load->phase != LOAD_SERVE || run->next == load->count);
}

void load_run(struct load *load, struct load_wire *wire)
{
	struct load_result *result = &load->result;
	struct run run = { .load = load, .wire = wire };

	*result = (struct load_result){ .latencies_us = result->latencies_us };
	if (load->phase == LOAD_SERVE)
		forget_requests(load);
	else
		result->requests = make_order(load);
	run.now_ns = run.start_ns = run.last_ns = clock_ns();
	uint64_t end_ns = run.start_ns + load->seconds * 1000 * MS;
	while (!is_over(&run) && run.now_ns < end_ns) {
		unsigned got = receive(&run);
		uint32_t room = load->window - run.waiting, left = result->requests - run.next;
		uint32_t count = room < left ? room : left;

		/* Full batches while answers keep coming: half-full ones cost both sides more. */
		if (count > LOAD_BATCH)
			count = LOAD_BATCH;
		run.now_ns = clock_ns();
		if (count > 0 && (count == LOAD_BATCH || count == left || got == 0))
			send_some(&run, count);
		/* Flights that go on with handshakes; answers. */
		load_wire_flush(wire);
		/* The server may have nothing to ask for a long time. */
		if (load->phase == LOAD_SERVE && got == 0 && count == 0)
			load_wire_wait(wire);
		sweep(&run);
	}
	for (uint32_t i = run.oldest; i < run.next; i++)
		load->endpoints[load->order[i]].waiting = 0;
	result->lost += run.waiting + (result->requests - run.next);
	result->ns = run.last_ns - run.start_ns;
	qsort(result->latencies_us, result->answered, sizeof(uint32_t), compare);
}
