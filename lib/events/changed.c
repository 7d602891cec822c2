/* SPDX-License-Identifier: BSD-3-Clause */
#include "events.h"

#define CHANGE(name) (1u << RDL_EVENT_CHANGE_##name)

static struct rdl_span key_of(struct rdl_span parameter)
{
	const uint8_t *equals = memchr(parameter.data, '=', parameter.len);

	if (equals != NULL)
		parameter.len = (size_t)(equals - parameter.data);
	return parameter;
}

/* True when the run holds just this parameter. */
static bool holds(struct rdl_span run, struct rdl_span parameter)
{
	for (size_t i = 0; i < run.len; i += 1u + run.data[i])
		if (rdl_span_equal((struct rdl_span){ run.data + i + 1, run.data[i] }, parameter))
			return true;
	return false;
}

static unsigned changed_parameters(struct rdl_span given, struct rdl_span before)
{
	unsigned changed = 0;

	for (size_t i = 0; i < given.len; i += 1u + given.data[i]) {
		struct rdl_span parameter = { given.data + i + 1, given.data[i] };

		if (!holds(before, parameter))
			changed |= rdl_span_equal(key_of(parameter), RDL_SPAN("sms"))
					   ? CHANGE(sms)
					   : CHANGE(parameters);
	}
	return changed;
}

/* Whether queue mode goes on or off. */
static bool changes_queue(const struct rdl_request *request, const struct rdl_registration *before)
{
	struct rdl_registration after = { .binding = before->binding,
		.queue = before->queue || (request->gives & RDL_GIVES_QUEUE) != 0 };

	if ((request->gives & RDL_GIVES_BINDING) != 0)
		after.binding = request->binding;
	return rdl_registration_queues(&after) != rdl_registration_queues(before);
}

uint8_t rdl_event_changed(const struct rdl_request *request, const struct rdl_registration *before)
{
	unsigned changed = 0;

	if (memcmp(&request->peer, &before->peer, sizeof(request->peer)) != 0)
		changed |= CHANGE(address);
	if ((request->gives & RDL_GIVES_LIFETIME) != 0 && request->lifetime_s != before->lifetime_s)
		changed |= CHANGE(lifetime);
	if ((request->gives & RDL_GIVES_BINDING) != 0 && request->binding != before->binding)
		changed |= CHANGE(binding);
	if (changes_queue(request, before))
		changed |= CHANGE(queue);
	/* The canonical form: the same list has the same octets. */
	if ((request->gives & RDL_GIVES_OBJECTS) != 0 &&
		(request->list.objects->len != before->objects->len ||
			memcmp(request->list.objects, before->objects, before->objects->len) != 0))
		changed |= CHANGE(objects);
	if ((request->gives & RDL_GIVES_PARAMETERS) != 0)
		changed |= changed_parameters(request->parameters, before->parameters);
	return (uint8_t)changed;
}
