/* SPDX-License-Identifier: BSD-3-Clause */
#include "needs.h"

struct rdl_needs rdl_needs_of(const struct rdl_registry *registry,
	const struct rdl_request *request, struct rdl_span parameters)
{
	struct rdl_needs needs = { .peer = &request->peer };

	if ((request->gives & RDL_GIVES_OBJECTS) != 0) {
		needs.list = request->list.objects;
		needs.digest = request->list.digest != 0
				       ? request->list.digest
				       : rdl_object_list_digest(
						 &registry->lists.key, request->list.objects);
	}
	if (request->operation == RDL_OPERATION_REGISTER) {
		needs.has_extras = true;
		if (request->endpoint_len > RDL_NAME_INLINE)
			needs.extras.name = rdl_request_endpoint(request);
	} else {
		needs.has_extras = (request->gives & RDL_GIVES_PARAMETERS) != 0;
	}
	needs.extras.parameters = parameters;
	return needs;
}

static struct rdl_store_claim claim_of(
	const struct rdl_registry *registry, const struct rdl_needs *needs)
{
	return (struct rdl_store_claim){
		.account = rdl_accounts_of(&registry->store.accounts, needs->peer),
		.live = needs->live,
	};
}

static bool take_list(
	struct rdl_registry *registry, const struct rdl_record *record, struct rdl_needs *needs)
{
	needs->objects_need = RDL_NEED_BLOCK;
	needs->objects_block = rdl_lists_share(&registry->lists, needs->list, needs->digest);
	if (RDL_LIKELY(needs->objects_block != RDL_STORE_NONE))
		return true;
	struct rdl_store_claim claim = claim_of(registry, needs);
	needs->objects_block = rdl_lists_keep(&registry->lists, needs->list, needs->digest, &claim);
	if (needs->objects_block != RDL_STORE_NONE)
		return true;
	needs->objects_need = RDL_NEED_OVER;
	return record != NULL && record->objects != RDL_STORE_NONE &&
	       rdl_lists_fits(&registry->lists, record->objects, needs->list);
}

static bool take_extras(
	struct rdl_registry *registry, const struct rdl_record *record, struct rdl_needs *needs)
{
	bool has = record != NULL && record->extras != RDL_STORE_NONE;

	needs->extras_need = RDL_NEED_BLOCK;
	needs->extras_block = RDL_STORE_NONE;
	if (RDL_LIKELY(rdl_extras_none(&needs->extras)))
		return true;
	if (needs->extras.parameters.len > RDL_REGISTRY_PARAMETERS_MAX)
		return false;
	if (has && rdl_span_equal(rdl_extras_parameters(&registry->store, record),
			   needs->extras.parameters)) {
		needs->extras_need = RDL_NEED_NOTHING;
		return true;
	}
	struct rdl_store_claim claim = claim_of(registry, needs);
	needs->extras_block = rdl_extras_create(&registry->store, &needs->extras, &claim);
	if (needs->extras_block != RDL_STORE_NONE)
		return true;
	needs->extras_need = RDL_NEED_OVER;
	return has && rdl_extras_fits(&registry->store, record->extras, &needs->extras);
}

bool rdl_needs_reserve(
	struct rdl_registry *registry, const struct rdl_record *record, struct rdl_needs *needs)
{
	needs->objects_need = needs->extras_need = RDL_NEED_NOTHING;
	if (needs->list != NULL && !take_list(registry, record, needs))
		return false;
	if (!needs->has_extras || take_extras(registry, record, needs))
		return true;
	needs->extras_need = RDL_NEED_NOTHING;
	rdl_needs_return(registry, needs);
	return false;
}

void rdl_needs_return(struct rdl_registry *registry, const struct rdl_needs *needs)
{
	if (needs->objects_need == RDL_NEED_BLOCK)
		rdl_registry_release(registry, needs->objects_block, RDL_STORE_NONE);
	if (needs->extras_need == RDL_NEED_BLOCK)
		rdl_registry_release(registry, RDL_STORE_NONE, needs->extras_block);
}

void rdl_needs_settle(
	struct rdl_registry *registry, struct rdl_record *record, const struct rdl_needs *needs)
{
	if (needs->objects_need == RDL_NEED_BLOCK) {
		rdl_registry_release(registry, record->objects, RDL_STORE_NONE);
		record->objects = needs->objects_block;
	} else if (needs->objects_need == RDL_NEED_OVER) {
		rdl_lists_write_over(&registry->lists, record->objects, needs->list, needs->digest);
	}
	if (needs->extras_need == RDL_NEED_BLOCK) {
		rdl_registry_release(registry, RDL_STORE_NONE, record->extras);
		record->extras = needs->extras_block;
	} else if (needs->extras_need == RDL_NEED_OVER) {
		rdl_extras_write_over(&registry->store, record->extras, &needs->extras);
	}
}
