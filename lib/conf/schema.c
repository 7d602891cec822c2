/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <assert.h>

/* What the table's kind is called in a sentence. */
static const char *kind_text(enum rdl_conf_kind kind)
{
	static const char *const texts[] = {
		[RDL_CONF_NUMBER] = "a whole number",
		[RDL_CONF_BOOLEAN] = "true or false",
		[RDL_CONF_WORD] = "a string",
		[RDL_CONF_TEXT] = "a string",
		[RDL_CONF_STRINGS] = "an array of strings: [ \"...\", \"...\" ]",
		[RDL_CONF_GROUP] = "a group: { ... }",
		[RDL_CONF_LIST] = "a list of groups: ( { ... }, { ... } )",
	};

	return texts[kind];
}

/* libconfig has made sure that all elements of an array are of one type. */
static bool is_strings(const config_setting_t *setting)
{
	return config_setting_is_array(setting) &&
	       (config_setting_length(setting) == 0 || config_setting_type(config_setting_get_elem(
							       setting, 0)) == CONFIG_TYPE_STRING);
}

static bool is_kind(const config_setting_t *setting, enum rdl_conf_kind kind)
{
	int type = config_setting_type(setting);

	switch (kind) {
	case RDL_CONF_NUMBER:
		return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
	case RDL_CONF_BOOLEAN:
		return type == CONFIG_TYPE_BOOL;
	case RDL_CONF_WORD:
	case RDL_CONF_TEXT:
		return type == CONFIG_TYPE_STRING;
	case RDL_CONF_STRINGS:
		return is_strings(setting);
	case RDL_CONF_GROUP:
		return type == CONFIG_TYPE_GROUP;
	case RDL_CONF_LIST:
		return type == CONFIG_TYPE_LIST;
	}
	return false;
}

static void store_number(const struct rdl_conf_key *key, void *base, long long value)
{
	uint8_t *place = (uint8_t *)base + key->offset;

	switch (key->size) {
	case sizeof(uint8_t):
		*place = (uint8_t)value;
		break;
	case sizeof(uint16_t):
		memcpy(place, &(uint16_t){ (uint16_t)value }, sizeof(uint16_t));
		break;
	case sizeof(uint32_t):
		memcpy(place, &(uint32_t){ (uint32_t)value }, sizeof(uint32_t));
		break;
	default:
		assert(key->size == sizeof(uint64_t));
		memcpy(place, &(uint64_t){ (uint64_t)value }, sizeof(uint64_t));
	}
}

/* A key without a place is allowed and ignored. */
static void store_text(const struct rdl_conf_key *key, void *base, const char *text)
{
	if (key->size > 0)
		memcpy((uint8_t *)base + key->offset, &text, sizeof(text));
}

static void read_number(struct rdl_conf_loader *loader, const struct rdl_conf_key *key,
	const config_setting_t *setting, void *base)
{
	long long value = config_setting_type(setting) == CONFIG_TYPE_INT
				  ? config_setting_get_int(setting)
				  : config_setting_get_int64(setting);

	/* A literal that did not fit: source.c has said so. */
	if (value < 0 && config_setting_get_format(setting) == CONFIG_FORMAT_HEX)
		return;
	if (value < key->min || value > key->max)
		rdl_conf_complain(loader, setting,
			"must be a whole number from %lld to %lld, not %lld", key->min, key->max,
			value);
	else
		store_number(key, base, value);
}

static void read_word(struct rdl_conf_loader *loader, const struct rdl_conf_key *key,
	const config_setting_t *setting, void *base)
{
	const char *text = config_setting_get_string(setting);
	char choice[64];
	size_t len = 0;

	for (size_t i = 0; key->words[i] != NULL; i++) {
		if (strcmp(text, key->words[i]) == 0) {
			store_number(key, base, (long long)i);
			return;
		}
		len += (size_t)snprintf(choice + len, sizeof(choice) - len, "%s\"%s\"",
			i == 0			    ? ""
			: key->words[i + 1] == NULL ? " or "
						    : ", ",
			key->words[i]);
		assert(len < sizeof(choice));
	}
	rdl_conf_complain(loader, setting, "must be %s, not \"%s\"", choice, text);
}

/* What min, max and `wrong` say of one text. */
static bool text_good(struct rdl_conf_loader *loader, const struct rdl_conf_key *key,
	const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	long long len = (long long)strlen(text);

	if (len == 0 && key->min > 0) {
		rdl_conf_complain(loader, setting, "must not be empty");
		return false;
	}
	if (len > key->max) {
		rdl_conf_complain(loader, setting,
			"must be a string of at most %lld octets, not %lld", key->max, len);
		return false;
	}
	const char *wrong = key->wrong == NULL ? NULL : key->wrong(text);
	if (wrong != NULL)
		rdl_conf_complain(loader, setting, "\"%s\" %s", text, wrong);
	return wrong == NULL;
}

