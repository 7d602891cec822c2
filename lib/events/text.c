/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Registrations and events as JSON. Written directly:
 * a tree of values, as a general library has it, costs seven times as much.
 */
#include "events.h"

enum rdl_event_kind rdl_event_kind_of(enum rdl_change_kind change)
{
	static const uint8_t kinds[] = {
		[RDL_CHANGE_REGISTERED] = RDL_EVENT_registered,
		[RDL_CHANGE_REPLACED] = RDL_EVENT_replaced,
		[RDL_CHANGE_UPDATED] = RDL_EVENT_updated,
		[RDL_CHANGE_RENEWED] = RDL_EVENT_updated, /* the copy came instead of one */
		[RDL_CHANGE_DEREGISTERED] = RDL_EVENT_deregistered,
		[RDL_CHANGE_EXPIRED] = RDL_EVENT_expired,
		[RDL_CHANGE_REMOVED] = RDL_EVENT_removed,
	};

	return (enum rdl_event_kind)kinds[change];
}

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

static void put_link(struct rdl_cursor *out, rdl_object_link link)
{
	if (link == RDL_ATTRIBUTES_ROOT) {
		rdl_cursor_u8(out, '/');
		return;
	}
	rdl_cursor_decimal(out, link >> 16);
	if ((link & 0xffff) != RDL_ID_NONE)
		put_number(out, "/", link & 0xffff);
}

