/* SPDX-License-Identifier: BSD-3-Clause */
#include "commit.h"
#include "hand_on.h"
#include "keep.h"
#include "shed.h"
#include "unread.h"

/*
 * Whether a Register may go on: its endpoint has a live registration, or it is within the limits of
 * new ones. So the copy of a Register whose registration has ended since counts as new, too.
 */
static bool admit(struct rdl_shard *shard, struct rdl_request *request, uint64_t now_ms)
{
	if (rdl_registry_find_endpoint(shard->registry, request->digest,
		    rdl_request_endpoint(request), now_ms) != RDL_HANDLE_NONE)
		return true;
	switch (rdl_admission_spend(&shard->admission, &request->peer, now_ms)) {
	case RDL_ADMISSION_SPENT:
		break;
	case RDL_ADMISSION_RATE:
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_admission_rate);
		return false;
	case RDL_ADMISSION_PREFIX:
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_admission_prefix);
		return false;
	}
	return true;
}

/* A copy, which is answered as its original was unless it comes too often. */
static bool repeated(
	struct rdl_shard *shard, struct rdl_request *request, enum rdl_registry_result result)
{
	if (result == RDL_REGISTRY_TOO_OFTEN) {
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_admission_update);
		return false;
	}
	/* What is told as an Update counts as one, and every answer once. */
	rdl_stats_add(&shard->stats,
		result == RDL_REGISTRY_REPLAYED ? RDL_STAT_replayed : RDL_STAT_updated, 1);
	return true;
}

static enum rdl_registry_result perform_register(
	struct rdl_shard *shard, struct rdl_request *request, rdl_handle hint, uint64_t now_ms)
{
	struct rdl_change *change = &shard->change;
	enum rdl_registry_result result;

	for (;;) {
		/*
		 * Where the answer goes, at once:
		 * what has just been written in parts is slow to copy whole.
		 */
		result = rdl_registry_register(
			shard->registry, request, hint, now_ms, &request->location, change);
		rdl_shard_hand_on(shard, change, now_ms);
		if (RDL_LIKELY(result != RDL_REGISTRY_EXPIRED))
			return result;
		rdl_stats_add(&shard->stats, RDL_STAT_expired, 1);
	}
}

static void refuse(struct rdl_shard *shard, struct rdl_request *request)
{
	rdl_stats_add(&shard->stats, rdl_stat_of_reason((enum rdl_reason)request->reason), 1);
	request->code = rdl_reason_code((enum rdl_reason)request->reason);
}

/*
 * A secure session lasts as long as the registration that what came in it made, or changed; the one
 * that it lived by before does not.
 */
static void tell_kept(
	struct rdl_shard *shard, rdl_handle handle, struct rdl_request *request, uint64_t now_ms)
{
	uint64_t former = 0;

	if (RDL_LIKELY(request->identity == 0))
		return;
	request->lifetime_s = 0;
	/* Otherwise a copy whose registration is gone. */
	if (handle != RDL_HANDLE_NONE) {
		request->lifetime_s = rdl_registry_kept_s(shard->registry, handle, now_ms);
		former = rdl_registry_swap_session(shard->registry, handle, request->session);
		(void)rdl_shard_put_session(shard, handle, request->session, request->lifetime_s);
	}
	request->session = former;
}

/* Of the last change, or RDL_HANDLE_NONE. */
static rdl_handle changed(const struct rdl_shard *shard)
{
	return shard->change.kind != RDL_CHANGE_NONE ? shard->change.handle : RDL_HANDLE_NONE;
}

/*
 * Where no change may be made: a retransmission is answered as its original was. All else is shed,
 * but not here: false.
 */
static bool answer_again(struct rdl_shard *shard, struct rdl_request *request, uint64_t now_ms)
{
	rdl_handle live;

	if (!rdl_registry_is_retransmission(
		    shard->registry, request, now_ms, &live, &request->location))
		return false;
	rdl_stats_add(&shard->stats, RDL_STAT_replayed, 1);
	request->code = RDL_COAP_CHANGED;
	if (request->operation == RDL_OPERATION_REGISTER)
		request->code = RDL_COAP_CREATED;
	else if (request->operation == RDL_OPERATION_DEREGISTER)
		request->code = RDL_COAP_DELETED;
	if (request->operation != RDL_OPERATION_DEREGISTER)
		tell_kept(shard, live, request, now_ms);
	return true;
}

