/* SPDX-License-Identifier: BSD-3-Clause */
/* One registration over the telemetry socket, asked of its owner core. */
#include "telemetry_internal.h"

/* DPDK cuts arrays at 512 entries, dictionaries at 256. */
#define OBJECTS_SHOWN 256
/* And strings at 127 octets. */
#define ATTRIBUTES_SHOWN 127
#define ROOT_TEXT_MAX (3 * RDL_ENDPOINT_MAX + 2)

static void link_text(rdl_object_link link, char text[16])
{
	if ((link & 0xffff) == RDL_ID_NONE)
		snprintf(text, 16, "%u", link >> 16);
	else
		snprintf(text, 16, "%u/%u", link >> 16, link & 0xffff);
}

void tel_links(
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

/* {"3303/0": "obs", ...}: of what goes into one string each; `show` has all. */
static void put_attributes(struct rte_tel_data *d, const struct rdl_object_list *list)
{
	struct rdl_span rest = rdl_object_list_attributes(list), text;
	struct rte_tel_data *dict = rest.len > 0 ? rte_tel_data_alloc() : NULL;
	rdl_object_link link;

	if (dict == NULL)
		return;
	rte_tel_data_start_dict(dict);
	while (rdl_object_attributes_next(&rest, &link, &text)) {
		char name[16] = "/", encoded[3 * ATTRIBUTES_SHOWN + 1];

		if (text.len > ATTRIBUTES_SHOWN ||
			rdl_percent_encode(text, encoded) > ATTRIBUTES_SHOWN)
			continue;
		if (link != RDL_ATTRIBUTES_ROOT)
			link_text(link, name);
		rte_tel_data_add_dict_string(dict, name, encoded);
	}
	rte_tel_data_add_dict_container(d, "object_attributes", dict, 0);
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

/*
 * DPDK leaves out of a reply, without a word, what goes beyond this. So extra parameters come last,
 * as many as fit behind the most that all others may take: all that there can be where lists are
 * short.
 */
#define REPLY_MAX 16384

static size_t shown(size_t count)
{
	return count < OBJECTS_SHOWN ? count : OBJECTS_SHOWN;
}

static size_t room_for_parameters(const struct rdl_object_list *list)
{
	/* "65534/65534", and "65534":"65534.65534", and 65535, */
	size_t lists = shown(list->link_count) * (14 + 22) + shown(list->format_count) * 6;
	/* Encoded, and the link that each belongs to. */
	size_t attributes = 4 * rdl_object_list_attributes(list).len;
	/* The root, the endpoint and an identity: as a string, and in parts. */
	size_t names = 3 * (ROOT_TEXT_MAX + 256), rest = 1024;
	size_t used = lists + attributes + names + rest;

	return used < REPLY_MAX ? REPLY_MAX - used : 0;
}

/* sms, and the extra parameters when there are any. */
static void put_parameters(struct rte_tel_data *d, struct rdl_span blob, size_t room)
{
	struct rdl_span sms = { NULL, 0 };
	struct tel_texts extra = { 0 };
	uint64_t total = 0;

	for (size_t i = 0; i < blob.len; i += 1u + blob.data[i]) {
		struct rdl_span one = { blob.data + i + 1, blob.data[i] };

		if (one.len > 4 && memcmp(one.data, "sms=", 4) == 0) {
			sms = (struct rdl_span){ one.data + 4, one.len - 4 };
			continue;
		}
		size_t octets = tel_text_octets(one);
		total++;
		if (octets > room)
			continue;
		room -= octets;
		tel_texts_add(&extra, one);
	}
	tel_encoded(d, "sms", "sms_parts", sms);
	tel_u64(d, "parameters_total", total);
	tel_texts_put(&extra, d, "parameters", "parameters_parts");
}

static void put_root(struct rte_tel_data *d, const struct rdl_object_list *list)
{
	struct rdl_span root = rdl_object_list_root(list);
	char text[ROOT_TEXT_MAX] = "/";

	if (root.len > RDL_ENDPOINT_MAX)
		root.len = RDL_ENDPOINT_MAX;
	tel_text(d, "root", "root_parts", text, rdl_percent_encode(root, text + 1) + 1);
}

/* Who made it, in the words of the event stream. */
static void put_identity(
	struct rte_tel_data *d, const struct rdl_identities *identities, uint32_t number)
{
	enum rdl_identity_mode mode = rdl_identities_mode(identities, number);
	uint8_t text[RDL_IDENTITY_MAX];

	rte_tel_data_add_dict_string(d, "security", rdl_identity_mode_text(mode));
	if (mode != RDL_IDENTITY_NONE)
		tel_encoded(d, "identity", "identity_parts",
			(struct rdl_span){ text, rdl_identities_text(identities, number, text) });
}

static void put_registration(struct rte_tel_data *d, const struct telemetry *from,
	const struct question *answer, uint64_t argument)
{
	const struct rdl_registration *r = &answer->registration;
	char id[RDL_LOCATION_LEN + 8] = "/rd/", text[RDL_ADDRESS_TEXT];

	(void)argument;
	tel_encoded(d, "endpoint", "endpoint_parts", r->endpoint);
	rdl_location_encode(&from->facts.location_key, &r->location, (uint8_t *)id + 4);
	id[4 + RDL_LOCATION_LEN] = '\0';
	rte_tel_data_add_dict_string(d, "location", id);
	snprintf(text, sizeof(text), "%u.%u", from->facts.major, r->minor);
	rte_tel_data_add_dict_string(d, "version", text);
	tel_u64(d, "lifetime", r->lifetime_s);
	tel_u64(d, "expires_in", rdl_registration_expires_in(r, answer->wall_ms));
	rdl_binding_text(r->binding, text);
	rte_tel_data_add_dict_string(d, "binding", text);
	tel_u64(d, "queue", rdl_registration_queues(r));
	rdl_peer_address_text(&r->peer, text);
	rte_tel_data_add_dict_string(d, "address", text);
	tel_u64(d, "port", r->peer.port);
	put_identity(d, from->facts.identities, r->identity);
	put_root(d, r->objects);
	tel_links(d, r->objects, 0, OBJECTS_SHOWN);
	tel_u64(d, "objects_total", r->objects->link_count);
	put_versions(d, r->objects);
	put_attributes(d, r->objects);
	put_formats(d, r->objects);
	tel_u64(d, "registered_at", r->registered_ms / 1000);
	tel_u64(d, "updated_at", r->updated_ms / 1000);
	if (answer->asks) {
		tel_u64(d, "awake", answer->look.awake);
		tel_u64(d, "requests_waiting", answer->look.waiting);
		tel_u64(d, "observations", answer->look.observations);
	}
	put_parameters(d, r->parameters, room_for_parameters(r->objects));
}

void telemetry_ask(const struct telemetry *from, const char *text, size_t len,
	struct rte_tel_data *d,
	void (*put)(struct rte_tel_data *d, const struct telemetry *from,
		const struct question *answer, uint64_t argument),
	uint64_t argument)
{
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	size_t endpoint_len;

	if (!rdl_percent_decode(text, len, endpoint, sizeof(endpoint), &endpoint_len) ||
		endpoint_len == 0) {
		rte_tel_data_start_dict(d);
		return;
	}
	struct question *answer = ask_endpoint(from->watched.owners, QUESTION_REGISTRATION,
		(struct rdl_span){ endpoint, endpoint_len });
	if (answer == NULL)
		return; /* d stays null */
	rte_tel_data_start_dict(d);
	if (answer->found)
		put(d, from, answer, argument);
	ask_done(answer);
}

int telemetry_registration(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();

	(void)cmd;
	if (from == NULL)
		return 0;
	if (params == NULL)
		params = "";
	telemetry_ask(from, params, strlen(params), d, put_registration, 0);
	telemetry_let_go();
	return 0;
}
