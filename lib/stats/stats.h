/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stats: every counter and gauge there is, from one list: enum, name, type and help. A block per
 * core, written by that core alone, read by anybody at any time.
 */
#ifndef RDL_STATS_H
#define RDL_STATS_H

#include "lwm2m.h"
#include "records.h"

/* Datagrams that are dropped behind the network layer, because of what they are. X(name, help) */
#define RDL_STATS_DROPS(X)                                                                      \
	X(segmented, "frame in more than one buffer, or longer than one holds")                 \
	X(fragment_bad, "IP fragment malformed, overlapping others, or of too long a datagram") \
	X(fragment_copy, "IP fragment that was there already")                                  \
	X(neighbour_unasked, "ARP reply or neighbour advertisement that nobody here waits for") \
	X(address_claimed, "ARP or advertisement of another host, of an address of ours")       \
	X(coap_short, "datagram shorter than a CoAP header")                                    \
	X(coap_version, "CoAP version other than 1")                                            \
	X(coap_format, "message format error that may not be answered")                         \
	X(coap_empty, "Empty message that asks nothing: NON, or ACK or RST to nothing of ours") \
	X(coap_ack_request, "request or response in an ACK or RST that matches nothing")        \
	X(coap_response, "non-confirmable response that matches nothing")                       \
	X(coap_reserved, "non-confirmable message of a reserved code class")                    \
	X(multicast, "request to a group address")                                              \
	X(non_bad_option, "non-confirmable request with an option that must be understood")     \
	X(discovery_filter, "discovery whose filter matches nothing")                           \
	X(dtls_closed, "DTLS record that ended its session")                                    \
	X(dtls_over, "reply in a session that had ended meanwhile")

/*
 * Those that are dropped for want of room or of leave,
 * whatever they are: the log tells of each. The same.
 */
#define RDL_STATS_SHED(X)                                                                      \
	X(fragment_crowded, "IP fragment that gave way: table full, or its network's share")   \
	X(blocks_full, "block shed: its transfer had given way for others")                    \
	X(scratch_full, "request shed: no memory to decode a long payload")                    \
	X(shed_backlog, "Register shed unread: the port's queue ran over")                     \
	X(shed_register, "Register shed: no credit towards its shard")                         \
	X(shed_update, "Update shed: no credit towards its shard")                             \
	X(shed_deregister, "De-register shed: no credit towards its shard")                    \
	X(shed_answer, "answer of a device shed: no credit towards its shard")                 \
	X(shed_send, "Send of a device shed: the same")                                        \
	X(admission_rate, "new Register shed: over admission.registers_per_s")                 \
	X(admission_prefix, "new Register shed: over admission.per_prefix for its network")    \
	X(admission_update, "Update shed: over admission.updates for its registration")        \
	X(registry_full, "Register shed: no room for another registration")                    \
	X(store_full, "request shed: no room for its object list, long name or parameters")    \
	X(unread_list, "Update shed: too many lists under an alternate path they do not name") \
	X(journal_register, "Register shed: the journal is behind, or has failed")             \
	X(journal_update, "Update shed: the journal is further behind, or has failed")         \
	X(journal_deregister, "De-register shed: as Updates are")                              \
	X(net_frame, "question to neighbours or announcement shed: no frame for it")           \
	X(dtls_parcel, "datagram of a handshake shed: no credit towards its handshaker")       \
	X(dtls_cbc, "record or reply of a session with CBC shed: no credit, or no frame")      \
	X(dtls_flight, "datagram of a handshake shed: no frame for it, or no way to its peer") \
	X(dtls_rest, "DTLS records behind others in a datagram shed: too many, or no frame")   \
	X(dtls_note, "DTLS session left without word to its worker: no credit towards it")     \
	X(dtls_elsewhere, "datagram of another worker's session shed: no credit towards it")   \
	X(exception_rate, "frame for the kernel shed: over its port's exception_per_s")        \
	X(exception_full, "frame for the kernel shed: no credit towards who gives it")         \
	X(exception_down, "frame that the kernel's interface did not take")                    \
	X(exception_buffer, "frame of the kernel's shed: no buffer for it")                    \
	X(tx_gone, "frame for a port whose device was taken out")                              \
	X(tx_full, "frame that the port did not take")

/* X(code name, class, detail): the codes that are ever sent. */
#define RDL_STATS_CODES(X) \
	X(2, 01)           \
	X(2, 02)           \
	X(2, 04)           \
	X(2, 05)           \
	X(2, 31) X(4, 00) X(4, 02) X(4, 03) X(4, 04) X(4, 05) X(4, 08) X(4, 12) X(4, 13) X(5, 05)

#define RDL_STATS_EVENTS(X)                                                        \
	X(rx_frames, "frames received, passed on to here, or made of others")      \
	X(tx_frames, "frames sent")                                                \
	X(fragments, "IP fragments received")                                      \
	X(reassembled, "datagrams put together from fragments")                    \
	X(dtls_cookies, "HelloVerifyRequests sent")                                \
	X(dtls_passed, "datagrams given to the workers of their sessions")         \
	X(exception_to_kernel, "frames that are not ours, given to the kernel")    \
	X(exception_from_kernel, "frames of the kernel's, sent")                   \
	X(net_answered, "ARP, neighbour solicitations and echo requests answered") \
	X(net_unreachable, "datagrams to other UDP ports answered so")             \
	X(net_too_big, "packets of ours that a router found too long for a path")  \
	X(net_asked, "ARP requests and neighbour solicitations sent")              \
	X(net_learned, "answers to those")                                         \
	X(net_announced, "probes and announcements of our own addresses sent")     \
	X(requests_register, "Register requests")                                  \
	X(requests_update, "Update requests")                                      \
	X(requests_deregister, "De-register requests")                             \
	X(requests_other, "other CoAP requests")                                   \
	X(resets, "Reset messages sent")                                           \
	X(acks, "empty ACKs sent, to responses and notifications of devices")      \
	X(device_requests, "requests to devices sent, copies of them, too")        \
	X(device_answers, "responses, ACKs, Resets to those, and Sends, taken in") \
	X(registered, "registrations of endpoints that had none")                  \
	X(replaced, "registrations replaced by a Register of their endpoint")      \
	X(updated, "registrations updated, by late copies, too")                   \
	X(deregistered, "registrations ended by a De-register")                    \
	X(expired, "registrations ended by their lifetime")                        \
	X(removed, "registrations ended by the operator")                          \
	X(replayed, "copies of requests answered, and told nobody")                \
	X(list_cache_hits, "object lists known from an earlier request")           \
	X(transfers_evicted, "block-wise transfers that gave way for others")      \
	X(sweeps, "times that all that a shard holds was told its journal")