static void commit_register(
	struct rdl_shard *shard, struct rdl_request *request, rdl_handle hint, uint64_t now_ms)
{
	if (RDL_UNLIKELY(!rdl_shard_takes(shard, RDL_KEEP_REGISTER))) {
		if (!answer_again(shard, request, now_ms))
			rdl_shard_shed(shard, request);
		return;
	}
	if (rdl_admission_limited(&shard->admission) && !admit(shard, request, now_ms))
		return;
	enum rdl_registry_result result = perform_register(shard, request, hint, now_ms);
	switch (result) {
	case RDL_REGISTRY_CREATED:
		rdl_stats_add(&shard->stats, RDL_STAT_registered, 1);
		break;
	case RDL_REGISTRY_REPLACED:
		rdl_stats_add(&shard->stats, RDL_STAT_replaced, 1);
		break;
	case RDL_REGISTRY_FULL:
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_registry_full);
		return;
	case RDL_REGISTRY_STORE_FULL:
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_store_full);
		return;
	case RDL_REGISTRY_SECURED:
		request->reason = RDL_REASON_endpoint_secured;
		refuse(shard, request);
		return;
	case RDL_REGISTRY_NOT_ITS_OWN:
	case RDL_REGISTRY_REPLAYED:
	case RDL_REGISTRY_RENEWED:
	case RDL_REGISTRY_LENGTHENED:
	case RDL_REGISTRY_TOO_OFTEN:
	case RDL_REGISTRY_NO_COPY:
	case RDL_REGISTRY_EXPIRED:
		if (!repeated(shard, request, result))
			return;
		break;
	}
	request->code = RDL_COAP_CREATED;
	tell_kept(shard, changed(shard), request, now_ms);
}

/*
 * One that would be performed, as far as its worker can tell:
 * the last block of one that comes in several.
 */
static bool is_update(const struct rdl_request *request)
{
	return request->operation == RDL_OPERATION_UPDATE && request->reason == RDL_REASON_NONE &&
	       (request->gives & RDL_GIVES_BLOCK) == 0;
}

/* What an Update says of itself must be so. */
static void check_identity(struct rdl_shard *shard, rdl_handle handle, struct rdl_request *request)
{
	struct rdl_span wrong = { NULL, 0 };
	struct rdl_registration registration;

	rdl_registry_describe(shard->registry, handle, &registration);
	if (request->endpoint_len > 0 &&
		!rdl_span_equal(rdl_request_endpoint(request), registration.endpoint))
		wrong = RDL_SPAN("ep");
	else if (request->minor != RDL_MINOR_NONE && request->minor != registration.minor)
		wrong = RDL_SPAN("lwm2m");
	if (wrong.len == 0)
		return;
	request->reason = RDL_REASON_update_mismatch;
	request->detail.parameter = wrong.data;
	request->detail.parameter_len = (uint32_t)wrong.len;
}

/* One that brings neither list nor parameters changes a lifetime and an address at most. */
static enum rdl_keep keep_of_update(const struct rdl_request *request)
{
	unsigned given = request->gives & ~(unsigned)(RDL_GIVES_LIFETIME | RDL_GIVES_IDENTITY);

	return given == 0 ? RDL_KEEP_SHORT : RDL_KEEP_LONG;
}

/* Of live registrations: */
static void perform_deregister(
	struct rdl_shard *shard, rdl_handle handle, struct rdl_request *request, uint64_t now_ms)
{
	uint64_t session = 0;

	if (RDL_UNLIKELY(!rdl_shard_takes(shard, RDL_KEEP_SHORT))) {
		rdl_shard_shed(shard, request);
		return;
	}
	if (RDL_UNLIKELY(request->identity != 0)) {
		session = request->session;
		request->session = rdl_registry_swap_session(shard->registry, handle, 0);
	}
	rdl_registry_deregister(shard->registry, handle, request, now_ms, &shard->change);
	rdl_shard_hand_on(shard, &shard->change, now_ms);
	if (RDL_UNLIKELY(session != 0))
		(void)rdl_shard_put_session(shard, handle, session, 0);
	rdl_stats_add(&shard->stats, RDL_STAT_deregistered, 1);
	request->code = RDL_COAP_DELETED;
}

