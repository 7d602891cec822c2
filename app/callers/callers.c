/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "internal.h"

#include "clock.h"
#include "log.h"

/* Between two looks at the shards, while they have something of ours. */
#define POLL_MS 2
/* A connection has to say what it wants. */
#define REQUEST_MS 10000
/* Messages taken from one shard at once, and how often in a round. */
#define BURST 64
#define BURSTS_MAX 32
/* Octets for each request that is not over, on average, and for those that are long. */
#define OCTETS_EACH 1024
#define LONGEST 16
/*
 * Of the part that updates are sure of, what may wait for endpoints to wake up: the rest stays for
 * those that are awake, whatever clients do.
 */
#define SLEEPERS_PART 2
/* Of a line without its payload: JSON takes up to six octets for one of a name. */
#define LINE_REST 8192

static struct callers *owner_of(const struct rdl_lines *lines)
{
	return lines->config.owner;
}

/* ---- requests ---- */

static void refuse(struct callers *callers, struct caller *caller, const struct request *request,
	const char *why)
{
	callers_count(&callers->counts.refused, 1);
	if (request->code == RDL_COAP_CODE(4, 1))
		callers_count(&callers->counts.denied, 1);
	told_refused(callers, caller, request, why);
}

static void give(struct callers *callers, struct caller *caller, const struct request *request)
{
	struct call *call = NULL;
	enum rdl_order_reason reason = call_hindrance(callers, caller->share,
		request->observe == RDL_ORDER_OBSERVE, call_octets(&request->parts));

	if (reason == RDL_ORDER_REASON_none && (call = call_new(&request->parts)) == NULL)
		reason = RDL_ORDER_REASON_full;
	if (reason != RDL_ORDER_REASON_none) {
		callers_count(reason == RDL_ORDER_REASON_observations
				      ? &callers->counts.observations_full
				      : &callers->counts.full,
			1);
		refuse(callers, caller, request, rdl_order_reason_text(reason));
		return;
	}
	call->caller = caller;
	call->order.method = request->method;
	call->order.observe = request->observe;
	call->order.content_format = request->content_format;
	call->order.accept = request->accept;
	call->order.timeout_ms = request->timeout_ms;
	call->order.expires_ms = request->expires_ms;
	caller->awaits++;
	call_give(callers, caller->share, call);
}

static void line(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct callers *callers = owner_of(client->lines);
	struct caller *caller = caller_of(callers, client);
	struct request request;

	if (caller == NULL)
		return;
	allow_look(callers);
	const char *wrong = request_read(callers, caller, text, len, &request);
	/* Of what has no name nothing else can be said. */
	if (request.parts.id.len == 0) {
		rdl_lines_error(client, wrong);
	} else {
		callers_count(&callers->counts.requests, 1);
		if (wrong != NULL)
			refuse(callers, caller, &request, wrong);
		else
			give(callers, caller, &request);
	}
	request_free(&request);
}

/* ---- what comes back ---- */

/* It is answered, or over: nobody waits for it any more. */
static void done_waiting(struct call *call)
{
	if (call->caller != NULL && !call->observing)
		call->caller->awaits--;
}

static void heard(struct callers *callers, const struct rdl_report *report)
{
	struct call *call = report->order->context;

	told_report(callers, call, report);
	update_report(call, report);
	if (call->order.observe != RDL_ORDER_OBSERVE || call->observing ||
		report->state != RDL_ORDER_answered || report->more)
		return;
	done_waiting(call);
	call_observes(callers, call);
}

static void over(struct callers *callers, struct call *call)
{
	told_over(callers, call);
	update_over(call);
	done_waiting(call);
	call_free(callers, call);
}

/* True when there may be more. */
static bool take(struct callers *callers, struct rdl_channel *shard)
{
	void *messages[BURST], *reports[BURST], *again[BURST];
	unsigned report_count = 0, again_count = 0;
	unsigned count = rdl_channel_take(shard, messages, BURST);

	for (unsigned i = 0; i < count; i++) {
		uint8_t kind;

		memcpy(&kind, messages[i], sizeof(kind));
		if (kind == RDL_REPORT) {
			heard(callers, messages[i]);
			reports[report_count++] = messages[i];
		} else {
			struct call *call = ((struct rdl_order *)messages[i])->context;

			if (update_waits(callers, call))
				again[again_count++] = messages[i];
			else
				over(callers, call);
		}
	}
	rdl_channel_came_back(shard, count - report_count);
	rdl_channel_send(shard, again, again_count);
	rdl_channel_give_back(shard, reports, report_count);
	return count == BURST;
}

static bool take_all(struct callers *callers)
{
	bool more = false;

	for (unsigned s = 0; s < callers->owners->count; s++) {
		unsigned bursts = 0;

		while (bursts < BURSTS_MAX && take(callers, &callers->shards[s]))
			bursts++;
		more |= bursts == BURSTS_MAX;
	}
	return more;
}

static int work(struct rdl_lines *lines)
{
	struct callers *callers = owner_of(lines);
	allow_look(callers);
	bool more = take_all(callers);
	int wait_ms = update_work(callers, rdl_clock_ms());

	for (unsigned i = 0; i < lines->client_count; i++)
		if (lines->clients[i]->state != NULL)
			caller_catch_up(lines->clients[i]->state);
	if (more)
		return 0;
	if (callers->counts.outstanding + callers->counts.observing > 0 &&
		(wait_ms < 0 || wait_ms > POLL_MS))
		return POLL_MS;
	return wait_ms;
}

