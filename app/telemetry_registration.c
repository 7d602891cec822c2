/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations over the telemetry socket: asked of their owner core, encoded, in pages that fit. */
#include "telemetry.h"

#include <stdlib.h>
#include <time.h>

#include "percent.h"

/* DPDK cuts strings at 127 octets, arrays at 512 entries, dictionaries at 256. */
#define STRING_MAX 127
#define OBJECTS_SHOWN 256
#define OBJECTS_PAGE 512
#define ENCODED_MAX (3 * RDL_ENDPOINT_MAX + 1)
/* Pages without a name in them, while slots are walked, before a reply says "go on". */
#define ASKS_MAX 64
/* A page cursor: the shard above, the registry's cursor below. */
#define CURSOR_SHARD_SHIFT 34

static struct mailbox *mailbox_of(struct daemon *daemon, struct rdl_endpoint_digest digest)
{
	unsigned shard = rdl_endpoint_partition(digest) % daemon->conf->shards;

	return &daemon->controls[shard]->mailbox;
}

/* Puts the question for one endpoint; true with the mailbox locked and the answer in it. */
static bool ask_endpoint(struct mailbox *mailbox, struct rdl_endpoint_digest digest,
	const uint8_t *endpoint, size_t len)
{
	mailbox->kind = MAILBOX_REGISTRATION;
	mailbox->digest = digest;
	mailbox->endpoint_len = (uint8_t)len;
	memcpy(mailbox->endpoint, endpoint, len);
	return mailbox_ask(mailbox);
}

static void put_parts(struct rte_tel_data *array, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		char part[STRING_MAX + 1];
		size_t n = percent_cut(text + done, len - done, STRING_MAX);

		memcpy(part, text + done, n);
		part[n] = '\0';
		rte_tel_data_add_array_string(array, part);
		done += n;
	}
}

/* `name`: the text, as far as one string goes; `name`_parts: all of it where it does not. */
static void put_text(struct rte_tel_data *d, const char *name, const char *parts_name,
	const char *text, size_t len)
{
	char head[STRING_MAX + 1];
	size_t n = percent_cut(text, len, STRING_MAX);

	memcpy(head, text, n);
	head[n] = '\0';
	rte_tel_data_add_dict_string(d, name, head);
	if (len > STRING_MAX) {
		struct rte_tel_data *parts = tel_array(RTE_TEL_STRING_VAL);

		if (parts != NULL) {
			put_parts(parts, text, len);
			rte_tel_data_add_dict_container(d, parts_name, parts, 0);
		}
	}
}

static void put_encoded(
	struct rte_tel_data *d, const char *name, const char *parts_name, struct rdl_span value)
{
	char text[ENCODED_MAX];
	size_t len;

	if (value.len > RDL_ENDPOINT_MAX)
		value.len = RDL_ENDPOINT_MAX;
	len = percent_encode(value, text);
	put_text(d, name, parts_name, text, len);
}

/*
 * A list of texts: those that fit one string in an array, longer ones beside it, each an array of its parts, in a
 * dictionary by number: DPDK writes no array of arrays inside another container.
 */
struct texts {
	struct rte_tel_data *array, *parts;
	unsigned parts_count;
};

static void texts_add(struct texts *texts, struct rdl_span value)
{
	char text[3 * UINT8_MAX + 1], number[16];
	size_t len = percent_encode(value, text);

	if (len <= STRING_MAX) {
		if (texts->array == NULL)
			texts->array = tel_array(RTE_TEL_STRING_VAL);
		if (texts->array != NULL)
			rte_tel_data_add_array_string(texts->array, text);
		return;
	}
	struct rte_tel_data *parts = tel_array(RTE_TEL_STRING_VAL);
	if (texts->parts == NULL) {
		texts->parts = rte_tel_data_alloc();
		if (texts->parts != NULL)
			rte_tel_data_start_dict(texts->parts);
	}
	if (parts != NULL && texts->parts != NULL) {
		snprintf(number, sizeof(number), "%u", texts->parts_count++);
		put_parts(parts, text, len);
		rte_tel_data_add_dict_container(texts->parts, number, parts, 0);
	} else {
		rte_tel_data_free(parts);
	}
}

