/* SPDX-License-Identifier: BSD-3-Clause */
/* The group requests: its keys, and who may send what. */
#include "internal.h"

#include <limits.h>

#define FIELD(field) RDL_CONF_FIELD(struct rdl_conf, requests.field)
#define NUMBER(key, field, low, high, value)                                                    \
	{                                                                                       \
		.name = key, .kind = RDL_CONF_NUMBER, .min = low, .max = high, .preset = value, \
		FIELD(field)                                                                    \
	}

/* The index of each word is the value of its field. */
static const char *const mode_words[] = {
	[RDL_CONF_MODE_OWNER] = "0600",
	[RDL_CONF_MODE_GROUP] = "0660",
	[RDL_CONF_MODE_ALL] = "0666",
	[RDL_CONF_MODE_ALL + 1] = NULL,
};
static const char *const unheard_words[] = { "acknowledge", "reset", NULL };

const struct rdl_conf_key rdl_conf_requests_keys[RDL_CONF_REQUESTS_KEYS] = {
	{ .name = "socket",
		.kind = RDL_CONF_TEXT,
		.required = true,
		.min = 1,
		.max = RDL_CONF_SOCKET_PATH_MAX,
		.wrong = rdl_conf_wrong_socket,
		FIELD(socket.path) },
	{ .name = "group", .kind = RDL_CONF_TEXT, .min = 1, .max = 32, FIELD(socket.group) },
	{ .name = "mode",
		.kind = RDL_CONF_WORD,
		.words = mode_words,
		.preset = RDL_CONF_MODE_GROUP,
		FIELD(mode) },
	NUMBER("clients", clients, 1, 1024, 64),
	NUMBER("buffer_kb", buffer_kb, 1024, 1048576, 4096),
	NUMBER("per_endpoint", per_endpoint, 1, 1024, 16),
	NUMBER("outstanding", outstanding, 1, 10000000, 100000),
	NUMBER("observations", observations, 0, 10000000, 100000),
	NUMBER("awake_s", awake_s, 1, 86400, 93),
	NUMBER("max_payload", max_payload, 1024, 65535, 8192),
	{ .name = "observe_unheard",
		.kind = RDL_CONF_WORD,
		.words = unheard_words,
		.preset = false,
		FIELD(reset_unheard) },
	{ .name = "allow",
		.kind = RDL_CONF_LIST,
		.when = RDL_CONF_AT_RELOAD,
		.min = 1,
		.max = RDL_CONF_ALLOWS_MAX,
		.same = rdl_conf_same_allows },
};

/* Methods by their code, 0.01 and so on: RFC 7252 section 12.1.1, RFC 8132 section 6. */
static const char *const methods[] = { NULL, "GET", "POST", "PUT", "DELETE", "FETCH", NULL,
	"iPATCH" };

/* The code; 0: none of that name. */
static unsigned method_code(const char *name)
{
	for (unsigned code = 0; code < RDL_ARRAY_LEN(methods); code++)
		if (methods[code] != NULL && strcmp(methods[code], name) == 0)
			return code;
	return 0;
}

static const char *wrong_method(const char *text)
{
	return method_code(text) != 0 ? NULL : "is none of GET, POST, PUT, DELETE, FETCH, iPATCH";
}

static const char *wrong_path(const char *text)
{
	return text[0] == '/' ? NULL : "does not begin with /";
}

static const struct rdl_conf_key allow_keys[] = {
	{ .name = "group",
		.kind = RDL_CONF_TEXT,
		.when = RDL_CONF_AT_RELOAD,
		.required = true,
		.min = 1,
		.max = 32,
		RDL_CONF_FIELD(struct rdl_conf_allow, group) },
	{ .name = "methods",
		.kind = RDL_CONF_STRINGS,
		.when = RDL_CONF_AT_RELOAD,
		.min = 1,
		.max = INT_MAX,
		.wrong = wrong_method,
		RDL_CONF_FIELD(struct rdl_conf_allow, methods_key) },
	{ .name = "paths",
		.kind = RDL_CONF_STRINGS,
		.when = RDL_CONF_AT_RELOAD,
		.min = 1,
		.max = 128,
		.wrong = wrong_path,
		RDL_CONF_FIELD(struct rdl_conf_allow, paths) },
};
const struct rdl_conf_group rdl_conf_allow_group = RDL_CONF_GROUP_OF(allow_keys);

/* A list that names nothing would be taken for one that is left out. */
static void check_not_empty(
	struct rdl_conf_loader *loader, const config_setting_t *group, const char *name)
{
	const config_setting_t *array = rdl_conf_member(group, name, CONFIG_TYPE_ARRAY);

	if (array != NULL && config_setting_length(array) == 0)
		rdl_conf_complain(loader, array, "must not be empty");
}

static void read_allow(struct rdl_conf_loader *loader, const config_setting_t *setting)
{
	struct rdl_conf *conf = loader->conf;
	struct rdl_conf_allow *allow = &conf->requests.allow[conf->requests.allow_count++];

	allow->where = rdl_conf_where_of(loader, setting);
	rdl_conf_read_group(loader, &rdl_conf_allow_group, setting, allow);
	check_not_empty(loader, setting, "methods");
	check_not_empty(loader, setting, "paths");
	for (unsigned i = 0; i < allow->methods_key.count; i++)
		if (allow->methods_key.items[i] != NULL)
			allow->methods |= 1u << method_code(allow->methods_key.items[i]);
	if (allow->methods_key.count == 0)
		allow->methods = UINT32_MAX;
}

void rdl_conf_read_requests(struct rdl_conf_loader *loader, const config_setting_t *root)
{
	const config_setting_t *group = rdl_conf_member(root, "requests", CONFIG_TYPE_GROUP);

	if (group == NULL)
		return;
	loader->conf->requests.socket.where = rdl_conf_where_of(loader, group);
	const config_setting_t *list = rdl_conf_member(group, "allow", CONFIG_TYPE_LIST);
	int count = list == NULL ? 0 : config_setting_length(list);

	/* More have been complained of. */
	for (int i = 0; i < count && i < RDL_CONF_ALLOWS_MAX; i++) {
		const config_setting_t *entry = config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(entry))
			read_allow(loader, entry);
	}
}

bool rdl_conf_same_allows(const struct rdl_conf *a, const struct rdl_conf *b)
{
	if (a->requests.allow_count != b->requests.allow_count)
		return false;
	for (unsigned i = 0; i < a->requests.allow_count; i++) {
		const struct rdl_conf_allow *left = &a->requests.allow[i];
		const struct rdl_conf_allow *right = &b->requests.allow[i];

		if (!rdl_conf_same_text(left->group, right->group) ||
			left->methods != right->methods ||
			!rdl_conf_same_strings(&left->paths, &right->paths))
			return false;
	}
	return true;
}
