/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_stream.h"

#include "clock.h"
#include "version.h"

/* Between two looks at the rings. */
#define POLL_MS 2
/* Between two questions where the endpoint is. */
#define ASK_MS 1000
/* Who takes nothing for so long is let go of. */
#define STALLED_MS 10000
/* Room that packets leave to what is said at the end, and to answers. */
#define HEADROOM 8192
/* Before each block: how long it is. */
#define BLOCK_HEAD_MAX 32

static void count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* ---- to the client ---- */

static void put(struct capture *capture, const void *octets, size_t len)
{
	struct rdl_lines_client *client = capture->client;

	if (rdl_lines_put(client, octets, len) || client->dead)
		return;
	rdl_lines_count(&client->lines->counts.let_go);
	client->dead = true;
}

/* A line that says how many octets of the file follow, and those. */
static void put_blocks(struct capture *capture, const struct rdl_cursor *blocks)
{
	size_t len = (size_t)(blocks->pos - capture->block);
	char line[BLOCK_HEAD_MAX];
	int line_len = snprintf(line, sizeof(line), "{\"octets\":%zu}\n", len);

	put(capture, line, (size_t)line_len);
	put(capture, capture->block, len);
}

static struct rdl_cursor begin_blocks(struct capture *capture)
{
	return rdl_cursor(capture->block, sizeof(capture->block));
}

/* Messages that came or left in records have an interface of their own, behind the ports'. */
static void put_head(struct capture *capture)
{
	const struct console_sources *from = capture->sources;
	struct rdl_cursor blocks = begin_blocks(capture);

	rdl_pcapng_section(&blocks, "rdline " RDL_VERSION);
	for (unsigned p = 0; p < from->port_count; p++)
		rdl_pcapng_interface(&blocks, from->ports[p], "", RDL_CAPTURE_SNAP);
	rdl_pcapng_interface(
		&blocks, "dtls", "messages that came or left in DTLS records", RDL_CAPTURE_SNAP);
	put_blocks(capture, &blocks);
}

static uint64_t lost_packets(const struct capture *capture)
{
	uint64_t lost = 0;

	for (unsigned w = 0; w < capture->sources->worker_count; w++)
		lost += rdl_capture_lost(capture->sources->captures[w]);
	return lost;
}

/* `why` is a word. */
static void finish(struct capture *capture, const char *why)
{
	struct rdl_lines_client *client = capture->client;
	struct rdl_cursor blocks = begin_blocks(capture);
	uint64_t lost = lost_packets(capture);
	char line[128];

	rdl_pcapng_statistics(
		&blocks, &(struct rdl_pcapng_statistics){ .time_ns = rdl_clock_wall_ns(),
				 .captured = capture->packets,
				 .lost = lost });
	put_blocks(capture, &blocks);
	int len = snprintf(line, sizeof(line),
		"{\"captured\":{\"packets\":%llu,\"lost\":%llu,\"ended\":\"%s\"}}\n",
		(unsigned long long)capture->packets, (unsigned long long)lost, why);
	put(capture, line, (size_t)len);
	capture_closed(capture, client);
	/* A client like the others, from now on. */
	client->keeps = false;
	client->heard_ms = rdl_clock_ms();
}

/* ---- packets ---- */

/* The worker whose next packet is the earliest; NULL: none has any. */
static struct rdl_captured *read_next(const struct capture *capture, unsigned *worker)
{
	struct rdl_captured *earliest = NULL;

	for (unsigned w = 0; w < capture->sources->worker_count; w++) {
		struct rdl_captured *next = rdl_capture_read(capture->sources->captures[w]);

		if (next == NULL || (earliest != NULL && earliest->time_ns <= next->time_ns))
			continue;
		earliest = next;
		*worker = w;
	}
	return earliest;
}

static void put_packet(struct capture *capture, unsigned worker, struct rdl_captured *captured)
{
	const struct console_sources *from = capture->sources;
	const struct rdl_capture_names names = { from->facts.location_key, from->facts.identities };
	uint8_t comment[RDL_CAPTURED_TEXT_MAX];
	struct rdl_cursor text = rdl_cursor(comment, sizeof(comment));
	struct rdl_cursor blocks = begin_blocks(capture);

	capture->packets++;
	count(&capture->counts.packets, 1);
	if (!captured->outbound)
		capture->requests[worker] = capture->packets;
	rdl_captured_mend(captured);
	rdl_captured_text(&text, captured, &names, capture->requests[worker]);
	rdl_pcapng_packet(
		&blocks, &(struct rdl_pcapng_packet){
				 .interface = captured->opened ? from->port_count : captured->port,
				 .outbound = captured->outbound,
				 .time_ns = captured->time_ns,
				 .octets = { rdl_captured_octets(captured), captured->len },
				 .whole_len = captured->whole_len,
				 .comment = { comment, (size_t)(text.pos - comment) },
			 });
	put_blocks(capture, &blocks);
}

