/* SPDX-License-Identifier: BSD-3-Clause */
/* The registrations that an identity made, which end with its credential. */
#include <time.h>

#include "client.h"
#include "credential_call.h"
#include "ctl.h"

/* A gateway that begins anew with ten million credentials takes a while. */
#define KNOWN_WITHIN_MS 30000
#define PAUSE_MS 50
/* Where a shard was too busy for an answer. */
#define TRIES 20

/* Whose are looked for, as the gateway shows the identity. */
struct search {
	struct client client;
	const char *security;
	json_t *identity;
};

static void take_breath(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	nanosleep(&pause, NULL);
}

static json_t *text_of(struct rdl_span octets)
{
	return json_stringn((const char *)octets.data, octets.len);
}

/* The request stays the caller's. *reply is NULL where no such endpoint is registered. */
static int ask(struct search *search, json_t *request, json_t **reply)
{
	int code = CREDENTIAL_FAILED;

	for (unsigned i = 0; i < TRIES; i++) {
		code = (int)client_ask(&search->client, json_incref(request), reply);
		if (code != CREDENTIAL_DONE)
			return code;
		const char *wrong = client_error(*reply);
		if (wrong == NULL)
			return CREDENTIAL_DONE;
		bool gone = strcmp(wrong, "no such endpoint") == 0;
		if (!gone && i == TRIES - 1)
			code = credential_fail("%s", wrong);
		json_decref(*reply);
		*reply = NULL;
		if (gone)
			return CREDENTIAL_DONE;
		take_breath();
	}
	return code;
}

/*
 * A device whose session still lives makes its registration again. So first the gateway must have
 * seen the removal, with which sessions end; and what it had let pass before gets to its shards.
 */
static int wait_until_known(struct search *search, uint64_t position)
{
	json_t *request = json_pack("{s:s}", "command", "count"), *reply;
	int code = CREDENTIAL_DONE;
	bool known = false;

	for (unsigned ms = 0; !known && code == CREDENTIAL_DONE; ms += PAUSE_MS) {
		take_breath();
		code = ask(search, request, &reply);
		if (code != CREDENTIAL_DONE)
			break;
		json_t *changes = json_object_get(reply, "credential_changes");
		known = (uint64_t)json_integer_value(changes) >= position;
		if (!json_is_integer(changes))
			code = credential_fail(
				"%s: a gateway without credentials", search->client.path);
		else if (!known && ms >= KNOWN_WITHIN_MS)
			code = credential_fail("%s: a gateway that does not see this database",
				search->client.path);
		json_decref(reply);
	}
	json_decref(request);
	take_breath();
	return code;
}

static bool is_of(const struct search *search, json_t *registration)
{
	const char *security = json_string_value(json_object_get(registration, "security"));

	return security != NULL && strcmp(security, search->security) == 0 &&
	       json_equal(json_object_get(registration, "identity"), search->identity);
}

static int remove_endpoint(struct search *search, json_t *endpoint)
{
	json_t *request = json_pack("{s:s,s:O}", "command", "remove", "endpoint", endpoint), *reply;
	int code = ask(search, request, &reply);

	if (code == CREDENTIAL_DONE && reply != NULL) {
		fputs("removed registration: ", stdout);
		print_line(endpoint);
	}
	json_decref(request);
	json_decref(reply);
	return code;
}

/* Somebody else may have registered by that name. */
static int end_name(struct search *search, json_t *endpoint)
{
	json_t *request = json_pack("{s:s,s:O}", "command", "show", "endpoint", endpoint), *reply;
	int code = ask(search, request, &reply);

	if (code == CREDENTIAL_DONE && is_of(search, json_object_get(reply, "registration")))
		code = remove_endpoint(search, endpoint);
	json_decref(request);
	json_decref(reply);
	return code;
}

static int end_page(struct search *search, json_t *page)
{
	int code = CREDENTIAL_DONE;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(page, "registrations"), i, row)
	{
		if (code == CREDENTIAL_DONE && is_of(search, row))
			code = remove_endpoint(search, json_object_get(row, "endpoint"));
	}
	return code;
}

/* All that this identity registered by names that begin so. */
static int end_prefix(struct search *search, json_t *prefix)
{
	json_t *request = json_pack(
		       "{s:s,s:O,s:b}", "command", "list", "prefix", prefix, "details", 1),
	       *page;
	int code;
	bool more;

	do {
		code = ask(search, request, &page);
		if (code == CREDENTIAL_DONE)
			code = end_page(search, page);
		json_t *next = json_object_get(page, "next");
		more = json_is_string(next);
		if (more)
			json_object_set(request, "cursor", next);
		json_decref(page);
	} while (more && code == CREDENTIAL_DONE);
	json_decref(request);
	return code;
}

/* A pattern is looked for by what is before its first * or ?. */
static int end_pattern(struct search *search, struct rdl_span pattern)
{
	size_t len = 0;

	while (pattern.data[len] != '*' && pattern.data[len] != '?')
		len++;
	json_t *prefix = text_of((struct rdl_span){ pattern.data, len });
	int code = end_prefix(search, prefix);
	json_decref(prefix);
	return code;
}

static int end_all(struct search *search, struct rdl_credentials_identity identity,
	const struct rdl_credentials_removed *removed)
{
	struct rdl_span names = { removed->names, removed->names_len }, name;
	int code = CREDENTIAL_DONE;

	/* The endpoint that equals the identity; where that is no name, none could register. */
	if (names.len == 0 && rdl_credentials_name_valid(identity.octets))
		code = end_name(search, search->identity);
	while (code == CREDENTIAL_DONE && rdl_credentials_next_name(&names, &name)) {
		if (rdl_glob_is_pattern(name)) {
			code = end_pattern(search, name);
		} else {
			json_t *endpoint = text_of(name);

			code = end_name(search, endpoint);
			json_decref(endpoint);
		}
	}
	return code;
}

static json_t *shown(struct rdl_credentials_identity identity)
{
	char hex[2 * RDL_CREDENTIALS_DIGEST_LEN + 1];

	if (identity.mode == RDL_CREDENTIALS_PSK)
		return text_of(identity.octets);
	for (size_t i = 0; i < RDL_CREDENTIALS_DIGEST_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", identity.octets.data[i]);
	return json_string(hex);
}

int credential_end_registrations(const char *socket, struct rdl_credentials_identity identity,
	const struct rdl_credentials_removed *removed)
{
	struct search search = { .security = identity.mode == RDL_CREDENTIALS_RPK ? "rpk" : "psk",
		.identity = shown(identity) };
	int code;

	if (search.identity == NULL)
		code = credential_fail(
			"an identity that is no UTF-8 looks like others of its kind");
	else
		code = (int)client_open(&search.client, socket);
	if (code == CREDENTIAL_DONE)
		code = wait_until_known(&search, removed->position);
	if (code == CREDENTIAL_DONE)
		code = end_all(&search, identity, removed);
	client_close(&search.client);
	json_decref(search.identity);
	if (code != CREDENTIAL_DONE)
		credential_fail("the credential is removed; registrations of it may be left");
	return code;
}
