/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <stdlib.h>

/* What takes more than one key to judge. */
static void check_lwm2m(struct rdl_conf_loader *loader, const config_setting_t *lwm2m)
{
	const struct rdl_conf *conf = loader->conf;
	const config_setting_t *max = config_setting_get_member(lwm2m, "lifetime_max");
	const config_setting_t *extra =
		rdl_conf_member(lwm2m, "extra_parameters", CONFIG_TYPE_ARRAY);
	const struct rdl_conf_strings *names = &conf->lwm2m.extra_parameters;

	if (conf->lwm2m.lifetime_max_s < conf->lwm2m.lifetime_min_s)
		rdl_conf_complain(loader, max, "is less than lifetime_min: %u, %u",
			conf->lwm2m.lifetime_max_s, conf->lwm2m.lifetime_min_s);
	if (extra != NULL && config_setting_length(extra) > RDL_CONF_EXTRA_PARAMETERS_MAX)
		rdl_conf_complain(loader, extra, "must have at most %d entries, not %d",
			RDL_CONF_EXTRA_PARAMETERS_MAX, config_setting_length(extra));
	for (unsigned i = 1; i < names->count; i++) {
		unsigned j = 0;

		while (j < i && names->items[i] != NULL &&
			strcmp(names->items[i], names->items[j]) != 0)
			j++;
		if (j < i)
			rdl_conf_complain(loader, config_setting_get_elem(extra, i),
				"\"%s\" is there twice", names->items[i]);
	}
}

/* Each socket has a path of its own. */
static void check_sockets(struct rdl_conf_loader *loader, const config_setting_t *root)
{
	const struct rdl_conf *conf = loader->conf;
	const struct {
		const char *name, *path, *says;
	} sockets[] = {
		{ "events", conf->events.socket.path, "is the events' socket, too" },
		{ "control", conf->control.path, "is the control socket, too" },
		{ "requests", conf->requests.socket.path, NULL },
	};

	for (size_t i = 1; i < RDL_ARRAY_LEN(sockets); i++) {
		size_t other = 0;

		while (other < i && (sockets[i].path == NULL || sockets[other].path == NULL ||
					    strcmp(sockets[i].path, sockets[other].path) != 0))
			other++;
		if (other < i)
			rdl_conf_complain(loader,
				config_setting_get_member(
					config_setting_get_member(root, sockets[i].name), "socket"),
				"%s", sockets[other].says);
	}
}

/* Registrations have the major version that all have. */
static void check_major(struct rdl_conf_loader *loader, const config_setting_t *lwm2m)
{
	const config_setting_t *version =
		lwm2m == NULL ? NULL : config_setting_get_member(lwm2m, "version");
	const struct rdl_conf_version *to = &loader->conf->lwm2m.version;

	if (loader->running == NULL || to->major == loader->running->lwm2m.version.major)
		return;
	if (version != NULL)
		rdl_conf_complain(loader, version,
			"is %u.%u: the major version is %u until a restart", to->major, to->minor,
			loader->running->lwm2m.version.major);
	else
		rdl_conf_problem(loader, 1, (struct rdl_conf_where){ loader->path, 1 },
			"lwm2m.version is %u.%u: the major version is %u until a restart",
			to->major, to->minor, loader->running->lwm2m.version.major);
}

