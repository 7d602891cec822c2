/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is a configuration file, alone in its folder. Either it is taken, or every line of
 * complaint says where; what is taken keeps to the limits that its readers rely on.
 */
#include "fuzz.h"

#include <unistd.h>

#include "conf.h"

/* libconfig loses what its scanner is reading when it stops at a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig_yylex\nleak:strbuf_append";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

#define FOLDER "/dev/shm/rdl_fuzz_conf_XXXXXX" /* no disk to write to a thousand times a second */
#define NAME "/input.conf"

static char folder[] = FOLDER;
static char path[sizeof(FOLDER) + sizeof(NAME)];

/* A folder for each input: libFuzzer ends without a chance to remove one of the program's. */
static void write_input(const uint8_t *data, size_t size)
{
	memcpy(folder, FOLDER, sizeof(FOLDER));
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s%s", folder, NAME);

	FILE *file = fopen(path, "wb");
	CHECK(file != NULL);
	CHECK(fwrite(data, 1, size, file) == size);
	CHECK(fclose(file) == 0);
}

static void remove_input(void)
{
	unlink(path);
	rmdir(folder);
}

/* FILE:LINE: text, or FILE: text of the file as a whole. */
static void check_line(const char *line, size_t len)
{
	size_t path_len = strlen(path), digits = 0;

	CHECK(len > path_len && memcmp(line, path, path_len) == 0 && line[path_len] == ':');
	line += path_len + 1;
	len -= path_len + 1;
	while (digits < len && line[digits] >= '0' && line[digits] <= '9')
		digits++;
	if (digits > 0) {
		CHECK(line[0] != '0' && line[digits] == ':');
		line += digits + 1;
		len -= digits + 1;
	}
	CHECK(len > 1 && line[0] == ' ');
}

static void check_errors(const char *text, size_t len)
{
	CHECK(len > 0 && text[len - 1] == '\n');
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = (size_t)(end - text);

		check_line(text, line_len);
		text = end + 1;
		len -= line_len + 1;
	}
}

static uint32_t number_of(struct rdl_conf_version version)
{
	return (uint32_t)version.major << 16 | version.minor;
}

static void check_objects(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->lwm2m.object_count; i++) {
		const struct rdl_conf_object *object = &conf->lwm2m.objects[i];

		CHECK(i == 0 || object[-1].id < object->id);
		for (unsigned v = 1; v < object->version_count; v++)
			CHECK(number_of(object->versions[v - 1]) < number_of(object->versions[v]));
	}
}

static void check_strings(const struct rdl_conf_strings *strings)
{
	for (unsigned i = 0; i < strings->count; i++)
		CHECK(strings->items[i] != NULL);
}

static void check_conf(const struct rdl_conf *conf)
{
	CHECK(conf->instance != NULL && conf->instance[0] != '\0');
	CHECK(conf->workers > 0 && conf->shards > 0 && conf->memory.registrations > 0);
	CHECK(conf->cpu_count <= RDL_CONF_CPUS_MAX);
	CHECK(conf->port_count > 0 && conf->port_count <= RDL_CONF_PORTS_MAX);
	for (unsigned i = 0; i < conf->port_count; i++) {
		const struct rdl_conf_port *port = &conf->ports[i];

		CHECK(port->device != NULL && port->where.line > 0);
		CHECK(strcmp(port->where.file, path) == 0);
		CHECK(port->ipv4_count + port->ipv6_count > 0);
		CHECK(port->ipv4_count <= RDL_CONF_ADDRESSES_MAX &&
			port->ipv6_count <= RDL_CONF_ADDRESSES_MAX);
		CHECK(port->vlan < 4095);
	}
	CHECK(conf->lwm2m.lifetime_min_s <= conf->lwm2m.lifetime_max_s);
	CHECK(conf->lwm2m.extra_parameters.count <= RDL_CONF_EXTRA_PARAMETERS_MAX);
	check_strings(&conf->lwm2m.extra_parameters);
	check_strings(&conf->endpoints.deny);
	check_strings(&conf->endpoints.known);
	check_strings(&conf->eal_extra);
	check_objects(conf);
}

/* Names of files that are not beside the input: none of them shall be opened. */
static bool looks_outside(const uint8_t *data, size_t size)
{
	return memmem(data, size, "\"/", 2) != NULL || memmem(data, size, "..", 2) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	FILE *errors;

	if (looks_outside(data, size))
		return 0;
	write_input(data, size);
	errors = open_memstream(&text, &len);
	CHECK(errors != NULL);
	struct rdl_conf *conf = rdl_conf_load(path, errors);
	CHECK(fclose(errors) == 0);
	if (conf != NULL) {
		CHECK(len == 0);
		check_conf(conf);
		rdl_conf_free(conf);
	} else {
		check_errors(text, len);
	}
	free(text);
	remove_input();
	return 0;
}
