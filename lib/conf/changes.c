/* SPDX-License-Identifier: BSD-3-Clause */
/* What two configurations differ in, key by key. */
#include "internal.h"

#include <assert.h>

bool rdl_conf_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool rdl_conf_same_strings(const struct rdl_conf_strings *a, const struct rdl_conf_strings *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static const void *place_of(const struct rdl_conf *conf, const struct rdl_conf_key *key)
{
	return (const uint8_t *)conf + key->offset;
}

static unsigned long long number_of(const struct rdl_conf *conf, const struct rdl_conf_key *key)
{
	const void *place = place_of(conf, key);

	switch (key->size) {
	case sizeof(uint8_t):
		return *(const uint8_t *)place;
	case sizeof(uint16_t):
		return *(const uint16_t *)place;
	case sizeof(uint32_t):
		return *(const uint32_t *)place;
	default:
		assert(key->size == sizeof(uint64_t));
		return *(const uint64_t *)place;
	}
}

static const char *text_of(const struct rdl_conf *conf, const struct rdl_conf_key *key)
{
	return *(const char *const *)place_of(conf, key);
}

static bool is_same(
	const struct rdl_conf_key *key, const struct rdl_conf *was, const struct rdl_conf *now)
{
	if (key->same != NULL)
		return key->same(was, now);
	switch (key->kind) {
	case RDL_CONF_NUMBER:
	case RDL_CONF_BOOLEAN:
	case RDL_CONF_WORD:
		return number_of(was, key) == number_of(now, key);
	case RDL_CONF_TEXT:
		return rdl_conf_same_text(text_of(was, key), text_of(now, key));
	case RDL_CONF_STRINGS:
		return rdl_conf_same_strings(place_of(was, key), place_of(now, key));
	case RDL_CONF_GROUP: /* its keys come by themselves */
		return true;
	case RDL_CONF_LIST: /* its owner has said */
		break;
	}
	assert(false);
	return true;
}

/* A text that is cut shows it. */
static void write_text(char *to, size_t len, const char *text)
{
	if (text == NULL)
		snprintf(to, len, "absent");
	else if ((size_t)snprintf(to, len, "\"%s\"", text) >= len)
		memcpy(to + len - 5, "...\"", 5);
}

static void write_value(
	char *to, size_t len, const struct rdl_conf *conf, const struct rdl_conf_key *key)
{
	switch (key->kind) {
	case RDL_CONF_NUMBER:
		snprintf(to, len, "%llu", number_of(conf, key));
		break;
	case RDL_CONF_BOOLEAN:
		snprintf(to, len, "%s", number_of(conf, key) != 0 ? "true" : "false");
		break;
	case RDL_CONF_WORD:
		write_text(to, len, key->words[number_of(conf, key)]);
		break;
	case RDL_CONF_TEXT:
		write_text(to, len, text_of(conf, key));
		break;
	case RDL_CONF_STRINGS:
	case RDL_CONF_LIST:
	case RDL_CONF_GROUP:
		to[0] = '\0';
		break;
	}
}

static void write_change(struct rdl_conf_change *change, const char *group,
	const struct rdl_conf_key *key, const struct rdl_conf *was, const struct rdl_conf *now)
{
	int len = snprintf(change->key, sizeof(change->key), "%s%s%s", group != NULL ? group : "",
		group != NULL ? "." : "", key->name);

	assert(len > 0 && (size_t)len < sizeof(change->key));
	change->when = key->when;
	write_value(change->was, sizeof(change->was), was, key);
	write_value(change->now, sizeof(change->now), now, key);
	/* What the text names has changed: the lines of a file. */
	if (key->kind == RDL_CONF_TEXT && rdl_conf_same_text(text_of(was, key), text_of(now, key)))
		change->was[0] = change->now[0] = '\0';
}

/* What a group is for begins and ends at a start, with all that it has. */
static bool turns(const struct rdl_conf_section *section, const struct rdl_conf *was,
	const struct rdl_conf *now)
{
	if (section->group.keys == rdl_conf_dtls_keys)
		return (was->dtls.port != 0) != (now->dtls.port != 0);
	if (section->group.keys == rdl_conf_requests_keys)
		return (was->requests.socket.path != NULL) != (now->requests.socket.path != NULL);
	return false;
}

unsigned rdl_conf_changes(const struct rdl_conf *was, const struct rdl_conf *now,
	struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX])
{
	unsigned count = 0;

	for (size_t s = 0; s < RDL_CONF_SECTIONS; s++) {
		const struct rdl_conf_section *section = &rdl_conf_sections[s];

		for (size_t k = 0; k < section->group.key_count; k++) {
			const struct rdl_conf_key *key = &section->group.keys[k];

			if (is_same(key, was, now))
				continue;
			assert(count < RDL_CONF_CHANGES_MAX);
			write_change(&changes[count], section->name, key, was, now);
			if (turns(section, was, now))
				changes[count].when = RDL_CONF_AT_START;
			count++;
		}
	}
	return count;
}
