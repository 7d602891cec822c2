/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations and events as JSON. Written directly: a tree of values, as a general library has it, costs seven times as much. */
#include "events.h"

const char *rdl_event_kind_text(enum rdl_event_kind kind)
{
	static const char *const texts[] = {
#define X(name, text) [RDL_EVENT_##name] = text,
		RDL_EVENT_KINDS(X)
#undef X
			[RDL_EVENT_row] = "registration",
	};

	return texts[kind];
}

static void put_number(struct rdl_cursor *out, const char *name, uint64_t value)
{
	rdl_cursor_text(out, name);
	rdl_cursor_decimal(out, value);
}

static void put_string(struct rdl_cursor *out, const char *name, struct rdl_span value)
{
	rdl_cursor_text(out, name);
	rdl_cursor_json(out, value);
}

static void put_plain(struct rdl_cursor *out, const char *name, const char *value)
{
	put_string(out, name, (struct rdl_span){ (const uint8_t *)value, strlen(value) });
}

static void put_links(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	const rdl_object_link *links = rdl_object_list_links(list);

	rdl_cursor_text(out, ",\"objects\":[");
	for (unsigned i = 0; i < list->link_count; i++) {
		rdl_cursor_text(out, i > 0 ? ",\"" : "\"");
		rdl_cursor_decimal(out, links[i] >> 16);
		if ((links[i] & 0xffff) != RDL_ID_NONE)
			put_number(out, "/", links[i] & 0xffff);
		rdl_cursor_u8(out, '"');
	}
	rdl_cursor_u8(out, ']');
}

/* Of every object; one that came without `ver` counts as 1.0. */
static void put_versions(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	const struct rdl_object_version *versions = rdl_object_list_versions(list);
	unsigned v = 0;

	rdl_cursor_text(out, ",\"object_versions\":{");
	for (unsigned i = 0; i < list->link_count; i++) {
		uint32_t object = links[i] >> 16;

		if (i > 0 && links[i - 1] >> 16 == object)
			continue;
		put_number(out, i > 0 ? ",\"" : "\"", object);
		while (v < list->version_count && versions[v].object < object)
			v++;
		bool named = v < list->version_count && versions[v].object == object;
		put_number(out, "\":\"", named ? versions[v].major : 1);
		put_number(out, ".", named ? versions[v].minor : 0);
		rdl_cursor_u8(out, '"');
	}
	rdl_cursor_u8(out, '}');
}

static void put_formats(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	rdl_cursor_text(out, ",\"content_formats\":[");
	for (unsigned i = 0; i < list->format_count; i++)
		put_number(out, i > 0 ? "," : "", rdl_object_list_formats(list)[i]);
	rdl_cursor_u8(out, ']');
}

/* sms, and the extra parameters as they came, key[=value]. */
static void put_parameters(struct rdl_cursor *out, struct rdl_span run)
{
	struct rdl_span sms = { NULL, 0 };
	const char *before = ",\"parameters\":[";

	for (size_t i = 0; i < run.len; i += 1u + run.data[i]) {
		struct rdl_span one = { run.data + i + 1, run.data[i] };

		if (one.len >= 4 && memcmp(one.data, "sms=", 4) == 0) {
			sms = (struct rdl_span){ one.data + 4, one.len - 4 };
			continue;
		}
		put_string(out, before, one);
		before = ",";
	}
	if (before[1] == '\0')
		rdl_cursor_u8(out, ']');
	put_string(out, ",\"sms\":", sms);
}

static void put_root(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	struct rdl_span root = rdl_object_list_root(list);

	rdl_cursor_text(out, ",\"root\":\"/");
	if (root.len == 0) {
		rdl_cursor_u8(out, '"');
		return;
	}
	/* The slash before it takes the place of its quote. */
	uint8_t *quote = out->pos;
	rdl_cursor_json(out, root);
	if (!out->failed) {
		memmove(quote, quote + 1, (size_t)(out->pos - quote - 1));
		out->pos--;
	}
}

void rdl_registration_text(struct rdl_cursor *out, const struct rdl_registration *registration,
	const struct rdl_event_facts *facts)
{
	char text[RDL_ADDRESS_TEXT];
	uint8_t id[RDL_LOCATION_LEN];

	put_string(out, "\"endpoint\":", registration->endpoint);
	rdl_location_encode(&facts->location_key, &registration->location, id);
	rdl_cursor_text(out, ",\"location\":\"/rd/");
	rdl_cursor_bytes(out, id, sizeof(id));
	rdl_peer_address_text(&registration->peer, text);
	put_plain(out, "\",\"address\":", text);
	put_number(out, ",\"port\":", registration->peer.port);
	put_number(out, ",\"version\":\"", facts->major);
	put_number(out, ".", registration->minor);
	put_number(out, "\",\"lifetime\":", registration->lifetime_s);
	rdl_binding_text(registration->binding, text);
	put_plain(out, ",\"binding\":", text);
	bool queue = registration->queue || strchr(text, 'Q') != NULL;
	rdl_cursor_text(out, queue ? ",\"queue\":true" : ",\"queue\":false");
	put_parameters(out, registration->parameters);
	put_root(out, registration->objects);
	put_links(out, registration->objects);
	put_versions(out, registration->objects);
	put_formats(out, registration->objects);
}

static void put_changed(struct rdl_cursor *out, unsigned changed)
{
	static const char *const names[] = {
#define X(name) #name,
		RDL_EVENT_CHANGES(X)
#undef X
	};
	const char *before = "";

	rdl_cursor_text(out, ",\"changed\":[");
	for (unsigned i = 0; i < RDL_EVENT_CHANGE_COUNT; i++) {
		if ((changed & 1u << i) == 0)
			continue;
		put_plain(out, before, names[i]);
		before = ",";
	}
	rdl_cursor_u8(out, ']');
}

void rdl_event_text(
	struct rdl_cursor *out, const struct rdl_event *event, const struct rdl_event_facts *facts)
{
	uint64_t wall_ms = event->time_ms + facts->wall_ms;
	unsigned ms = (unsigned)(wall_ms % 1000);
	const char decimals[4] = { (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
		(char)('0' + ms % 10) };

	put_plain(out, "{\"event\":", rdl_event_kind_text(event->kind));
	put_number(out, ",\"partition\":", rdl_location_partition(&event->registration.location));
	put_number(out, ",\"seq\":", event->seq);
	put_number(out, ",\"time\":", wall_ms / 1000);
	rdl_cursor_u8(out, '.');
	rdl_cursor_text(out, decimals);
	if (event->kind == RDL_EVENT_updated)
		put_changed(out, event->changed);
	rdl_cursor_u8(out, ',');
	rdl_registration_text(out, &event->registration, facts);
	rdl_cursor_text(out, "}\n");
}
