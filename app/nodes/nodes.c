/* SPDX-License-Identifier: BSD-3-Clause */
#include "nodes.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

const struct nodes_places nodes_places = { "/sys/devices/system/cpu", "/sys/bus/pci/devices",
	"/sys/devices/system/node" };

static long read_number(const char *path)
{
	long value = -1;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

bool nodes_has_cpus(int node, const struct nodes_places *places)
{
	char path[192];

	if (node < 0 || node >= NODES_MAX)
		return false;
	/* "0-3,8", or an empty line. */
	snprintf(path, sizeof(path), "%s/node%d/cpulist", places->nodes, node);
	return read_number(path) >= 0;
}

/* A link in its folder has the node's name. */
int nodes_of_cpu(unsigned cpu, const struct nodes_places *places)
{
	char path[192];

	for (int node = 0; node < NODES_MAX; node++) {
		snprintf(path, sizeof(path), "%s/cpu%u/node%d", places->cpus, cpu, node);
		if (access(path, F_OK) == 0)
			return node;
	}
	return -1;
}

int nodes_of_pci(const char *name, const struct nodes_places *places)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s/numa_node", places->devices, name);
	long node = read_number(path);
	return node < NODES_MAX && nodes_has_cpus((int)node, places) ? (int)node : -1;
}

uint64_t nodes_free_mb(int node, const struct nodes_places *places)
{
	char folder[128], path[400];
	uint64_t mb = 0;

	snprintf(folder, sizeof(folder), "%s/node%d/hugepages", places->nodes, node);
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		unsigned long kb;

		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", folder, entry->d_name);
		long pages = read_number(path);
		mb += pages > 0 ? (uint64_t)pages * kb / 1024 : 0;
	}
	closedir(dir);
	return mb;
}

int nodes_wanted(const int ports[], unsigned port_count, unsigned role)
{
	int different[NODES_MAX];
	unsigned count = 0;

	for (unsigned p = 0; p < port_count; p++) {
		unsigned i = 0;

		while (i < count && different[i] != ports[p])
			i++;
		if (i == count && ports[p] >= 0)
			different[count++] = ports[p];
	}
	return count > 0 ? different[role % count] : -1;
}

void nodes_share_out(const int ports[], unsigned port_count, const int workers[],
	unsigned worker_count, uint64_t polled[])
{
	uint64_t all = UINT64_MAX >> (64 - worker_count), served = 0;
	bool fits = true;

	for (unsigned p = 0; p < port_count; p++) {
		polled[p] = 0;
		/* Where it is not known, anybody is as near. */
		for (unsigned w = 0; w < worker_count; w++)
			if (ports[p] < 0 || workers[w] == ports[p])
				polled[p] |= UINT64_C(1) << w;
		served |= polled[p];
		fits &= polled[p] != 0;
	}
	for (unsigned p = 0; p < port_count; p++)
		if (!fits || served != all)
			polled[p] = all;
}

unsigned nodes_far(int port, const int workers[], uint64_t polled)
{
	unsigned far = 0;

	for (; polled != 0 && port >= 0; polled &= polled - 1) {
		int node = workers[__builtin_ctzll(polled)];

		far += node >= 0 && node != port;
	}
	return far;
}