static bool has_room(const struct capture *capture)
{
	return rdl_outbox_left(&capture->client->out) >
	       sizeof(capture->block) + BLOCK_HEAD_MAX + HEADROOM;
}

/* As far as there is room for them: the rest waits in the rings, or is lost there. */
static void drain(struct capture *capture)
{
	struct rdl_captured *captured;
	unsigned worker = 0;

	while (capture->packets < capture->count && has_room(capture) &&
		(captured = read_next(capture, &worker)) != NULL) {
		put_packet(capture, worker, captured);
		rdl_capture_done(capture->sources->captures[worker], captured);
	}
}

/* ---- begin and end ---- */

static void want(const struct capture *capture)
{
	for (unsigned w = 0; w < capture->sources->worker_count; w++)
		rdl_capture_want(capture->sources->captures[w], &capture->wish);
}

const char *capture_begin(
	struct capture *capture, struct rdl_lines_client *client, const struct command *command)
{
	uint64_t now_ms = rdl_clock_ms();
	struct rdl_capture_wish wish;

	if (capture->client != NULL)
		return "a capture is under way";
	const char *wrong = capture_read_wish(command, &wish);
	if (wrong != NULL)
		return wrong;
	if (wish.by_endpoint && !capture_ask_endpoint(capture->sources->owners, &wish))
		return commands_no_answer;
	capture->client = client;
	capture->wish = wish;
	capture->count = command->count;
	capture->packets = 0;
	memset(capture->requests, 0, sizeof(capture->requests));
	capture->end_ms = command->seconds > 0 ? now_ms + command->seconds * 1000 : UINT64_MAX;
	capture->ask_ms = now_ms + ASK_MS;
	capture->sent = client->out.sent;
	capture->moved_ms = now_ms;
	client->keeps = true;
	count(&capture->counts.begun, 1);
	put_head(capture);
	want(capture);
	return NULL;
}

void capture_closed(struct capture *capture, const struct rdl_lines_client *client)
{
	if (capture->client != client)
		return;
	for (unsigned w = 0; w < capture->sources->worker_count; w++)
		rdl_capture_stop(capture->sources->captures[w]);
	count(&capture->counts.lost, lost_packets(capture));
	capture->client = NULL;
}

/* The endpoint may have moved, or come. */
static void follow(struct capture *capture, uint64_t now_ms)
{
	struct rdl_capture_wish wish = capture->wish;

	if (!wish.by_endpoint || now_ms < capture->ask_ms)
		return;
	capture->ask_ms = now_ms + ASK_MS;
	if (!capture_ask_endpoint(capture->sources->owners, &wish) ||
		memcmp(&wish, &capture->wish, sizeof(wish)) == 0)
		return;
	capture->wish = wish;
	want(capture);
}

static bool is_stalled(struct capture *capture, uint64_t now_ms)
{
	const struct rdl_outbox *out = &capture->client->out;

	if (out->sent != capture->sent || out->len == 0) {
		capture->sent = out->sent;
		capture->moved_ms = now_ms;
	}
	return now_ms - capture->moved_ms >= STALLED_MS;
}

int capture_work(struct capture *capture)
{
	uint64_t now_ms = rdl_clock_ms();

	if (capture->client == NULL)
		return -1;
	follow(capture, now_ms);
	drain(capture);
	if (capture->packets >= capture->count) {
		finish(capture, "count");
	} else if (capture->client->ended) {
		finish(capture, "client");
	} else if (now_ms >= capture->end_ms) {
		finish(capture, "seconds");
	} else if (is_stalled(capture, now_ms) && !capture->client->dead) {
		rdl_lines_count(&capture->client->lines->counts.let_go);
		capture->client->dead = true;
	}
	return POLL_MS;
}

void capture_stop(struct capture *capture)
{
	if (capture->client == NULL)
		return;
	drain(capture);
	finish(capture, "stop");
}