/* What there is at the moment, of which a shard tells. X(name, help) */
#define RDL_STATS_GAUGES(X)                                                               \
	X(registrations, "registrations: live, or expired and not yet reclaimed")         \
	X(tombstones, "registrations that ended, remembered for copies of late requests") \
	X(object_lists, "different object lists, as long as there is room to tell")       \
	X(store_octets, "octets in use by object lists, long names and parameters")

enum rdl_stat {
#define X(name, help) RDL_STAT_##name,
	RDL_STATS_EVENTS(X)
#undef X
#define X(class, detail) RDL_STAT_code_##class##_##detail,
		RDL_STATS_CODES(X)
#undef X
			RDL_STAT_code_other,
#define X(name, help) RDL_STAT_drop_##name,
	RDL_NET_DROPS(X)
#undef X
#define X(name, help) RDL_STAT_drop_dtls_##name,
		RDL_DTLS_DROPS(X)
#undef X
#define X(name, help) RDL_STAT_drop_##name,
			RDL_STATS_DROPS(X) RDL_STATS_SHED(X)
#undef X
#define X(name, code, detail, text) RDL_STAT_refused_##name,
				RDL_REASONS(X)
#undef X
#define X(name, help) RDL_STAT_ignored_##name,
					RDL_IGNORED(X)
#undef X
#define X(name, help) RDL_STAT_##name,
						RDL_STATS_GAUGES(X)
#undef X
							RDL_STAT_COUNT
};

/* A counter only grows; a gauge says what is. */
enum rdl_stat_type { RDL_STAT_COUNTER, RDL_STAT_GAUGE };

/* One core's. */
struct rdl_stats {
	uint64_t value[RDL_STAT_COUNT];
} __attribute__((aligned(RDL_CACHE_LINE)));

/* By the owning core only. */
static inline void rdl_stats_add(struct rdl_stats *stats, enum rdl_stat stat, uint64_t n)
{
	/* One writer: a plain sum, stored whole so that readers never see half of it. */
	__atomic_store_n(&stats->value[stat], stats->value[stat] + n, __ATOMIC_RELAXED);
}

/* The same, of a gauge. */
static inline void rdl_stats_set(struct rdl_stats *stats, enum rdl_stat stat, uint64_t value)
{
	__atomic_store_n(&stats->value[stat], value, __ATOMIC_RELAXED);
}

/* By anybody. */
static inline uint64_t rdl_stats_get(const struct rdl_stats *stats, enum rdl_stat stat)
{
	return __atomic_load_n(&stats->value[stat], __ATOMIC_RELAXED);
}

static inline enum rdl_stat rdl_stat_of_net_drop(enum rdl_net_verdict verdict)
{
	return (enum rdl_stat)(RDL_STAT_drop_frame_short + (verdict - RDL_NET_DROP_frame_short));
}

static inline enum rdl_stat rdl_stat_of_dtls_drop(enum rdl_dtls_verdict verdict)
{
	return (enum rdl_stat)(RDL_STAT_drop_dtls_record + (verdict - RDL_DTLS_DROP_record));
}

static inline enum rdl_stat rdl_stat_of_reason(enum rdl_reason reason)
{
	return (enum rdl_stat)(RDL_STAT_refused_bad_option + (reason - RDL_REASON_bad_option));
}

static inline enum rdl_stat rdl_stat_of_ignored(unsigned ignored)
{
	return (enum rdl_stat)((unsigned)RDL_STAT_ignored_security + ignored);
}

/* What was left out of an object list. */
static inline void rdl_stats_add_ignored(
	struct rdl_stats *stats, const struct rdl_ignored_counts *ignored)
{
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		if (RDL_UNLIKELY(ignored->count[i] != 0))
			rdl_stats_add(stats, rdl_stat_of_ignored(i), ignored->count[i]);
}

/* The counter of a response code; RDL_STAT_code_other for one that is never sent. */
enum rdl_stat rdl_stat_of_code(uint8_t code);

/* On top of `sum`, by anybody: what all cores have. */
void rdl_stats_sum(struct rdl_stats *sum, const struct rdl_stats *stats);

enum rdl_stat_type rdl_stat_type(enum rdl_stat stat);
const char *rdl_stat_name(enum rdl_stat stat);
const char *rdl_stat_help(enum rdl_stat stat);

/* Those whose names begin alike are a family: its members differ in the rest of the name. */
struct rdl_stat_family {
	const char *prefix, *name;
	const char *differs_in; /* what the rest of the name is */
	const char *help;
};
#define RDL_STAT_FAMILIES 5
extern const struct rdl_stat_family rdl_stat_families[RDL_STAT_FAMILIES];
/* NULL: it is in none. */
const struct rdl_stat_family *rdl_stat_family(enum rdl_stat stat);

#endif
