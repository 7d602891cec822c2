/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_worker.h"

#include "bursts.h"
#include "model_sessions.h"

enum fate { ANSWERED, HANDED_OVER, DROPPED };

uint64_t silences[WORKERS][RDL_STAT_COUNT];

static enum fate drop(const struct packet *p, enum rdl_stat why)
{
	silences[p->worker][why]++;
	return DROPPED;
}

static enum fate answer(struct packet *p, const struct refusal *refusal)
{
	expect_refusal(p, refusal);
	return ANSWERED;
}

static enum fate judge_alien(struct packet *p)
{
	const struct alien *alien = p->sent->alien;
	const struct refusal refusal = { .code = alien->code, .text = alien->text };

	alien_seen(alien);
	if (alien->code == 0) {
		happened(KIND_alien_silent);
		return drop(p, alien->silence);
	}
	happened(KIND_alien);
	if (alien->code != RESET)
		return answer(p, &refusal);
	expect_reset(p);
	return ANSWERED;
}

/* What the worker made of a block, as it shows. */
static enum part seen_of(const struct packet *p, enum fate seen)
{
	if (seen == DROPPED)
		return PART_SHED;
	if (seen == ANSWERED) {
		uint8_t sealed = p->sent->session != 0 ? RECORD_SEAL : 0;
		uint8_t code = p->packet.reply.coap[1] ^ sealed;

		if (code == RDL_COAP_CONTINUE)
			return PART_CONTINUE;
		return code == RDL_COAP_REQUEST_ENTITY_INCOMPLETE ? PART_REFUSED : PART_WHOLE;
	}
	if ((p->packet.request.gives & RDL_GIVES_BLOCK) != 0)
		return PART_CONTINUE;
	return p->packet.request.reason == RDL_REASON_block_gap ? PART_REFUSED : PART_WHOLE;
}

/* True when the request goes on as if it had come in one piece; else *fate is its. */
static bool judge_block(struct packet *p, enum fate seen, enum fate *fate)
{
	const struct refusal *why = NULL;
	enum part part = block_judge(p->worker, p->sent, seen_of(p, seen), &why);
	bool is_register = p->sent->what == REGISTER;

	p->continues = part == PART_CONTINUE;
	if (part == PART_WHOLE)
		return true;
	if (part == PART_SHED) {
		*fate = drop(p, RDL_STAT_drop_blocks_full);
	} else if (!is_register) {
		p->verdict = why;
		*fate = HANDED_OVER;
	} else if (part == PART_REFUSED) {
		*fate = answer(p, why);
	} else {
		expect_success(p, RDL_COAP_CONTINUE, NULL);
		*fate = ANSWERED;
	}
	return false;
}

/* Who may not register it is told so before its object list is looked at. */
static const struct refusal *refusal_of_register(const struct sent *q)
{
	bool of_list = q->refusal != NULL &&
		       (q->refusal->payload != NULL || q->refusal->content_format != LINK_FORMAT);

	if (q->refusal != NULL && !of_list)
		return q->refusal;
	if (may_register(q->session, q->endpoint))
		return q->refusal;
	return q->session == 0 ? &not_in_clear : &not_of_identity;
}

static enum fate judge_at_worker(struct packet *p, enum fate seen)
{
	struct sent *q = p->sent;
	bool critical = q->refusal != NULL && q->refusal->option > 60000;
	enum fate fate;

	at_hand = q;
	if (q->what == ALIEN)
		return judge_alien(p);
	if (critical && q->non) {
		happened(KIND_non_critical);
		return drop(p, RDL_STAT_drop_non_bad_option);
	}
	if (q->script != NULL && !judge_block(p, seen, &fate))
		return fate;
	const struct refusal *why = q->what == REGISTER ? refusal_of_register(q) : NULL;
	if (why != NULL) {
		happened(why == &not_in_clear	   ? KIND_not_in_clear
			 : why == &not_of_identity ? KIND_not_of_identity
						   : KIND_refused_register);
		if (why == q->refusal)
			register_refused(why);
		return answer(p, why);
	}
	p->verdict = q->what == OTHER ? &no_method : q->refusal;
	return HANDED_OVER;
}

/* Whose partition a shard's is, the model cannot know; that it stays, it can. */
static void check_shard(const struct packet *p, unsigned shard)
{
	struct endpoint *e = &endpoints[p->sent->endpoint];

	CHECK(shard < SHARDS);
	if (e->shard < 0)
		e->shard = (int)shard;
	CHECK(e->shard == (int)shard);
}

static void hand_over(struct packet *p, unsigned shard, bool credit)
{
	check_shard(p, shard);
	if (credit) {
		ring_put(&requests[p->worker][shard], p);
		return;
	}
	happened(KIND_shed_credit);
	drop(p, p->sent->what == REGISTER     ? RDL_STAT_drop_shed_register
		: p->sent->what == DEREGISTER ? RDL_STAT_drop_shed_deregister
					      : RDL_STAT_drop_shed_update);
	rdl_pipeline_shed(&pipelines[p->worker], &p->packet);
	packet_free(p);
}

/* What the reference makes of a packet is what the pipeline made of it. */
static enum fate judge_in_burst(struct packet *p, const struct rdl_burst *burst, unsigned i)
{
	bool replied = (burst->reply >> i & 1) != 0, dropped = (burst->drop >> i & 1) != 0;
	enum fate seen = replied ? ANSWERED : dropped ? DROPPED : HANDED_OVER;
	enum fate fate = judge_at_worker(p, seen);

	CHECK(fate == seen);
	return fate;
}

void worker_burst(unsigned w, struct sent *const burst_sent[], unsigned n)
{
	struct rdl_packet *burst_packets[RDL_BURST_MAX] = { NULL };
	struct packet *packets[RDL_BURST_MAX];
	enum fate fates[RDL_BURST_MAX];

	for (unsigned i = 0; i < n; i++) {
		packets[i] = packet_new(burst_sent[i], w);
		burst_packets[i] = &packets[i]->packet;
	}
	pipelines[w].now_ms = now_ms;
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipelines[w], policy, burst_packets, n);
	evictions_count(w, rdl_stats_get(&pipelines[w].stats, RDL_STAT_transfers_evicted));
	CHECK(burst_is_split(burst, n) && burst->fragment == 0);
	for (unsigned i = 0; i < n; i++)
		fates[i] = judge_in_burst(packets[i], burst, i);
	for (unsigned i = 0; i < n; i++) {
		at_hand = packets[i]->sent;
		if (fates[i] == HANDED_OVER) {
			hand_over(packets[i], burst->shard[i], !one_in(200));
			continue;
		}
		if (fates[i] == ANSWERED)
			check_frame(packets[i]);
		packet_free(packets[i]);
	}
	if (n == RDL_BURST_MAX)
		happened(KIND_burst_full);
}

void take_replies(unsigned w, unsigned s)
{
	struct rdl_packet *burst_packets[RDL_BURST_MAX];
	struct packet *packets[RDL_BURST_MAX];
	unsigned n = 0;

	while (n < RDL_BURST_MAX && replies[w][s].count > 0) {
		packets[n] = ring_take(&replies[w][s]);
		burst_packets[n] = &packets[n]->packet;
		n++;
	}
	rdl_packet_set send = rdl_pipeline_replies(&pipelines[w], policy, burst_packets, n);
	for (unsigned i = 0; i < n; i++) {
		at_hand = packets[i]->sent;
		CHECK(((send >> i & 1) != 0) == (packets[i]->reply.len > 0));
		if (packets[i]->reply.len > 0)
			check_frame(packets[i]);
		packet_free(packets[i]);
	}
}