/* Hands the lists over to `d`. */
static void texts_put(
	struct texts *texts, struct rte_tel_data *d, const char *name, const char *parts_name)
{
	if (texts->array != NULL)
		rte_tel_data_add_dict_container(d, name, texts->array, 0);
	if (texts->parts != NULL)
		rte_tel_data_add_dict_container(d, parts_name, texts->parts, 0);
}

static void link_text(rdl_object_link link, char text[16])
{
	if ((link & 0xffff) == RDL_ID_NONE)
		snprintf(text, 16, "%u", link >> 16);
	else
		snprintf(text, 16, "%u/%u", link >> 16, link & 0xffff);
}

static void put_links(
	struct rte_tel_data *d, const struct rdl_object_list *list, uint32_t from, uint32_t most)
{
	struct rte_tel_data *array = tel_array(RTE_TEL_STRING_VAL);

	if (array == NULL)
		return;
	for (uint32_t i = from; i < list->link_count && i - from < most; i++) {
		char text[16];

		link_text(rdl_object_list_links(list)[i], text);
		rte_tel_data_add_array_string(array, text);
	}
	rte_tel_data_add_dict_container(d, "objects", array, 0);
}

/* {"3": "1.1", ...}: of each object shown; one without `ver` counts as 1.0. */
static void put_versions(struct rte_tel_data *d, const struct rdl_object_list *list)
{
	const rdl_object_link *links = rdl_object_list_links(list);
	const struct rdl_object_version *versions = rdl_object_list_versions(list);
	struct rte_tel_data *dict = rte_tel_data_alloc();
	unsigned v = 0;

	if (dict == NULL)
		return;
	rte_tel_data_start_dict(dict);
	for (uint32_t i = 0; i < list->link_count && i < OBJECTS_SHOWN; i++) {
		uint32_t object = links[i] >> 16;
		char name[8], text[16] = "1.0";

		if (i > 0 && links[i - 1] >> 16 == object)
			continue;
		while (v < list->version_count && versions[v].object < object)
			v++;
		if (v < list->version_count && versions[v].object == object)
			snprintf(text, sizeof(text), "%u.%u", versions[v].major, versions[v].minor);
		snprintf(name, sizeof(name), "%u", object);
		rte_tel_data_add_dict_string(dict, name, text);
	}
	rte_tel_data_add_dict_container(d, "object_versions", dict, 0);
}

static void put_formats(struct rte_tel_data *d, const struct rdl_object_list *list)
{
	struct rte_tel_data *array = tel_array(RTE_TEL_U64_VAL);

	if (array == NULL)
		return;
	for (unsigned i = 0; i < list->format_count && i < OBJECTS_SHOWN; i++)
		rte_tel_data_add_array_u64(array, rdl_object_list_formats(list)[i]);
	rte_tel_data_add_dict_container(d, "content_formats", array, 0);
}

/* sms, and the extra parameters when there are any. */
static void put_parameters(struct rte_tel_data *d, struct rdl_span blob)
{
	struct rdl_span sms = { NULL, 0 };
	struct texts extra = { 0 };

	for (size_t i = 0; i < blob.len; i += 1u + blob.data[i]) {
		struct rdl_span one = { blob.data + i + 1, blob.data[i] };

		if (one.len > 4 && memcmp(one.data, "sms=", 4) == 0)
			sms = (struct rdl_span){ one.data + 4, one.len - 4 };
		else
			texts_add(&extra, one);
	}
	put_encoded(d, "sms", "sms_parts", sms);
	texts_put(&extra, d, "parameters", "parameters_parts");
}