static void put_links(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	const rdl_object_link *links = rdl_object_list_links(list);

	rdl_cursor_text(out, ",\"objects\":[");
	for (unsigned i = 0; i < list->link_count; i++) {
		rdl_cursor_text(out, i > 0 ? ",\"" : "\"");
		put_link(out, links[i]);
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

/* Where the operator has them kept, and a link has some. */
static void put_attributes(struct rdl_cursor *out, const struct rdl_object_list *list)
{
	struct rdl_span rest = rdl_object_list_attributes(list), text;
	const char *before = ",\"object_attributes\":{\"";
	rdl_object_link link;

	if (rest.len == 0)
		return;
	while (rdl_object_attributes_next(&rest, &link, &text)) {
		rdl_cursor_text(out, before);
		put_link(out, link);
		put_string(out, "\":", text);
		before = ",\"";
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

/* Milliseconds since 1970 as seconds. */
static void put_time(struct rdl_cursor *out, const char *name, uint64_t ms)
{
	unsigned rest = (unsigned)(ms % 1000);
	const char decimals[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
		(char)('0' + rest % 10) };

	put_number(out, name, ms / 1000);
	rdl_cursor_bytes(out, decimals, sizeof(decimals));
}

static void put_location(struct rdl_cursor *out, const char *name,
	const struct rdl_location *location, const struct rdl_event_facts *facts)
{
	uint8_t id[RDL_LOCATION_LEN];

	rdl_location_encode(&facts->location_key, location, id);
	rdl_cursor_text(out, name);
	rdl_cursor_text(out, "\"/rd/");
	rdl_cursor_bytes(out, id, sizeof(id));
	rdl_cursor_u8(out, '"');
}

static void put_peer(struct rdl_cursor *out, const struct rdl_peer *peer)
{
	char text[RDL_ADDRESS_TEXT];

	rdl_peer_address_text(peer, text);
	put_plain(out, "\"address\":", text);
	put_number(out, ",\"port\":", peer->port);
}

/* All but the times. */
static void put_facts(struct rdl_cursor *out, const struct rdl_registration *registration,
	const struct rdl_identity *identity, const struct rdl_event_facts *facts)
{
	char text[RDL_BINDING_TEXT];

	put_string(out, "\"endpoint\":", registration->endpoint);
	put_location(out, ",\"location\":", &registration->location, facts);
	rdl_cursor_u8(out, ',');
	put_peer(out, &registration->peer);
	rdl_cursor_u8(out, ',');
	if (identity != NULL)
		rdl_identity_json(out, identity);
	else
		rdl_identities_json(out, facts->identities, registration->identity);
	put_number(out, ",\"version\":\"", facts->major);
	put_number(out, ".", registration->minor);
	put_number(out, "\",\"lifetime\":", registration->lifetime_s);
	rdl_binding_text(registration->binding, text);
	put_plain(out, ",\"binding\":", text);
	rdl_cursor_text(out,
		rdl_registration_queues(registration) ? ",\"queue\":true" : ",\"queue\":false");
	put_parameters(out, registration->parameters);
	put_root(out, registration->objects);
	put_links(out, registration->objects);
	put_versions(out, registration->objects);
	put_attributes(out, registration->objects);
	put_number(out, ",\"objects_total\":", registration->objects->link_count);
	put_formats(out, registration->objects);
}

void rdl_registration_text(struct rdl_cursor *out, const struct rdl_registration *registration,
	uint64_t now_ms, const struct rdl_event_facts *facts)
{
	put_facts(out, registration, NULL, facts);
	put_number(out, ",\"expires_in\":", rdl_registration_expires_in(registration, now_ms));
	put_number(out, ",\"registered_at\":", registration->registered_ms / 1000);
	put_number(out, ",\"updated_at\":", registration->updated_ms / 1000);
}

/* What has just happened is told to the millisecond. */
static void put_times(struct rdl_cursor *out, const struct rdl_event *event)
{
	const struct rdl_registration *registration = &event->registration;
	bool begins = event->kind == RDL_EVENT_registered || event->kind == RDL_EVENT_replaced;

	put_number(
		out, ",\"expires_in\":", rdl_registration_expires_in(registration, event->time_ms));
	if (begins)
		put_time(out, ",\"registered_at\":", event->time_ms);
	else
		put_number(out, ",\"registered_at\":", registration->registered_ms / 1000);
	if (begins || event->kind == RDL_EVENT_updated)
		put_time(out, ",\"updated_at\":", event->time_ms);
	else
		put_number(out, ",\"updated_at\":", registration->updated_ms / 1000);
}

static void put_changed(struct rdl_cursor *out, unsigned changed)
{
	static const char *const names[] = {
#define X(name) #name,
		RDL_MEMBERS(X)
#undef X
	};
	const char *before = "";

	rdl_cursor_text(out, ",\"changed\":[");
	for (unsigned i = 0; i < RDL_MEMBER_COUNT; i++) {
		if ((changed & 1u << i) == 0)
			continue;
		put_plain(out, before, names[i]);
		before = ",";
	}
	rdl_cursor_u8(out, ']');
}

/*
 * Of `replaced`: where it was registered, and from where;
 * of an Update from elsewhere, from where before.
 */
static void put_old(
	struct rdl_cursor *out, const struct rdl_event *event, const struct rdl_event_facts *facts)
{
	bool replaced = event->kind == RDL_EVENT_replaced;
	bool moved = event->kind == RDL_EVENT_updated &&
		     (event->changed & 1u << RDL_MEMBER_address) != 0;

	if (!replaced && !moved)
		return;
	rdl_cursor_text(out, ",\"old\":{");
	if (replaced) {
		put_location(out, "\"location\":", &event->old.location, facts);
		rdl_cursor_u8(out, ',');
	}
	put_peer(out, &event->old.peer);
	rdl_cursor_u8(out, '}');
}

void rdl_event_text(
	struct rdl_cursor *out, const struct rdl_event *event, const struct rdl_event_facts *facts)
{
	put_plain(out, "{\"event\":", rdl_event_kind_text(event->kind));
	put_number(out, ",\"partition\":", rdl_location_partition(&event->registration.location));
	if (event->position > 0)
		put_number(out, ",\"position\":", event->position);
	else
		put_number(out, ",\"seq\":", event->seq);
	put_time(out, ",\"time\":", event->time_ms);
	if (event->kind == RDL_EVENT_updated)
		put_changed(out, event->changed);
	put_old(out, event, facts);
	rdl_cursor_u8(out, ',');
	put_facts(out, &event->registration, event->identity, facts);
	put_times(out, event);
	rdl_cursor_text(out, "}\n");
}
