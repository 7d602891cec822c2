/* SPDX-License-Identifier: BSD-3-Clause */
/* The lists of supported objects. */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>

#define NO_ID UINT16_MAX

static const struct rdl_conf_key keys[] = {
	{ .name = "id",
		.kind = RDL_CONF_NUMBER,
		.when = RDL_CONF_AT_RELOAD,
		.required = true,
		.min = 0,
		.max = NO_ID - 1,
		.preset = NO_ID,
		RDL_CONF_FIELD(struct rdl_conf_object, id) },
	{ .name = "versions",
		.kind = RDL_CONF_STRINGS,
		.when = RDL_CONF_AT_RELOAD,
		.max = INT_MAX },
	{ .name = "multiple",
		.kind = RDL_CONF_BOOLEAN,
		.when = RDL_CONF_AT_RELOAD,
		.preset = true,
		RDL_CONF_FIELD(struct rdl_conf_object, multiple) },
	/* for people */
	{ .name = "name", .kind = RDL_CONF_TEXT, .when = RDL_CONF_AT_RELOAD, .max = INT_MAX },
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

/* Reads one list, in the order of IDs, which are noted in `ids`. */
static void read_list(struct rdl_conf_loader *loader, const config_setting_t *list,
	struct id_set *ids, struct rdl_conf_objects *objects)
{
	int count = list == NULL ? 0 : config_setting_length(list);

	objects->there = list != NULL;
	if (count == 0)
		return;
	objects->items =
		rdl_conf_alloc(loader->conf->arena, (size_t)count * sizeof(*objects->items));
	if (objects->items == NULL)
		return;
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
		objects->items[objects->count++] = object;
	}
	qsort(objects->items, objects->count, sizeof(*objects->items), compare_objects);
}

void rdl_conf_read_objects(struct rdl_conf_loader *loader, const config_setting_t *lwm2m)
{
	struct rdl_conf *conf = loader->conf;
	struct rdl_conf_objects *own = &conf->lwm2m.own_objects_key;
	struct rdl_conf_objects *all = &conf->lwm2m.objects_key;
	struct id_set *sets = rdl_conf_alloc(&loader->scratch, 2 * sizeof(*sets));

	if (sets == NULL)
		return;
	read_list(loader, rdl_conf_member(lwm2m, "own_objects", CONFIG_TYPE_LIST), &sets[0], own);
	read_list(loader, rdl_conf_member(lwm2m, "objects", CONFIG_TYPE_LIST), &sets[1], all);
	conf->lwm2m.all_objects = !own->there && !all->there;
	size_t count = (size_t)own->count + all->count;
	if (count == 0)
		return;
	conf->lwm2m.objects = rdl_conf_alloc(conf->arena, count * sizeof(*conf->lwm2m.objects));
	if (conf->lwm2m.objects == NULL)
		return;
	for (unsigned i = 0; i < own->count; i++)
		conf->lwm2m.objects[conf->lwm2m.object_count++] = own->items[i];
	for (unsigned i = 0; i < all->count; i++)
		if (!sets[0].has[all->items[i].id])
			conf->lwm2m.objects[conf->lwm2m.object_count++] = all->items[i];
	qsort(conf->lwm2m.objects, conf->lwm2m.object_count, sizeof(*conf->lwm2m.objects),
		compare_objects);
}

static bool same_object(const struct rdl_conf_object *a, const struct rdl_conf_object *b)
{
	if (a->id != b->id || a->multiple != b->multiple || a->any_version != b->any_version ||
		a->version_count != b->version_count)
		return false;
	for (unsigned i = 0; i < a->version_count; i++)
		if (compare_versions(&a->versions[i], &b->versions[i]) != 0)
			return false;
	return true;
}

static bool same_list(const struct rdl_conf_objects *a, const struct rdl_conf_objects *b)
{
	if (a->there != b->there || a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!same_object(&a->items[i], &b->items[i]))
			return false;
	return true;
}

bool rdl_conf_same_objects(const struct rdl_conf *a, const struct rdl_conf *b)
{
	return same_list(&a->lwm2m.objects_key, &b->lwm2m.objects_key);
}

bool rdl_conf_same_own_objects(const struct rdl_conf *a, const struct rdl_conf *b)
{
	return same_list(&a->lwm2m.own_objects_key, &b->lwm2m.own_objects_key);
}
