/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to devices on their way out: born as frames, and sealed for those with a session. */
#include "internal.h"

#include "clock.h"
#include "records.h"

#define IPV4_LEN 20
#define IPV6_LEN 40
#define UDP_LEN 8
/* Octets of headers before a datagram's payload, at most: two tags, IPv6. */
#define HEADERS_MAX (14 + 8 + IPV6_LEN + UDP_LEN)

/* A transmission, and what has become of it so far. */
struct outgoing {
	struct rdl_transmission *transmission;
	struct rdl_frame *frame; /* NULL: there is none, and the result says why */
	struct rdl_way way;
	uint8_t *text; /* where the message stands in the frame */
	bool sealed; /* in a record, and this is what stands around it there */
	struct rdl_dtls_around record;
};

static void give_up(
	struct worker *worker, struct outgoing *outgoing, enum rdl_transmission_result result)
{
	if (outgoing->frame != NULL)
		rdl_pktio_free(worker->pktio, worker->index, &outgoing->frame, 1);
	outgoing->frame = NULL;
	outgoing->transmission->result = (uint8_t)result;
}

/* The way there. Any result but SENT says why there is none. */
static enum rdl_transmission_result find_way(
	struct worker *worker, struct outgoing *outgoing, uint64_t now_ms)
{
	const struct rdl_transmission *transmission = outgoing->transmission;
	struct rdl_dtls *dtls = worker->pipeline.config.dtls;

	outgoing->sealed = transmission->session != 0;
	outgoing->record.text_max = UINT16_MAX;
	if (outgoing->sealed && (dtls == NULL || !rdl_dtls_around(dtls, transmission->session,
							 worker_now_s(), &outgoing->record)))
		return RDL_TRANSMISSION_NO_SESSION;
	/* What was registered before the configuration changed. */
	if (transmission->local.port >= worker->port_count)
		return RDL_TRANSMISSION_NO_WAY;
	switch (rdl_neighbours_way(worker->neighbours, &transmission->local, &transmission->peer,
		now_ms, &outgoing->way)) {
	case RDL_REACH_READY:
		break;
	case RDL_REACH_ASKING:
		return RDL_TRANSMISSION_LATER;
	case RDL_REACH_NONE:
		return RDL_TRANSMISSION_NO_WAY;
	}
	return RDL_TRANSMISSION_SENT;
}

/* Octets of a message that its path, its port and its session take. */
static uint16_t room_of(
	const struct worker *worker, const struct outgoing *outgoing, uint64_t now_ms)
{
	static const uint8_t ipv4[12] = { [10] = 0xff, 0xff };
	const struct rdl_pipeline_config *config = &worker->pipeline.config;
	const struct rdl_transmission *transmission = outgoing->transmission;
	const uint8_t *address = transmission->peer.address;
	const uint16_t port_mtu = config->interfaces[transmission->local.port].mtu;
	unsigned around = memcmp(address, ipv4, sizeof(ipv4)) == 0 ? IPV4_LEN : IPV6_LEN;
	uint16_t mtu = rdl_paths_mtu(config->paths, address, now_ms);

	around += (unsigned)(UDP_LEN + outgoing->record.head + outgoing->record.tail);
	if (port_mtu != 0 && port_mtu < mtu)
		mtu = port_mtu;
	uint16_t room = mtu > around ? (uint16_t)(mtu - around) : 0;
	return room < outgoing->record.text_max ? room : outgoing->record.text_max;
}

/* Whoever gave it can make shorter ones of it. */
static bool is_too_long(struct outgoing *outgoing, const struct worker *worker, uint64_t now_ms)
{
	struct rdl_transmission *transmission = outgoing->transmission;

	if (!transmission->divisible)
		return false;
	transmission->room = room_of(worker, outgoing, now_ms);
	return transmission->len > transmission->room;
}

