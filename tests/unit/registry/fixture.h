/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and object lists made by hand. */
#ifndef RDL_REGISTRY_FIXTURE_H
#define RDL_REGISTRY_FIXTURE_H

#include "support.h"

#include "registry.h"
#include "state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "eal.h"

/*
 * An object list of `count` links to object / 0, 1, 2..., with `root` as alternate path. To be
 * freed.
 */
static inline struct rdl_object_list *make_list(uint16_t object, uint16_t count, const char *root)
{
	size_t root_len = strlen(root);
	size_t len = sizeof(struct rdl_object_list) + count * sizeof(rdl_object_link) + root_len;
	struct rdl_object_list *list = calloc(1, len);

	assert_non_null(list);
	list->len = (uint32_t)len;
	list->link_count = count;
	list->root_len = (uint16_t)root_len;
	rdl_object_link *links = (rdl_object_link *)(list + 1);
	for (uint16_t i = 0; i < count; i++)
		links[i] = (uint32_t)object << 16 | i;
	memcpy(links + count, root, root_len);
	return list;
}

static inline struct rdl_endpoint_digest digest_of(struct rdl_span endpoint)
{
	static const struct rdl_key key = { 1, 2 };
	struct rdl_endpoint_digest digest;

	rdl_siphash128(&key, endpoint.data, endpoint.len, digest.word);
	return digest;
}

/* A Register as policy lets it pass. */
static inline struct rdl_request make_register(
	struct rdl_span endpoint, uint32_t lifetime_s, const struct rdl_object_list *objects)
{
	struct rdl_request request = {
		.operation = RDL_OPERATION_REGISTER,
		.gives = RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_OBJECTS,
		.lifetime_s = lifetime_s,
		.binding = 1,
		.minor = 1,
		.peer = { .address = { 1, 2, 3 }, .port = 5683 },
		.digest = digest_of(endpoint),
		.list.objects = objects,
	};

	rdl_request_set_endpoint(&request, endpoint);
	return request;
}

/* What the last call has changed. */
static inline struct rdl_change *changed(void)
{
	static struct rdl_change change;

	return &change;
}

/* All that a budget reaches; returns how many registrations ended. */
static inline unsigned expire(struct rdl_registry *registry, uint64_t now_ms, unsigned budget)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	unsigned all = 0, n;

	do {
		n = rdl_registry_expire(registry, now_ms, budget, changes);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(changes[i].kind, RDL_CHANGE_EXPIRED);
		rdl_registry_forget_ended(registry);
		all += n;
		budget = budget - n;
	} while (n == RDL_REGISTRY_BURST);
	return all;
}

/* A Register of any hint, performed again where it finds a registration that is past its time. */
static inline enum rdl_registry_result perform_register(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_location *location)
{
	enum rdl_registry_result result = rdl_registry_register(
		registry, request, RDL_HANDLE_UNKNOWN, now_ms, location, changed());

	if (result != RDL_REGISTRY_EXPIRED)
		return result;
	return rdl_registry_register(
		registry, request, RDL_HANDLE_UNKNOWN, now_ms, location, changed());
}

/* A request to a location, as a copy; it is told what lives there, copy or not. */
static inline enum rdl_registry_result perform_copy(
	struct rdl_registry *registry, const struct rdl_request *request, uint64_t now_ms)
{
	rdl_handle before = rdl_registry_find(registry, &request->location, now_ms), live = 0;
	enum rdl_registry_result result =
		rdl_registry_repeat(registry, request, now_ms, &live, changed());

	assert_int_equal(live, before);
	return result;
}

/* A De-register that comes once. */
static inline void deregister(struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	static uint64_t exchange = UINT64_C(1) << 32;
	const struct rdl_request request = { .operation = RDL_OPERATION_DEREGISTER,
		.exchange = ++exchange };

	rdl_registry_deregister(registry, handle, &request, now_ms, changed());
	rdl_registry_forget_ended(registry);
}

static inline struct rdl_registry_config make_config(uint64_t registrations)
{
	return (struct rdl_registry_config){
		.registrations = registrations,
		.slots = rdl_registry_slots(registrations),
		.shards = 1,
		.endpoint_key = { 1, 2 },
		.list_key = { 3, 4 },
		.socket_id = -1,
		.now_ms = 5000,
	};
}

/*
 * What a registry has counted of kinds and ends is what there is. Those whose time is over, and
 * which nobody has looked at, are still among them.
 */
static inline void assert_tallied(const struct rdl_registry *registry, uint64_t now_ms)
{
	static uint32_t kinds[RDL_KINDS];
	uint64_t ends[RDL_ENDS_MINUTES] = { 0 }, seen[RDL_ENDS_MINUTES] = { 0 };
	uint64_t cursor = 0, all = 0;
	uint32_t minute = rdl_registry_second(registry, now_ms) / 60;
	struct rdl_registry_counts counts;
	struct rdl_kind kind;
	rdl_handle handle;

	for (unsigned i = 0; i < RDL_KINDS; i++)
		all += kinds[i] = rdl_registry_kind(registry, i, &kind);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(all, counts.registrations);
	while ((handle = rdl_registry_next(registry, &cursor, now_ms, &(unsigned){ UINT32_MAX })) !=
		RDL_HANDLE_NONE) {
		struct rdl_registration r;
		unsigned i = 0;

		rdl_registry_describe(registry, handle, &r);
		do {
			assert_true(i < RDL_KINDS);
			(void)rdl_registry_kind(registry, i++, &kind);
		} while (kind.minor != r.minor || kind.binding != r.binding ||
			 (kind.mode != RDL_IDENTITY_NONE) != (r.identity != 0));
		assert_true(kinds[i - 1]-- > 0);
		uint32_t end =
			rdl_wheel_end(&registry->wheel, rdl_slab_at(&registry->slab, handle)) / 60 -
			minute;
		if (end < RDL_ENDS_MINUTES && r.lifetime_s < 45 * 86400)
			seen[end]++;
		all--;
	}
	/* What is left of either is over. */
	rdl_registry_ends(registry, now_ms, ends);
	for (unsigned i = 0; i < RDL_ENDS_MINUTES; i++)
		assert_in_range(ends[i], seen[i], seen[i] + (i == 0 ? all : 0));
	for (unsigned i = 0; i < RDL_KINDS; i++)
		all -= kinds[i];
	assert_int_equal(all, 0);
}

/* By fields: the structure has padding. */
static inline void assert_location(struct rdl_location got, struct rdl_location want)
{
	assert_int_equal(got.handle, want.handle);
	assert_int_equal(got.version_class, want.version_class);
	assert_int_equal(got.rooted, want.rooted);
	assert_true(got.generation == want.generation);
}

#endif