static void put_root(struct rte_tel_data *d, const struct rdl_object_list *list)
{
	struct rdl_span root = rdl_object_list_root(list);
	char text[ENCODED_MAX + 1] = "/";

	if (root.len > RDL_ENDPOINT_MAX)
		root.len = RDL_ENDPOINT_MAX;
	put_text(d, "root", "root_parts", text, percent_encode(root, text + 1) + 1);
}

static void put_registration(struct rte_tel_data *d, const struct daemon *daemon,
	const struct rdl_registration *r, uint64_t now_ms)
{
	char id[RDL_LOCATION_LEN + 8] = "/rd/", text[RDL_ADDRESS_TEXT];
	uint64_t wall_ms = (uint64_t)time(NULL) * 1000;

	put_encoded(d, "endpoint", "endpoint_parts", r->endpoint);
	rdl_location_encode(&daemon->location_key, &r->location, (uint8_t *)id + 4);
	id[4 + RDL_LOCATION_LEN] = '\0';
	rte_tel_data_add_dict_string(d, "location", id);
	snprintf(text, sizeof(text), "%u.%u", daemon->conf->lwm2m.version.major, r->minor);
	rte_tel_data_add_dict_string(d, "version", text);
	tel_u64(d, "lifetime", r->lifetime_s);
	tel_u64(d, "expires_in", r->deadline_ms > now_ms ? (r->deadline_ms - now_ms) / 1000 : 0);
	rdl_binding_text(r->binding, text);
	rte_tel_data_add_dict_string(d, "binding", text);
	tel_u64(d, "queue", r->queue || strchr(text, 'Q') != NULL);
	put_parameters(d, r->parameters);
	rdl_peer_address_text(&r->peer, text);
	rte_tel_data_add_dict_string(d, "address", text);
	tel_u64(d, "port", r->peer.port);
	put_root(d, r->objects);
	put_links(d, r->objects, 0, OBJECTS_SHOWN);
	tel_u64(d, "objects_total", r->objects->link_count);
	put_versions(d, r->objects);
	put_formats(d, r->objects);
	/* Kept on the monotonic clock; shown on the wall's as it is now. */
	tel_u64(d, "registered_at", (wall_ms - (now_ms - r->registered_ms)) / 1000);
	tel_u64(d, "updated_at", (wall_ms - (now_ms - r->updated_ms)) / 1000);
}

/* The endpoint that a parameter names: its name and digest; false when it cannot be one. */
static bool read_endpoint(const struct daemon *daemon, const char *text, size_t text_len,
	uint8_t endpoint[RDL_ENDPOINT_MAX], size_t *len, struct rdl_endpoint_digest *digest)
{
	if (!percent_decode(text, text_len, endpoint, RDL_ENDPOINT_MAX, len) || *len == 0)
		return false;
	rdl_siphash128(&daemon->endpoint_key, endpoint, *len, digest->word);
	return true;
}

int telemetry_registration(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct daemon *daemon = telemetry_hold();
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	struct rdl_endpoint_digest digest;
	size_t len;

	(void)cmd;
	if (daemon == NULL)
		return 0;
	if (params == NULL ||
		!read_endpoint(daemon, params, strlen(params), endpoint, &len, &digest)) {
		rte_tel_data_start_dict(d);
	} else {
		struct mailbox *mailbox = mailbox_of(daemon, digest);

		pthread_mutex_lock(&mailbox->asking);
		if (ask_endpoint(mailbox, digest, endpoint, len)) {
			rte_tel_data_start_dict(d);
			if (mailbox->found)
				put_registration(
					d, daemon, &mailbox->registration, mailbox->now_ms);
		} /* else d stays null */
		pthread_mutex_unlock(&mailbox->asking);
	}
	telemetry_release();
	return 0;
}