static void read_text(struct rdl_conf_loader *loader, const struct rdl_conf_key *key,
	const config_setting_t *setting, void *base)
{
	const char *text = config_setting_get_string(setting);

	if (!text_good(loader, key, setting))
		return;
	store_text(key, base, rdl_conf_copy(loader->conf->arena, text));
	if (key->read != NULL)
		key->read(loader, setting, text, base);
}

void rdl_conf_read_strings(struct rdl_conf_loader *loader, const config_setting_t *setting,
	struct rdl_conf_strings *strings)
{
	unsigned count = (unsigned)config_setting_length(setting);

	if (count == 0)
		return;
	strings->items = rdl_conf_alloc(loader->conf->arena, count * sizeof(*strings->items));
	if (strings->items == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		strings->items[i] = rdl_conf_copy(
			loader->conf->arena, config_setting_get_string_elem(setting, (int)i));
	strings->count = count;
}

static void read_value(struct rdl_conf_loader *loader, const struct rdl_conf_key *key,
	const config_setting_t *setting, void *base)
{
	unsigned count = (unsigned)config_setting_length(setting);

	switch (key->kind) {
	case RDL_CONF_NUMBER:
		read_number(loader, key, setting, base);
		break;
	case RDL_CONF_BOOLEAN:
		store_number(key, base, config_setting_get_bool(setting));
		break;
	case RDL_CONF_WORD:
		read_word(loader, key, setting, base);
		break;
	case RDL_CONF_TEXT:
		read_text(loader, key, setting, base);
		break;
	case RDL_CONF_STRINGS:
		for (unsigned i = 0; i < count; i++)
			text_good(loader, key, config_setting_get_elem(setting, i));
		if (key->size > 0)
			rdl_conf_read_strings(loader, setting,
				(struct rdl_conf_strings *)(void *)((uint8_t *)base + key->offset));
		break;
	case RDL_CONF_LIST:
		if (count < key->min || count > key->max)
			rdl_conf_complain(loader, setting, "must have %lld to %lld entries, not %u",
				key->min, key->max, count);
		for (unsigned i = 0; i < count; i++)
			if (!config_setting_is_group(config_setting_get_elem(setting, i)))
				rdl_conf_complain(loader, config_setting_get_elem(setting, i),
					"must be %s", kind_text(RDL_CONF_GROUP));
		break;
	case RDL_CONF_GROUP:
		break;
	}
}

void rdl_conf_presets(
	struct rdl_conf_loader *loader, const struct rdl_conf_group *group, void *base)
{
	for (size_t i = 0; i < group->key_count; i++) {
		const struct rdl_conf_key *key = &group->keys[i];
		bool is_number = key->kind == RDL_CONF_NUMBER || key->kind == RDL_CONF_BOOLEAN ||
				 key->kind == RDL_CONF_WORD;

		if (is_number)
			store_number(key, base, key->preset);
		if (key->preset_text != NULL)
			store_text(key, base, key->preset_text);
		if (key->preset_text != NULL && key->read != NULL)
			key->read(loader, NULL, key->preset_text, base);
	}
}

static const struct rdl_conf_key *find_key(const struct rdl_conf_group *group, const char *name)
{
	for (size_t i = 0; i < group->key_count; i++)
		if (strcmp(group->keys[i].name, name) == 0)
			return &group->keys[i];
	return NULL;
}

void rdl_conf_read_group(struct rdl_conf_loader *loader, const struct rdl_conf_group *group,
	const config_setting_t *setting, void *base)
{
	unsigned count = (unsigned)config_setting_length(setting);

	for (size_t i = 0; i < group->key_count; i++) {
		const char *name = group->keys[i].name;

		if (!group->keys[i].required || config_setting_get_member(setting, name) != NULL)
			continue;
		if (setting->parent == NULL)
			rdl_conf_problem(loader, 1, (struct rdl_conf_where){ loader->path, 1 },
				"%s is missing", name);
		else
			rdl_conf_complain(loader, setting, "lacks %s", name);
	}
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, i);
		const struct rdl_conf_key *key = find_key(group, config_setting_name(member));

		if (key == NULL)
			rdl_conf_complain(loader, member, "is not a known key");
		else if (!is_kind(member, key->kind) && key->kind == RDL_CONF_NUMBER)
			rdl_conf_complain(loader, member,
				"must be a whole number from %lld to %lld", key->min, key->max);
		else if (!is_kind(member, key->kind))
			rdl_conf_complain(loader, member, "must be %s", kind_text(key->kind));
		else
			read_value(loader, key, member, base);
	}
}

const config_setting_t *rdl_conf_member(const config_setting_t *group, const char *name, int type)
{
	const config_setting_t *member = config_setting_get_member(group, name);

	return member != NULL && config_setting_type(member) == type ? member : NULL;
}
