/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_registration.h"

#include "model_sessions.h"

static void compare_parameters(const struct facts *facts, struct rdl_span parameters)
{
	char value[VALUE_MAX], wanted[2 * VALUE_MAX];
	size_t all = 0;

	for (unsigned i = 0; i <= EXTRAS; i++) {
		if ((i == EXTRAS ? facts->sms : facts->extra[i]) == 0)
			continue;
		if (i == EXTRAS)
			sms_make(facts->sms, value);
		else
			value_make(facts->extra[i], value);
		size_t len = (size_t)snprintf(wanted + 1, sizeof(wanted) - 1, "%s=%s",
			i == EXTRAS ? "sms" : extra_names[i], value);
		wanted[0] = (char)len;
		size_t at = 0;
		while (at < parameters.len &&
			(parameters.data[at] != len ||
				memcmp(parameters.data + at, wanted, len + 1) != 0))
			at += parameters.data[at] + 1u;
		CHECK(at + len + 1 <= parameters.len);
		all += len + 1;
	}
	CHECK(all == parameters.len);
}

void compare_one(const struct endpoint *e, const struct rdl_registration *r)
{
	const struct source *source = &sources[e->facts.source];
	struct rdl_local local = source->local;
	char id[ID_LEN], binding[RDL_BINDING_TEXT];
	static struct list list;

	rdl_location_encode(&location_key, &r->location, (uint8_t *)id);
	CHECK(memcmp(id, e->place.id, ID_LEN) == 0);
	CHECK(rdl_span_equal(r->endpoint, span_of(e->name)));
	CHECK(memcmp(r->peer.address, source->address, 16) == 0 && r->peer.port == source->port);
	local.udp_port = e->owner != 0; /* the second one */
	CHECK(memcmp(&r->local, &local, sizeof(r->local)) == 0);
	CHECK(r->identity == number_of(e->owner));
	CHECK(r->minor == e->facts.minor && r->queue == e->facts.queue);
	rdl_binding_text(r->binding, binding);
	CHECK(strcmp(binding, e->facts.binding) == 0);
	CHECK(r->lifetime_s == e->facts.lifetime_s);
	CHECK(r->deadline_ms == epoch_ms + wall_ms + e->deadline_s * UINT64_C(1000));
	CHECK(r->registered_ms == e->registered_at_s * 1000);
	CHECK(r->updated_ms == e->updated_at_s * 1000);
	compare_parameters(&e->facts, r->parameters);
	list_make(&list, &e->facts.list);
	CHECK(list_is(&list, r->objects));
}

void compare_endpoint(const struct endpoint *e)
{
	struct rdl_registration registration;
	struct rdl_location location;

	if (!alive(e))
		return;
	const struct rdl_registry *registry = shards[e->shard].registry;
	CHECK(rdl_location_decode(&location_key, span_of(e->place.id), &location));
	rdl_handle handle = rdl_registry_find(registry, &location, now_ms);
	CHECK(handle != RDL_HANDLE_NONE);
	rdl_registry_describe(registry, handle, &registration);
	compare_one(e, &registration);
}
