/* SPDX-License-Identifier: BSD-3-Clause */
#include "asks.h"

#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "log.h"

#define BURST RDL_BURST_MAX
#define QUIET_S 3 /* without anything: a retransmission would have come */
#define ARP_LEN 42
#define TOKEN_LEN 8

/* One order, again and again for another endpoint. */
struct ask {
	struct rdl_order order;
	uint8_t name[PACKET_NAME_LEN];
	uint64_t given; /* TSC */
};

static const uint8_t path[] = { 1, '3', 1, '0', 1, '9' };
static const uint8_t value[] = { 0xff, '1', '0', '0' };

bool asks_init(struct asks *asks, struct daemon *daemon, struct generator *generator,
	const struct options *options)
{
	const struct rdl_channel_credit orders = callers_credit(daemon->conf);
	const struct rdl_channel_credit reports = dialogues_report_credit();

	*asks = (struct asks){ .generator = generator,
		.shard_count = daemon->conf->shards,
		.endpoint_key = daemon->keys.endpoint,
		.window = (unsigned)options->window };
	asks->all = calloc(asks->window, sizeof(*asks->all));
	asks->idle = calloc(asks->window, sizeof(*asks->idle));
	asks->latencies = calloc(1, sizeof(*asks->latencies));
	if (asks->all == NULL || asks->idle == NULL || asks->latencies == NULL)
		return false;
	while (asks->idle_count < asks->window) {
		asks->idle[asks->idle_count] = &asks->all[asks->idle_count];
		asks->idle_count++;
	}
	for (unsigned s = 0; s < asks->shard_count; s++) {
		asks->memory[s] = rte_zmalloc(
			"asks", rdl_channel_memory(&orders, &reports), RTE_CACHE_LINE_SIZE);
		if (asks->memory[s] == NULL)
			return false;
		rdl_channel_join(&asks->shards[s], &orders,
			&daemon->owners.cores[s]->dialogues.callers, &reports, asks->memory[s]);
	}
	return true;
}

void asks_free(struct asks *asks)
{
	for (unsigned s = 0; s < asks->shard_count; s++)
		rte_free(asks->memory[s]);
	free(asks->all);
	free(asks->idle);
	free(asks->latencies);
}

/* ---- the server ---- */

static void make_order(struct asks *asks, struct ask *ask, uint64_t now)
{
	struct rdl_order *order = &ask->order;

	packet_name((uint32_t)(asks->given % asks->endpoints), ask->name);
	*order = (struct rdl_order){ .kind = RDL_ORDER,
		.method = RDL_COAP_GET,
		.content_format = RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE,
		.endpoint = ask->name,
		.endpoint_len = PACKET_NAME_LEN,
		.path = { path, sizeof(path) } };
	rdl_siphash128(&asks->endpoint_key, ask->name, PACKET_NAME_LEN, order->digest.word);
	ask->given = now;
	asks->given++;
}

static bool give(struct asks *asks, uint64_t now)
{
	unsigned n = 0;

	for (; n < BURST && asks->given < asks->orders && asks->idle_count > 0; n++) {
		struct ask *ask = asks->idle[--asks->idle_count];
		void *message = &ask->order;

		make_order(asks, ask, now);
		rdl_channel_send(&asks->shards[rdl_endpoint_partition(ask->order.digest) %
					       asks->shard_count],
			&message, 1);
	}
	return n > 0;
}

static void take_back(struct asks *asks, struct ask *ask, uint64_t now)
{
	uint64_t ns = (now - ask->given) * 1000 / (rte_get_tsc_hz() / 1000000);

	latencies_add(asks->latencies, ns);
	asks->wrong +=
		ask->order.state != RDL_ORDER_answered || ask->order.code != RDL_COAP_CONTENT;
	asks->over++;
	asks->idle[asks->idle_count++] = ask;
}

/* Reports of octets must be of the value; of the others there are as many as there is room for. */
static bool hear_shard(struct asks *asks, struct rdl_channel *shard, uint64_t now)
{
	void *batch[BURST], *reports[BURST];
	unsigned n = rdl_channel_take(shard, batch, BURST), read = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct rdl_report *report = batch[i];

		if (report->kind != RDL_REPORT) {
			take_back(asks, batch[i], now);
			continue;
		}
		if (report->state == RDL_ORDER_answered)
			asks->wrong += report->len != sizeof(value) - 1 ||
				       memcmp(report->octets, value + 1, report->len) != 0;
		reports[read++] = batch[i];
	}
	rdl_channel_came_back(shard, n - read);
	if (read > 0)
		rdl_channel_give_back(shard, reports, read);
	return n > 0;
}

/* ---- the devices ---- */

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t kept[6];

	memcpy(kept, a, len);
	memcpy(a, b, len);
	memcpy(b, kept, len);
}

/* The router says where it is. */
static bool answer_arp(struct rte_mbuf *m)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x99 };
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *arp = frame + 14;

	if (m->data_len < ARP_LEN || rdl_get_be16(arp + 6) != 1 || arp[27] != 254)
		return false;
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, mac, 6);
	rdl_put_be16(arp + 6, 2);
	swap(arp + 14, arp + 24, 4);
	memcpy(arp + 18, arp + 8, 6);
	memcpy(arp + 8, mac, 6);
	return true;
}