static void perform_update(
	struct rdl_shard *shard, rdl_handle handle, struct rdl_request *request, uint64_t now_ms)
{
	if (RDL_UNLIKELY(!rdl_shard_takes(shard, keep_of_update(request)))) {
		rdl_shard_shed(shard, request);
		return;
	}
	if (!rdl_registry_update(shard->registry, handle, request, now_ms, &shard->change)) {
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_store_full);
		return;
	}
	rdl_shard_hand_on(shard, &shard->change, now_ms);
	rdl_stats_add(&shard->stats, RDL_STAT_updated, 1);
	request->code = RDL_COAP_CHANGED;
	tell_kept(shard, changed(shard), request, now_ms);
}

/* What only the one who registered may ask for. */
static bool is_its_owners(const struct rdl_request *request)
{
	return request->operation == RDL_OPERATION_UPDATE ||
	       request->operation == RDL_OPERATION_DEREGISTER;
}

/* A copy of a request to a location. */
static void commit_copy(struct rdl_shard *shard, struct rdl_request *request,
	enum rdl_registry_result copy, uint64_t now_ms)
{
	rdl_shard_hand_on(shard, &shard->change, now_ms);
	if (!repeated(shard, request, copy))
		return;
	request->code = RDL_COAP_DELETED;
	if (request->operation == RDL_OPERATION_DEREGISTER)
		return;
	request->code = RDL_COAP_CHANGED;
	tell_kept(shard, changed(shard), request, now_ms);
}

/* A request to a location, where no change may be made. */
static void read_location(struct rdl_shard *shard, struct rdl_request *request, uint64_t now_ms)
{
	if (answer_again(shard, request, now_ms))
		return;
	if (rdl_registry_find(shard->registry, &request->location, now_ms) == RDL_HANDLE_NONE)
		request->reason = RDL_REASON_location;
	if (request->reason != RDL_REASON_NONE)
		refuse(shard, request);
	else if ((request->gives & RDL_GIVES_BLOCK) != 0)
		request->code = RDL_COAP_CONTINUE;
	else
		rdl_shard_shed(shard, request);
}

/*
 * A request to a location: repeated when it is a copy,
 * else 4.04 when it is dead, else the verdict, else the operation.
 */
static void commit_location(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *request, uint64_t now_ms)
{
	struct rdl_change *change = &shard->change;
	rdl_handle handle;

	if (RDL_UNLIKELY(!rdl_shard_takes(shard, RDL_KEEP_SHORT))) {
		read_location(shard, request, now_ms);
		return;
	}
	enum rdl_registry_result copy =
		rdl_registry_repeat(shard->registry, request, now_ms, &handle, change);
	if (RDL_UNLIKELY(copy == RDL_REGISTRY_NOT_ITS_OWN)) {
		if (is_its_owners(request))
			request->reason = RDL_REASON_other_identity;
	} else if (copy != RDL_REGISTRY_NO_COPY) {
		commit_copy(shard, request, copy, now_ms);
		return;
	}
	/* It brings nothing that could be wrong. */
	if (handle != RDL_HANDLE_NONE && request->operation == RDL_OPERATION_DEREGISTER &&
		request->reason == RDL_REASON_NONE) {
		perform_deregister(shard, handle, request, now_ms);
		return;
	}
	if (handle != RDL_HANDLE_NONE && request->reason == RDL_REASON_NONE &&
		RDL_UNLIKELY((request->gives & RDL_GIVES_IDENTITY) != 0))
		check_identity(shard, handle, request);
	if (handle != RDL_HANDLE_NONE && is_update(request) &&
		RDL_UNLIKELY(rdl_registry_is_over_limit(shard->registry, handle, now_ms))) {
		rdl_shard_shed_as(shard, request, RDL_STAT_drop_admission_update);
		return;
	}
	if (handle == RDL_HANDLE_NONE) {
		request->reason = RDL_REASON_location;
	} else if (request->reason == RDL_REASON_NONE &&
		   (request->gives & RDL_GIVES_PAYLOAD) != 0) {
		if (!rdl_shard_read_list(shard, policy, handle, request, now_ms))
			return;
	}
	if (request->reason != RDL_REASON_NONE)
		refuse(shard, request);
	else if ((request->gives & RDL_GIVES_BLOCK) != 0)
		request->code = RDL_COAP_CONTINUE;
	else
		perform_update(shard, handle, request, now_ms);
}

void rdl_shard_commit(struct rdl_shard *shard, const struct rdl_policy *policy,
	struct rdl_request *request, rdl_handle hint, uint64_t now_ms)
{
	if (request->operation == RDL_OPERATION_REGISTER)
		commit_register(shard, request, hint, now_ms);
	else
		commit_location(shard, policy, request, now_ms);
}