static bool is_number(const char *text)
{
	return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* ENDPOINT[,CURSOR]: names may hold commas, so only digits behind the last one are a cursor. */
static size_t split_cursor(const char *params, uint64_t *cursor)
{
	const char *comma = strrchr(params, ',');

	*cursor = 0;
	if (comma == NULL || !is_number(comma + 1))
		return strlen(params);
	*cursor = strtoull(comma + 1, NULL, 10);
	return (size_t)(comma - params);
}

int telemetry_objects(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct daemon *daemon = telemetry_hold();
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	struct rdl_endpoint_digest digest;
	uint64_t cursor = 0;
	size_t len;

	(void)cmd;
	if (daemon == NULL)
		return 0;
	if (params == NULL || !read_endpoint(daemon, params, split_cursor(params, &cursor),
				      endpoint, &len, &digest)) {
		rte_tel_data_start_dict(d);
	} else {
		struct mailbox *mailbox = mailbox_of(daemon, digest);

		pthread_mutex_lock(&mailbox->asking);
		if (ask_endpoint(mailbox, digest, endpoint, len)) {
			rte_tel_data_start_dict(d);
			if (mailbox->found) {
				const struct rdl_object_list *list = mailbox->registration.objects;
				uint32_t from = cursor < list->link_count ? (uint32_t)cursor
									  : list->link_count;
				uint64_t next = (uint64_t)from + OBJECTS_PAGE;

				put_links(d, list, from, OBJECTS_PAGE);
				tel_u64(d, "objects_total", list->link_count);
				tel_u64(d, "next", next < list->link_count ? next : 0);
			}
		}
		pthread_mutex_unlock(&mailbox->asking);
	}
	telemetry_release();
	return 0;
}

static void add_page(const struct mailbox *mailbox, struct texts *names)
{
	for (uint32_t i = 0; i < mailbox->page_len; i += 1u + mailbox->page[i])
		texts_add(names, (struct rdl_span){ mailbox->page + i + 1, mailbox->page[i] });
}

/* The next page with a name in it, from the shard that *cursor says on; false when an owner did not answer. */
static bool ask_page(struct daemon *daemon, uint64_t *cursor, struct texts *names)
{
	for (unsigned asks = 0; asks < ASKS_MAX; asks++) {
		uint64_t shard = *cursor >> CURSOR_SHARD_SHIFT;
		uint64_t mask = (UINT64_C(1) << CURSOR_SHARD_SHIFT) - 1;

		if (shard >= daemon->conf->shards) {
			*cursor = 0;
			return true;
		}
		struct mailbox *mailbox = &daemon->controls[shard]->mailbox;
		pthread_mutex_lock(&mailbox->asking);
		mailbox->kind = MAILBOX_PAGE;
		mailbox->cursor = *cursor & mask;
		bool answered = mailbox_ask(mailbox);
		bool any = answered && mailbox->page_len > 0;
		if (answered) {
			bool end = mailbox->cursor == UINT64_MAX;

			*cursor = end ? (shard + 1) << CURSOR_SHARD_SHIFT
				      : shard << CURSOR_SHARD_SHIFT | mailbox->cursor;
			add_page(mailbox, names);
		}
		pthread_mutex_unlock(&mailbox->asking);
		if (!answered)
			return false;
		if (*cursor >> CURSOR_SHARD_SHIFT >= daemon->conf->shards)
			*cursor = 0;
		if (any || *cursor == 0)
			return true;
	}
	return true;
}

int telemetry_registrations(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct daemon *daemon = telemetry_hold();
	uint64_t cursor = params != NULL ? strtoull(params, NULL, 10) : 0;
	struct texts names = { 0 };

	(void)cmd;
	if (daemon == NULL)
		return 0;
	if (params != NULL && !is_number(params)) {
		rte_tel_data_start_dict(d);
	} else if (ask_page(daemon, &cursor, &names)) {
		rte_tel_data_start_dict(d);
		if (names.array == NULL) /* there even when it is empty */
			names.array = tel_array(RTE_TEL_STRING_VAL);
		texts_put(&names, d, "endpoints", "endpoint_parts");
		tel_u64(d, "next", cursor);
	}
	telemetry_release();
	return 0;
}