/* A GET becomes its answer, in the frame that it came in. */
static bool answer(struct asks *asks, struct rte_mbuf *m)
{
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *ip = frame + 14, *udp = ip + 20;
	uint8_t *coap = udp + 8;
	const uint16_t len = 4 + TOKEN_LEN + sizeof(value);

	if (rdl_get_be16(frame + 12) == 0x0806)
		return answer_arp(m);
	if (m->data_len < PACKET_HEADERS + 4 + TOKEN_LEN || coap[0] != (0x40 | TOKEN_LEN) ||
		coap[1] != RDL_COAP_GET) {
		asks->wrong++;
		return false;
	}
	coap[0] |= RDL_COAP_ACK << 4;
	coap[1] = RDL_COAP_CONTENT;
	memcpy(coap + 4 + TOKEN_LEN, value, sizeof(value));
	swap(frame, frame + 6, 6);
	swap(ip + 12, ip + 16, 4);
	swap(udp, udp + 2, 2);
	rdl_put_be16(ip + 2, (uint16_t)(20 + 8 + len));
	rdl_put_be16(udp + 4, (uint16_t)(8 + len));
	memset(ip + 10, 0, 2);
	memset(udp + 6, 0, 2);
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, 20, 0));
	uint16_t sum = rdl_net_sum(ip + 12, 8 + 8 + len, 17u + 8 + len);
	rdl_put_be16(udp + 6, sum == 0xffff ? 0xffff : (uint16_t)~sum);
	m->data_len = (uint16_t)(PACKET_HEADERS + len);
	m->pkt_len = m->data_len;
	m->ol_flags = asks->generator->offload
			      ? RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD
			      : 0;
	return true;
}

static bool be_devices(struct asks *asks, unsigned worker)
{
	struct generator *generator = asks->generator;
	struct rte_mbuf *mbufs[BURST];
	unsigned n =
		rte_ring_sc_dequeue_burst(generator->from[worker], (void **)mbufs, BURST, NULL);
	unsigned answers = 0;

	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], uint8_t *));
	for (unsigned i = 0; i < n; i++) {
		if (answer(asks, mbufs[i]))
			mbufs[answers++] = mbufs[i];
		else
			rte_pktmbuf_free(mbufs[i]);
	}
	unsigned taken =
		rte_ring_sp_enqueue_burst(generator->to[worker], (void **)mbufs, answers, NULL);
	if (taken < answers)
		rte_pktmbuf_free_bulk(mbufs + taken, answers - taken);
	return n > 0;
}

bool asks_step(void *self)
{
	struct asks *asks = self;
	bool any = false;

	if (__atomic_load_n(&asks->running, __ATOMIC_ACQUIRE) == 0)
		return false;
	uint64_t now = rte_rdtsc();
	for (unsigned w = 0; w < asks->generator->workers; w++)
		any |= be_devices(asks, w);
	for (unsigned s = 0; s < asks->shard_count; s++)
		any |= hear_shard(asks, &asks->shards[s], now);
	any |= give(asks, now);
	if (any)
		asks->quiet_since = asks->end = now;
	if (asks->over == asks->orders || now - asks->quiet_since > QUIET_S * rte_get_tsc_hz())
		__atomic_store_n(&asks->running, 0, __ATOMIC_RELEASE);
	return any;
}

/* ---- a run ---- */

static void run(struct asks *asks, uint64_t orders)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	asks->orders = orders;
	asks->given = asks->over = asks->wrong = 0;
	memset(asks->latencies, 0, sizeof(*asks->latencies));
	asks->begin = asks->end = asks->quiet_since = rte_rdtsc();
	__atomic_store_n(&asks->running, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&asks->running, __ATOMIC_ACQUIRE) != 0)
		nanosleep(&pause, NULL);
}

/* While the others had the rings it was silent: it is asked again from time to time. */
static bool find_router(struct asks *asks)
{
	struct timespec pause = { .tv_nsec = 100000000 };

	for (unsigned tries = 0; tries < 300; tries++) {
		run(asks, 1);
		if (asks->wrong == 0 && asks->over == 1)
			return true;
		nanosleep(&pause, NULL);
	}
	rdl_log_error("bench", "asks: the router was not found");
	return false;
}

static uint64_t busy(const struct load *load)
{
	return __atomic_load_n(&load->busy_cycles, __ATOMIC_RELAXED);
}

bool asks_run(struct asks *asks, struct daemon *daemon, const struct options *options)
{
	const struct load *worker = &daemon->workers[0]->load;
	const struct load *shard = &daemon->owners.cores[0]->load;
	double hz = (double)rte_get_tsc_hz();

	asks->endpoints = options->registrations;
	if (!find_router(asks))
		return false;
	uint64_t worker_ticks = busy(worker), shard_ticks = busy(shard);
	run(asks, options->asks);
	worker_ticks = busy(worker) - worker_ticks;
	shard_ticks = busy(shard) - shard_ticks;
	double n = (double)asks->over, rate = n * hz / (double)(asks->end - asks->begin);
	printf(options->json
			? "{\"phase\": \"asks\", \"registrations\": %llu, \"orders\": %llu, "
			  "\"ops_per_s\": %.0f, \"worker_ns\": %.1f, \"shard_ns\": %.1f, "
			  "\"p50_us\": %.1f, \"p99_us\": %.1f}\n"
			: "asks: %llu endpoints, %llu orders answered, %.0f/s, worker %.1f ns, "
			  "shard %.1f ns each, p50 %.1f us, p99 %.1f us\n",
		(unsigned long long)asks->endpoints, (unsigned long long)asks->over, rate,
		(double)worker_ticks / n / hz * 1e9, (double)shard_ticks / n / hz * 1e9,
		latencies_us(asks->latencies, 0.5), latencies_us(asks->latencies, 0.99));
	fflush(stdout);
	if (asks->wrong == 0 && asks->over == options->asks)
		return true;
	rdl_log_error("bench", "asks: %llu of %llu over, %llu wrong",
		(unsigned long long)asks->over, (unsigned long long)options->asks,
		(unsigned long long)asks->wrong);
	return false;
}
