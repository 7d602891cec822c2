/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of requests that were performed: what they are answered, and what they do all the same. */
#include "pace.h"

/* The registration that a copy's original made, or went to, lives. */
static enum rdl_registry_result renew(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint32_t age_s, uint64_t now_ms,
	struct rdl_change *change)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	bool gives = request->operation == RDL_OPERATION_REGISTER ||
		     (request->gives & RDL_GIVES_LIFETIME) != 0;
	bool longer = gives && request->lifetime_s > record->lifetime_s;

	if (RDL_UNLIKELY(rdl_pace_is_over(registry, record, now_ms)))
		return RDL_REGISTRY_TOO_OFTEN;
	rdl_pace_begin_lifetime(
		registry, handle, longer ? request->lifetime_s : record->lifetime_s, now_ms);
	change->handle = handle;
	change->kind = RDL_CHANGE_RENEWED;
	change->members = longer ? 1u << RDL_MEMBER_lifetime : 0;
	change->retransmission = age_s <= RDL_MAX_TRANSMIT_SPAN_S;
	if (longer)
		return RDL_REGISTRY_LENGTHENED;
	return change->retransmission ? RDL_REGISTRY_REPLAYED : RDL_REGISTRY_RENEWED;
}

enum rdl_registry_result rdl_registry_repeat_register(struct rdl_registry *registry,
	rdl_handle handle, const struct rdl_request *request, uint64_t now_ms,
	struct rdl_location *location, struct rdl_change *change)
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	uint32_t second = rdl_registry_second(registry, now_ms);
	uint32_t memory_s = rdl_registry_remembers_s(registry, request);
	enum rdl_registry_result result = RDL_REGISTRY_REPLAYED;
	struct rdl_exchange found;

	if (!rdl_exchange_find(record, request->exchange, second, &found) || found.age_s > memory_s)
		return RDL_REGISTRY_NO_COPY;
	if (found.generation == record->generation && record->state == RDL_RECORD_LIVE) {
		if (!rdl_registry_alive(registry, record, second))
			return RDL_REGISTRY_NO_COPY;
		result = renew(registry, handle, request, found.age_s, now_ms, change);
	} else if (found.age_s > RDL_NON_LIFETIME_S) {
		return RDL_REGISTRY_NO_COPY;
	}
	if (result == RDL_REGISTRY_TOO_OFTEN)
		return result;
	*location = (struct rdl_location){ handle, found.version_class, found.rooted,
		found.generation };
	return result;
}

enum rdl_registry_result rdl_registry_repeat(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, rdl_handle *live,
	struct rdl_change *change)
{
	rdl_handle handle = request->location.handle;
	uint32_t second = rdl_registry_second(registry, now_ms);
	struct rdl_exchange found;

	change->kind = RDL_CHANGE_NONE;
	*live = rdl_registry_find(registry, &request->location, now_ms);
	if (!rdl_slab_has(&registry->slab, handle))
		return RDL_REGISTRY_NO_COPY;
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	if (record->state == RDL_RECORD_FREE ||
		!rdl_exchange_find(record, request->exchange, second, &found) ||
		found.age_s > rdl_registry_remembers_s(registry, request)) {
		bool own = *live == RDL_HANDLE_NONE || record->identity == request->identity;

		return RDL_LIKELY(own) ? RDL_REGISTRY_NO_COPY : RDL_REGISTRY_NOT_ITS_OWN;
	}
	if (request->location.generation != record->generation || record->state != RDL_RECORD_LIVE)
		return RDL_REGISTRY_REPLAYED;
	if (!rdl_registry_alive(registry, record, second))
		return RDL_REGISTRY_NO_COPY;
	return renew(registry, handle, request, found.age_s, now_ms, change);
}

/* The record that a request would go to, or RDL_HANDLE_NONE. */
static rdl_handle record_of(struct rdl_registry *registry, const struct rdl_request *request)
{
	rdl_handle handle = request->location.handle;

	if (request->operation != RDL_OPERATION_REGISTER)
		return rdl_slab_has(&registry->slab, handle) ? handle : RDL_HANDLE_NONE;
	handle = rdl_index_find(&registry->endpoints, request->digest.word[0]);
	if (handle == RDL_HANDLE_NONE ||
		!rdl_registry_is_of(registry, rdl_slab_at(&registry->slab, handle), request->digest,
			rdl_request_endpoint(request)))
		return RDL_HANDLE_NONE;
	return handle;
}

bool rdl_registry_is_retransmission(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, rdl_handle *live,
	struct rdl_location *location)
{
	uint32_t second = rdl_registry_second(registry, now_ms);
	bool registers = request->operation == RDL_OPERATION_REGISTER;
	rdl_handle handle = record_of(registry, request);
	struct rdl_exchange found;

	*live = RDL_HANDLE_NONE;
	if (handle == RDL_HANDLE_NONE)
		return false;
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	if (record->state == RDL_RECORD_FREE ||
		!rdl_exchange_find(record, request->exchange, second, &found))
		return false;
	uint32_t generation = registers ? found.generation : request->location.generation;
	if (generation == record->generation && record->state == RDL_RECORD_LIVE) {
		if (!rdl_registry_alive(registry, record, second))
			return false;
		*live = handle;
	}
	if (found.age_s > RDL_MAX_TRANSMIT_SPAN_S)
		return false;
	if (registers)
		*location = (struct rdl_location){ handle, found.version_class, found.rooted,
			found.generation };
	return true;
}