/* ---- begin and end ---- */

static unsigned in_all(const struct rdl_conf *conf)
{
	return conf->requests.outstanding + conf->requests.observations;
}

struct rdl_channel_credit callers_credit(const struct rdl_conf *conf)
{
	return (struct rdl_channel_credit){ .limit[RDL_ORDER] = in_all(conf) };
}

static uint64_t octets_max(const struct rdl_conf *conf)
{
	return (uint64_t)OCTETS_EACH * in_all(conf) +
	       (uint64_t)LONGEST * (conf->requests.max_payload + sizeof(struct call));
}

static size_t line_octets(const struct rdl_conf *conf)
{
	return rdl_base64_len(conf->requests.max_payload) + LINE_REST;
}

uint64_t callers_memory(const struct rdl_conf *conf)
{
	const uint64_t clients = conf->requests.clients;

	if (conf->requests.socket.path == NULL)
		return 0;
	return sizeof(struct callers) + octets_max(conf) + conf->requests.max_payload +
	       line_octets(conf) + (clients + 1) * sizeof(struct share) +
	       clients * (((uint64_t)conf->requests.buffer_kb << 10) + line_octets(conf) +
				 sizeof(struct caller));
}

/* Of what is not over now clients would not know that it never will be. */
static void stop(struct rdl_lines *lines)
{
	struct callers *callers = lines->config.owner;

	for (unsigned i = 0; i < callers->share_count; i++)
		for (struct call *call = callers->shares[i].calls; call != NULL; call = call->next)
			told_stopping(callers, call);
}

static struct callers *make(const struct rdl_conf *conf)
{
	struct callers *callers = calloc(1, sizeof(*callers));

	if (callers == NULL)
		return NULL;
	pthread_mutex_init(&callers->lock, NULL);
	callers->share_count = conf->requests.clients + 1;
	callers->max_payload = conf->requests.max_payload;
	quota_init(&callers->outstanding, conf->requests.outstanding, callers->share_count);
	quota_init(&callers->octets, octets_max(conf), callers->share_count);
	quota_init(&callers->observations, conf->requests.observations, conf->requests.clients);
	callers->sleepers_max = callers->outstanding.part / SLEEPERS_PART;
	callers->line_room = line_octets(conf);
	callers->shares = calloc(callers->share_count, sizeof(*callers->shares));
	callers->payload = malloc(conf->requests.max_payload);
	callers->line = malloc(callers->line_room);
	if (callers->shares != NULL && callers->payload != NULL && callers->line != NULL)
		return callers;
	callers_close(callers);
	return NULL;
}

int callers_open(const struct rdl_conf *conf, struct callers **callers)
{
	static const unsigned modes[] = { [RDL_CONF_MODE_OWNER] = 0600,
		[RDL_CONF_MODE_GROUP] = 0660,
		[RDL_CONF_MODE_ALL] = 0666 };
	const struct rdl_conf_socket *socket = &conf->requests.socket;

	*callers = NULL;
	if (socket->path == NULL)
		return 0;
	struct callers *made = make(conf);
	if (made == NULL) {
		rdl_log_error("start", "no memory for requests to devices");
		return -1;
	}
	made->allows = callers_read_allows(conf);
	if (made->allows != NULL)
		made->lines = rdl_lines_open(&(struct rdl_lines_config){
			.area = "requests",
			.at = { .path = socket->path,
				.group = socket->group,
				.mode = modes[conf->requests.mode],
				.file = socket->where.file,
				.line = socket->where.line },
			.clients_max = conf->requests.clients,
			.out_octets = (size_t)conf->requests.buffer_kb << 10,
			.line_octets = line_octets(conf),
			.idle_ms = REQUEST_MS,
			.line = line,
			.closed = caller_leaves,
			.work = work,
			.stop = stop,
			.owner = made,
		});
	if (made->lines == NULL) {
		callers_close(made);
		return -1;
	}
	*callers = made;
	return 0;
}

struct rdl_channel *callers_channel(struct callers *callers, unsigned shard)
{
	return &callers->shards[shard];
}

int callers_start(struct callers *callers, const struct owners *owners)
{
	if (callers == NULL)
		return 0;
	callers->owners = owners;
	return rdl_lines_start(callers->lines);
}

void callers_stop(struct callers *callers)
{
	if (callers != NULL)
		rdl_lines_stop(callers->lines);
}

void callers_close(struct callers *callers)
{
	if (callers == NULL)
		return;
	rdl_lines_close(callers->lines);
	for (unsigned i = 0; callers->shares != NULL && i < callers->share_count; i++)
		while (callers->shares[i].calls != NULL)
			call_free(callers, callers->shares[i].calls);
	pthread_mutex_destroy(&callers->lock);
	free(callers->allows);
	free(callers->offered);
	free(callers->shares);
	free(callers->payload);
	free(callers->line);
	free(callers);
}

const struct callers_counts *callers_counts(const struct callers *callers)
{
	return &callers->counts;
}

const struct rdl_lines_counts *callers_lines_counts(const struct callers *callers)
{
	return &callers->lines->counts;
}
