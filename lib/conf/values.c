/* SPDX-License-Identifier: BSD-3-Clause */
/* Values that are written as text: versions, CPUs, names of files, addresses with ports. */
#include "internal.h"

#include <arpa/inet.h>

bool rdl_conf_number_parse(const char *text, size_t len, unsigned max, unsigned *value)
{
	uint64_t number;

	if (!rdl_decimal(
		    (struct rdl_span){ (const uint8_t *)text, len }, (uint64_t)max + 1, &number) ||
		number > max)
		return false;
	*value = (unsigned)number;
	return true;
}

bool rdl_conf_version_parse(
	const char *text, uint16_t major_max, uint16_t minor_max, struct rdl_conf_version *version)
{
	size_t dot = strcspn(text, ".");
	unsigned major, minor;

	if (text[dot] == '\0' || !rdl_conf_number_parse(text, dot, major_max, &major) ||
		!rdl_conf_number_parse(text + dot + 1, strlen(text + dot + 1), minor_max, &minor))
		return false;
	version->major = (uint16_t)major;
	version->minor = (uint16_t)minor;
	return true;
}

bool rdl_conf_listen_parse(const char *text, struct rdl_conf_listen *listen)
{
	const char *colon = strrchr(text, ':'), *begin = text, *end = colon;
	char address[INET6_ADDRSTRLEN];
	unsigned port;

	if (colon == NULL || !rdl_conf_number_parse(colon + 1, strlen(colon + 1), 65535, &port) ||
		port == 0)
		return false;
	listen->is_ipv6 = *text == '[';
	if (listen->is_ipv6) {
		begin++;
		end--;
	}
	size_t len = end > begin ? (size_t)(end - begin) : 0;
	if (len >= sizeof(address) || (listen->is_ipv6 && *end != ']'))
		return false;
	memcpy(address, begin, len);
	address[len] = '\0';
	listen->port = (uint16_t)port;
	return inet_pton(listen->is_ipv6 ? AF_INET6 : AF_INET, address, listen->address) == 1;
}

/* Reads "3" or "3-5" of `len` octets. */
static bool parse_range(const char *text, size_t len, unsigned *first, unsigned *last)
{
	const char *dash = memchr(text, '-', len);
	size_t first_len = dash == NULL ? len : (size_t)(dash - text);

	if (!rdl_conf_number_parse(text, first_len, RDL_CONF_CPUS_MAX - 1, first))
		return false;
	*last = *first;
	return dash == NULL ||
	       (rdl_conf_number_parse(dash + 1, len - first_len - 1, RDL_CONF_CPUS_MAX - 1, last) &&
		       *first <= *last);
}

void rdl_conf_read_cores(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base)
{
	struct rdl_conf *conf = base;
	bool taken[RDL_CONF_CPUS_MAX] = { false };

	conf->cores_where = rdl_conf_source_where(loader, setting->line);
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		unsigned first, last;

		if (!parse_range(p, len, &first, &last)) {
			rdl_conf_complain(loader, setting,
				"\"%s\" is not a list of CPU numbers below %d, as in \"0-1,4\"",
				text, RDL_CONF_CPUS_MAX);
			return;
		}
		for (unsigned cpu = first; cpu <= last; cpu++) {
			if (taken[cpu]) {
				rdl_conf_complain(loader, setting, "names CPU %u twice", cpu);
				return;
			}
			taken[cpu] = true;
			conf->cpus[conf->cpu_count++] = (uint16_t)cpu;
		}
		p += len;
		if (*p == '\0')
			return;
	}
}

bool rdl_conf_same_cores(const struct rdl_conf *a, const struct rdl_conf *b)
{
	return a->cpu_count == b->cpu_count &&
	       memcmp(a->cpus, b->cpus, a->cpu_count * sizeof(a->cpus[0])) == 0;
}

struct rdl_conf_where rdl_conf_where_of(
	struct rdl_conf_loader *loader, const config_setting_t *setting)
{
	struct rdl_conf_where where = rdl_conf_source_where(loader, setting->line);

	where.file = rdl_conf_copy(loader->conf->arena, where.file);
	return where;
}

void rdl_conf_find_file(struct rdl_conf_loader *loader, const config_setting_t *group,
	const char *name, struct rdl_conf_file *file)
{
	const config_setting_t *setting = rdl_conf_member(group, name, CONFIG_TYPE_STRING);

	/* What is wrong with the text has been said. */
	if (setting == NULL || file->path == NULL)
		return;
	const char *path = rdl_conf_beside(loader, file->path);
	file->path = path == NULL ? NULL : rdl_conf_copy(loader->conf->arena, path);
	file->where = rdl_conf_where_of(loader, setting);
}