/* A frame with the message in it, all but its headers. False: it is given up. */
static bool begin(struct worker *worker, struct outgoing *outgoing, uint64_t now_ms)
{
	const struct rdl_transmission *transmission = outgoing->transmission;
	unsigned port = transmission->local.port;
	enum rdl_transmission_result result = find_way(worker, outgoing, now_ms);

	if (result == RDL_TRANSMISSION_SENT && is_too_long(outgoing, worker, now_ms))
		result = RDL_TRANSMISSION_TOO_LONG;
	if (result != RDL_TRANSMISSION_SENT) {
		give_up(worker, outgoing, result);
		return false;
	}
	const unsigned around = (unsigned)outgoing->record.head + outgoing->record.tail;
	outgoing->frame = worker_make(worker, port, HEADERS_MAX + around + transmission->len);
	if (outgoing->frame == NULL) {
		give_up(worker, outgoing, RDL_TRANSMISSION_LATER);
		return false;
	}
	struct rdl_cursor to = rdl_net_compose(
		&worker->pipeline.config.interfaces[port], &outgoing->way, outgoing->frame);
	(void)rdl_cursor_take(&to, outgoing->record.head);
	outgoing->text = rdl_cursor_take(&to, transmission->len);
	(void)rdl_cursor_take(&to, outgoing->record.tail);
	if (to.failed) {
		give_up(worker, outgoing, RDL_TRANSMISSION_NO_WAY);
		return false;
	}
	memcpy(outgoing->text, transmission->octets, transmission->len);
	return true;
}

/* Its handshaker is to seal it, and to send it; on the way there it may get lost, as anywhere. */
static void defer(
	struct worker *worker, struct outgoing *outgoing, const struct rdl_dtls_seal *item)
{
	struct rdl_packet *packet = (struct rdl_packet *)outgoing->frame;

	packet->home = 0;
	packet->parcel = (struct rdl_dtls_parcel){
		.kind = RDL_PARCEL_REPLY,
		.worker = (uint8_t)worker->index,
		.registered = item->registered,
		.len = item->len,
		.data = item->text,
		.session = item->session,
		.way = outgoing->way,
	};
	worker_give(worker, packet, item->to);
	outgoing->frame = NULL;
	outgoing->transmission->result = RDL_TRANSMISSION_SENT;
	rdl_stats_add(&worker->pipeline.stats, RDL_STAT_device_requests, 1);
}

/* Those that go in a session. */
static void seal(struct worker *worker, struct outgoing outgoing[], unsigned count)
{
	struct rdl_dtls_seal items[RDL_BURST_MAX];
	unsigned places[RDL_BURST_MAX], n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (outgoing[i].frame == NULL || !outgoing[i].sealed)
			continue;
		places[n] = i;
		items[n++] = (struct rdl_dtls_seal){ .session = outgoing[i].transmission->session,
			.text = outgoing[i].text,
			.len = outgoing[i].transmission->len };
	}
	if (n == 0)
		return;
	rdl_dtls_seal(worker->pipeline.config.dtls, items, n);
	for (unsigned k = 0; k < n; k++) {
		if (items[k].deferred)
			defer(worker, &outgoing[places[k]], &items[k]);
		else if (!items[k].sealed)
			give_up(worker, &outgoing[places[k]], RDL_TRANSMISSION_NO_SESSION);
	}
}

static void capture(struct worker *worker, const struct outgoing *outgoing)
{
	const struct rdl_transmission *transmission = outgoing->transmission;
	const struct rdl_location location = { .handle = transmission->handle };
	const struct rdl_span message = { transmission->octets,
		outgoing->sealed ? transmission->len : 0 };

	rdl_capture_asked(worker->pipeline.capture, outgoing->frame, &location, message);
}

static void send(struct worker *worker, struct outgoing *outgoing, uint64_t now_ms)
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	struct rdl_frame *frame = outgoing->frame;

	rdl_net_reply(frame, (uint16_t)(outgoing->record.head + outgoing->transmission->len +
					outgoing->record.tail));
	if (!rdl_paths_fit(worker->pipeline.config.paths, frame, now_ms)) {
		give_up(worker, outgoing, RDL_TRANSMISSION_NO_WAY);
		return;
	}
	if (RDL_UNLIKELY(worker->pipeline.capture != NULL))
		capture(worker, outgoing);
	outgoing->transmission->result = RDL_TRANSMISSION_SENT;
	rdl_stats_add(stats, RDL_STAT_device_requests, 1);
	rdl_stats_add(stats, RDL_STAT_tx_frames, 1);
	worker_send_later(worker, frame);
}

void worker_transmit(
	struct worker *worker, struct rdl_transmission *const transmissions[], unsigned count)
{
	struct outgoing outgoing[RDL_BURST_MAX];
	uint64_t now_ms = rdl_clock_coarse_ms();
	bool secure = false;

	for (unsigned i = 0; i < count; i++) {
		outgoing[i] = (struct outgoing){ .transmission = transmissions[i] };
		if (begin(worker, &outgoing[i], now_ms))
			secure |= outgoing[i].sealed;
	}
	if (secure)
		seal(worker, outgoing, count);
	for (unsigned i = 0; i < count; i++)
		if (outgoing[i].frame != NULL)
			send(worker, &outgoing[i], now_ms);
}
