/* SPDX-License-Identifier: BSD-3-Clause */
#include "prestart.h"

#include <dirent.h>

#include "log.h"

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

/* Hugepages that are free or may be made on demand, in MB. */
static uint64_t hugepages_mb(void)
{
	DIR *dir = opendir(HUGEPAGES);
	uint64_t mb = 0;

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
			pages += overcommit - surplus;
		mb += pages * kb / 1024;
	}
	closedir(dir);
	return mb;
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
	uint64_t there = conf->memory.hugepages ? hugepages_mb() : available_mb();

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
