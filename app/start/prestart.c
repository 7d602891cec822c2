/* SPDX-License-Identifier: BSD-3-Clause */
#include "prestart.h"

#include <dirent.h>

#include "log.h"
#include "nodes.h"

static uint64_t read_number(const char *dir, const char *name)
{
	char path[512];
	unsigned long long value = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

#define HUGEPAGES "/sys/kernel/mm/hugepages"

/* Hugepages that are free or may be made on demand, in MB; *on_demand: of these the latter. */
static uint64_t hugepages_mb(uint64_t *on_demand)
{
	DIR *dir = opendir(HUGEPAGES);
	uint64_t mb = 0;

	*on_demand = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		unsigned long kb;
		char path[300];

		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES "/%s", entry->d_name);
		uint64_t overcommit = read_number(path, "nr_overcommit_hugepages");
		uint64_t surplus = read_number(path, "surplus_hugepages");
		uint64_t pages = read_number(path, "free_hugepages");

		if (overcommit > surplus)
			*on_demand += (overcommit - surplus) * kb / 1024;
		mb += pages * kb / 1024;
	}
	closedir(dir);
	return mb + *on_demand;
}

static uint64_t available_mb(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kb = UINT64_MAX;
	char line[256];

	if (file == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
			break;
	fclose(file);
	return kb / 1024;
}

int prestart_memory(const struct rdl_conf *conf, uint64_t mb)
{
	uint64_t on_demand;
	uint64_t there = conf->memory.hugepages ? hugepages_mb(&on_demand) : available_mb();

	if (mb <= there)
		return 0;
	if (conf->memory.hugepages)
		rdl_log_error("start",
			"%s:%u: memory: needs %llu MB of hugepages, %llu are free: reserve them "
			"(sysctl vm.nr_hugepages=%llu), or set memory.hugepages = false",
			conf->memory.where.file, conf->memory.where.line, (unsigned long long)mb,
			(unsigned long long)there, (unsigned long long)(mb + 1) / 2);
	else
		rdl_log_error("start", "%s:%u: memory: needs %llu MB, %llu are available",
			conf->memory.where.file, conf->memory.where.line, (unsigned long long)mb,
			(unsigned long long)there);
	return -1;
}

int prestart_node_memory(const struct rdl_conf *conf, const uint32_t mb[])
{
	uint64_t on_demand;

	(void)hugepages_mb(&on_demand);
	/* Those come from wherever there is some. */
	for (int n = 0; n < NODES_MAX && on_demand == 0; n++) {
		uint64_t there = mb[n] > 0 ? nodes_free_mb(n, &nodes_places) : 0;

		if (mb[n] <= there)
			continue;
		rdl_log_error("start",
			"%s:%u: memory: needs %u MB of hugepages on NUMA node %d, %llu are free: "
			"reserve them (echo %u >%s/node%d/hugepages/hugepages-2048kB/nr_hugepages)",
			conf->memory.where.file, conf->memory.where.line, mb[n], n,
			(unsigned long long)there, (mb[n] + 1) / 2, nodes_places.nodes, n);
		return -1;
	}
	return 0;
}
