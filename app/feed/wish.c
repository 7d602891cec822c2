/* SPDX-License-Identifier: BSD-3-Clause */
#include "wish.h"

#include "delivered.h"
#include "members.h"

static bool read_kind(const char *word, struct wish *wish)
{
	enum rdl_delivered_kind delivered = delivered_kind_of(word);
	unsigned kind = 0;

	while (kind < RDL_EVENT_KIND_COUNT && strcmp(word, rdl_event_kind_text(kind)) != 0)
		kind++;
	if (kind < RDL_EVENT_KIND_COUNT)
		wish->kinds |= 1u << kind;
	else if (delivered < RDL_DELIVERED_KIND_COUNT)
		wish->delivered |= 1u << delivered;
	else if (strcmp(word, "refused") == 0)
		wish->refused = true;
	else
		return false;
	return true;
}

static const char *read_kinds(json_t *list, struct wish *wish)
{
	const json_t *item;
	size_t i;

	wish->kinds = 0;
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || !read_kind(json_string_value(item), wish))
			return "events: not a kind of event";
	}
	return json_is_array(list) ? NULL : "events: not an array";
}

static const char no_request[] =
	"not a request: {from: now or snapshot, events: [...], prefix: ...}";
static const char no_from[] = "from: neither now nor snapshot";
static const char no_place[] = "from: not {partition: ..., position: ...}, or some of those";
static const char no_ack[] = "ack: not {name: ..., partition: ..., position: ...}";

/* Members that both may have; the others are the caller's to have looked at. */
static bool read_place(json_t *object, struct recall_place *place, const char **name, size_t *len)
{
	json_int_t partition, position;
	int rc = name == NULL
			 ? json_unpack_ex(object, NULL, JSON_STRICT, "{s:I, s:I}", "partition",
				   &partition, "position", &position)
			 : json_unpack_ex(object, NULL, JSON_STRICT, "{s:s%, s:I, s:I}", "name",
				   name, len, "partition", &partition, "position", &position);

	if (rc != 0 || partition < 0 || partition >= RDL_PARTITIONS || position < 0)
		return false;
	*place = (struct recall_place){ (unsigned)partition, (uint64_t)position };
	return true;
}

static const char *read_places(struct wish *wish, json_t *from)
{
	json_t *item;
	size_t i;

	wish->from = WISH_POSITION;
	if (json_is_object(from)) {
		wish->place_count = 1;
		return read_place(from, &wish->places[0], NULL, NULL) ? NULL : no_place;
	}
	if (!json_is_array(from) || json_array_size(from) == 0)
		return no_place;
	if (json_array_size(from) > RECALL_PLACES_MAX)
		return "from: more than 64 positions, of which one of each log is enough";
	json_array_foreach(from, i, item)
	{
		if (!read_place(item, &wish->places[i], NULL, NULL))
			return no_place;
		wish->place_count++;
	}
	return NULL;
}

static const char *keep_name(struct wish *wish, const void *name, size_t len)
{
	if (len > sizeof(wish->name))
		len = sizeof(wish->name);
	memcpy(wish->name, name, len);
	wish->name_len = len;
	return NULL;
}

/* What a subscription says; views. */
struct subscription {
	json_t *from, *events;
	struct rdl_span prefix, name; /* without data: left out */
};

static const struct rdl_lines_member of_subscription[] = {
	{ .name = "from",
		.kind = RDL_LINES_ANY,
		.required = true,
		.at = offsetof(struct subscription, from),
		.wrong = no_from },
	{ .name = "events", .kind = RDL_LINES_ANY, .at = offsetof(struct subscription, events) },
	{ .name = "prefix",
		.most = RDL_ENDPOINT_MAX,
		.at = offsetof(struct subscription, prefix),
		.wrong = "prefix: not a string, or longer than any endpoint name" },
	{ .name = "name",
		.most = INT32_MAX,
		.at = offsetof(struct subscription, name),
		.wrong = "name: not a string" },
};

static const char *read_from(struct wish *wish, const struct subscription *said)
{
	const char *word = json_string_value(said->from);

	if (said->name.data != NULL && (word == NULL || strcmp(word, "cursor") != 0))
		return "name: only where from is cursor";
	if (json_is_object(said->from) || json_is_array(said->from))
		return read_places(wish, said->from);
	if (word == NULL)
		return no_from;
	if (strcmp(word, "cursor") == 0) {
		wish->from = WISH_CURSOR;
		return said->name.data != NULL ? keep_name(wish, said->name.data, said->name.len)
					       : "name: missing, of a cursor";
	}
	if (strcmp(word, "now") != 0 && strcmp(word, "snapshot") != 0)
		return no_from;
	wish->from = word[0] == 's' ? WISH_SNAPSHOT : WISH_NOW;
	return NULL;
}

static const char *read_subscription(struct wish *wish, json_t *request)
{
	struct subscription said = { .from = NULL };
	const char *wrong = rdl_lines_read(
		request, of_subscription, RDL_ARRAY_LEN(of_subscription), &said, no_request);

	if (wrong == NULL)
		wrong = read_from(wish, &said);
	if (wrong != NULL)
		return wrong;
	wish->kinds = (1u << RDL_EVENT_KIND_COUNT) - 1;
	if (said.events != NULL)
		wrong = read_kinds(said.events, wish);
	if (wrong == NULL && (wish->refused || wish->delivered != 0) && wish->from >= WISH_CURSOR)
		return "events: only what happens to registrations is in the log";
	if (said.prefix.len > 0)
		memcpy(wish->prefix, said.prefix.data, said.prefix.len);
	wish->prefix_len = said.prefix.len;
	return wrong;
}

static const char *read_ack(struct wish *wish, json_t *request)
{
	const char *name;
	size_t len;
	json_t *ack;

	wish->from = WISH_ACK;
	wish->place_count = 1;
	if (json_unpack_ex(request, NULL, JSON_STRICT, "{s:o}", "ack", &ack) != 0 ||
		!read_place(ack, &wish->places[0], &name, &len))
		return no_ack;
	return keep_name(wish, name, len);
}

const char *wish_read(struct wish *wish, const char *text, size_t len)
{
	const char *wrong;
	json_t *request = rdl_lines_load(text, len, true, &wrong);

	*wish = (struct wish){ .refused = false };
	if (request == NULL)
		return wrong;
	if (json_object_get(request, "ack") != NULL)
		wrong = read_ack(wish, request);
	else
		wrong = read_subscription(wish, request);
	json_decref(request);
	return wrong;
}