static void judge(struct rdl_conf_loader *loader, const config_setting_t *root)
{
	struct rdl_conf *conf = loader->conf;
	const config_setting_t *group;

	for (size_t i = 0; i < RDL_CONF_SECTIONS; i++) {
		group = rdl_conf_sections[i].name == NULL
				? root
				: rdl_conf_member(
					  root, rdl_conf_sections[i].name, CONFIG_TYPE_GROUP);
		if (group != NULL)
			rdl_conf_read_group(loader, &rdl_conf_sections[i].group, group, conf);
	}
	rdl_conf_read_ports(loader, root);
	rdl_conf_read_dtls(loader, root);
	group = rdl_conf_member(root, "state", CONFIG_TYPE_GROUP);
	if (group != NULL) {
		rdl_conf_find_file(loader, group, "directory", &conf->state.directory);
		rdl_conf_find_file(loader, group, "key_file", &conf->state.key_file);
	}
	group = rdl_conf_member(root, "memory", CONFIG_TYPE_GROUP);
	if (group != NULL)
		conf->memory.where = rdl_conf_source_where(loader, group->line);
	group = rdl_conf_member(root, "events", CONFIG_TYPE_GROUP);
	if (group != NULL)
		conf->events.socket.where = rdl_conf_source_where(loader, group->line);
	group = rdl_conf_member(root, "control", CONFIG_TYPE_GROUP);
	if (group != NULL)
		conf->control.where = rdl_conf_source_where(loader, group->line);
	rdl_conf_read_requests(loader, root);
	check_sockets(loader, root);
	group = rdl_conf_member(root, "lwm2m", CONFIG_TYPE_GROUP);
	if (group != NULL) {
		check_lwm2m(loader, group);
		rdl_conf_read_objects(loader, group);
	}
	check_major(loader, group);
}

/* Makes a place's file name last as long as the configuration. */
static void keep_where(struct rdl_conf *conf, struct rdl_conf_where *where)
{
	if (where->file != NULL)
		where->file = rdl_conf_copy(conf->arena, where->file);
}

static void parse(struct rdl_conf_loader *loader)
{
	struct rdl_conf *conf = loader->conf;
	config_t config;

	config_init(&config);
	if (config_read_string(&config, loader->text)) {
		judge(loader, config_root_setting(&config));
	} else {
		unsigned line = (unsigned)config_error_line(&config);

		rdl_conf_problem(loader, line, rdl_conf_source_where(loader, line), "%s",
			config_error_text(&config));
	}
	config_destroy(&config);
	keep_where(conf, &conf->memory.where);
	keep_where(conf, &conf->cores_where);
	keep_where(conf, &conf->events.socket.where);
	keep_where(conf, &conf->control.where);
	for (unsigned i = 0; i < conf->port_count; i++)
		keep_where(conf, &conf->ports[i].where);
}

static struct rdl_conf *new_conf(void)
{
	struct rdl_conf *conf = calloc(1, sizeof(*conf));

	if (conf == NULL)
		return NULL;
	conf->arena = calloc(1, sizeof(*conf->arena));
	if (conf->arena == NULL) {
		free(conf);
		return NULL;
	}
	conf->lwm2m.all_objects = true;
	return conf;
}

static struct rdl_conf *load(const char *path, const struct rdl_conf *running, FILE *errors)
{
	struct rdl_conf_loader loader = { .conf = new_conf(), .path = path, .running = running };
	const char *slash = strrchr(path, '/');

	loader.problems_end = &loader.problems;
	char *directory = rdl_conf_copy(&loader.scratch, path);
	if (loader.conf != NULL && directory != NULL) {
		directory[slash == NULL ? 0 : slash + 1 - path] = '\0';
		loader.directory = directory;
		for (size_t i = 0; i < RDL_CONF_SECTIONS; i++)
			rdl_conf_presets(&loader, &rdl_conf_sections[i].group, loader.conf);
		loader.conf->memory.where = (struct rdl_conf_where){ path, 1 };
		loader.conf->cores_where = loader.conf->memory.where;
		if (rdl_conf_source_read(&loader))
			parse(&loader);
		rdl_conf_problems_print(&loader, errors);
	}
	bool no_memory =
		loader.conf == NULL || loader.scratch.exhausted || loader.conf->arena->exhausted;
	if (no_memory)
		fprintf(errors, "%s: out of memory\n", path);
	if (no_memory || loader.problems != NULL) {
		rdl_conf_free(loader.conf);
		loader.conf = NULL;
	}
	rdl_conf_arena_free(&loader.scratch);
	free(loader.text);
	return loader.conf;
}

struct rdl_conf *rdl_conf_load(const char *path, FILE *errors)
{
	return load(path, NULL, errors);
}

struct rdl_conf *rdl_conf_load_again(const char *path, const struct rdl_conf *running, FILE *errors)
{
	return load(path, running, errors);
}

void rdl_conf_free(struct rdl_conf *conf)
{
	if (conf == NULL)
		return;
	rdl_conf_arena_free(conf->arena);
	free(conf->arena);
	free(conf);
}
