/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists of supported objects. */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>

#define NO_ID UINT16_MAX

static const struct rdl_conf_key keys[] = {
	{ .name = "id",
		.kind = RDL_CONF_NUMBER,
		.required = true,
		.min = 0,
		.max = NO_ID - 1,
		.preset = NO_ID,
		RDL_CONF_FIELD(struct rdl_conf_object, id) },
	{ .name = "versions", .kind = RDL_CONF_STRINGS, .max = INT_MAX },
	{ .name = "multiple",
		.kind = RDL_CONF_BOOLEAN,
		.preset = true,
		RDL_CONF_FIELD(struct rdl_conf_object, multiple) },
	{ .name = "name", .kind = RDL_CONF_TEXT, .max = INT_MAX }, /* for people */
};
const struct rdl_conf_group rdl_conf_object_group = RDL_CONF_GROUP_OF(keys);

static int compare_versions(const void *a, const void *b)
{
	const struct rdl_conf_version *left = a, *right = b;

	if (left->major != right->major)
		return left->major < right->major ? -1 : 1;
	return (left->minor > right->minor) - (left->minor < right->minor);
}

static int compare_objects(const void *a, const void *b)
{
	const struct rdl_conf_object *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

static void read_version(struct rdl_conf_loader *loader, const config_setting_t *setting,
	struct rdl_conf_object *object)
{
	struct rdl_conf_version version;
	const char *text = config_setting_get_string(setting);

	if (text == NULL)
		return; /* the array is not one of strings, and this has been said */
	if (!rdl_conf_version_parse(text, UINT16_MAX, UINT16_MAX, &version)) {
		rdl_conf_complain(loader, setting,
			"\"%s\" is not a version: MAJOR.MINOR, each up to 65535", text);
		return;
	}
	for (unsigned i = 0; i < object->version_count; i++) {
		if (compare_versions(&object->versions[i], &version) == 0) {
			rdl_conf_complain(loader, setting, "\"%s\" is there twice", text);
			return;
		}
	}
	object->versions[object->version_count++] = version;
}

static void read_versions(struct rdl_conf_loader *loader, const config_setting_t *group,
	struct rdl_conf_object *object)
{
	const config_setting_t *array = rdl_conf_member(group, "versions", CONFIG_TYPE_ARRAY);

	object->any_version = array == NULL;
	if (array == NULL || config_setting_length(array) == 0)
		return;
	unsigned count = (unsigned)config_setting_length(array);
	object->versions = rdl_conf_alloc(loader->conf->arena, count * sizeof(*object->versions));
	if (object->versions == NULL)
		return;
	for (unsigned i = 0; i < count; i++)
		read_version(loader, config_setting_get_elem(array, i), object);
	qsort(object->versions, object->version_count, sizeof(*object->versions), compare_versions);
}

/* The places of one list's IDs. */
struct id_set {
	bool has[UINT16_MAX + 1];
};

/*
 * Adds a list to the configuration's objects,
 * but for IDs that `without` has, and notes its own in `ids`.
 */
static void read_list(struct rdl_conf_loader *loader, const config_setting_t *list,
	struct id_set *ids, const struct id_set *without)
{
	struct rdl_conf *conf = loader->conf;
	int count = list == NULL ? 0 : config_setting_length(list);

	for (int i = 0; i < count; i++) {
		const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
		struct rdl_conf_object object = { 0 };

		if (!config_setting_is_group(group))
			continue;
		rdl_conf_presets(loader, &rdl_conf_object_group, &object);
		rdl_conf_read_group(loader, &rdl_conf_object_group, group, &object);
		read_versions(loader, group, &object);
		if (object.id == NO_ID)
			continue;
		if (ids->has[object.id])
			rdl_conf_complain(loader, group, "describes object %u again", object.id);
		ids->has[object.id] = true;
		if (!without->has[object.id])
			conf->lwm2m.objects[conf->lwm2m.object_count++] = object;
	}
}

void rdl_conf_read_objects(struct rdl_conf_loader *loader, const config_setting_t *lwm2m)
{
	struct rdl_conf *conf = loader->conf;
	const config_setting_t *own = rdl_conf_member(lwm2m, "own_objects", CONFIG_TYPE_LIST);
	const config_setting_t *all = rdl_conf_member(lwm2m, "objects", CONFIG_TYPE_LIST);
	size_t count = own == NULL ? 0 : (size_t)config_setting_length(own);

	count += all == NULL ? 0 : (size_t)config_setting_length(all);
	conf->lwm2m.all_objects = own == NULL && all == NULL;
	if (count == 0)
		return;
	struct id_set *sets = rdl_conf_alloc(&loader->scratch, 3 * sizeof(*sets));
	conf->lwm2m.objects = rdl_conf_alloc(conf->arena, count * sizeof(*conf->lwm2m.objects));
	if (sets == NULL || conf->lwm2m.objects == NULL)
		return;
	const struct id_set *none = &sets[2];
	read_list(loader, own, &sets[0], none);
	read_list(loader, all, &sets[1], &sets[0]);
	qsort(conf->lwm2m.objects, conf->lwm2m.object_count, sizeof(*conf->lwm2m.objects),
		compare_objects);
}
