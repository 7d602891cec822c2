/* SPDX-License-Identifier: BSD-3-Clause */
/* NUMA nodes as the kernel shows them, and what follows from them. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes.h"

static char root[] = "/tmp/rdline-nodes-XXXXXX";
static char cpus[64], devices[64], nodes[64];
static const struct nodes_places places = { cpus, devices, nodes };

static void put(const char *path, const char *text)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		(void)mkdir(full, 0700);
		*slash = '/';
	}
	if (text == NULL)
		return;
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

static int start(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(cpus, sizeof(cpus), "%s/cpu", root);
	snprintf(devices, sizeof(devices), "%s/devices", root);
	snprintf(nodes, sizeof(nodes), "%s/node", root);
	put("cpu/cpu0/node0/", NULL);
	put("cpu/cpu1/node1/", NULL);
	put("cpu/cpu2/", NULL);
	put("devices/0000:01:00.0/numa_node", "1\n");
	put("devices/0000:02:00.0/numa_node", "-1\n");
	put("devices/0000:03:00.0/numa_node", "32\n");
	put("devices/0000:05:00.0/numa_node", "2\n");
	put("node/node0/cpulist", "0,2-3\n");
	put("node/node1/cpulist", "1\n");
	put("node/node2/cpulist", "\n");
	put("node/node1/hugepages/hugepages-2048kB/free_hugepages", "10\n");
	put("node/node1/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
	return 0;
}

static int stop(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static void test_machine(void **state)
{
	(void)state;
	assert_int_equal(nodes_of_cpu(0, &places), 0);
	assert_int_equal(nodes_of_cpu(1, &places), 1);
	assert_int_equal(nodes_of_cpu(2, &places), -1);
	assert_int_equal(nodes_of_cpu(3, &places), -1);
	assert_int_equal(nodes_of_pci("0000:01:00.0", &places), 1);
	assert_int_equal(nodes_of_pci("0000:02:00.0", &places), -1);
	assert_int_equal(nodes_of_pci("0000:03:00.0", &places), -1);
	assert_int_equal(nodes_of_pci("0000:04:00.0", &places), -1);
	/* Of a node that has no CPUs. */
	assert_int_equal(nodes_of_pci("0000:05:00.0", &places), -1);
	assert_true(nodes_has_cpus(0, &places) && nodes_has_cpus(1, &places));
	assert_false(nodes_has_cpus(2, &places) || nodes_has_cpus(3, &places));
	assert_false(nodes_has_cpus(-1, &places) || nodes_has_cpus(NODES_MAX, &places));
	assert_int_equal(nodes_free_mb(1, &places), 20 + 1024);
	assert_int_equal(nodes_free_mb(0, &places), 0);
}

/* By turns on the nodes that ports are on. */
static void test_wanted(void **state)
{
	static const int two[] = { 1, -1, 0, 1 }, one[] = { 3 }, none[] = { -1, -1 };

	(void)state;
	assert_int_equal(nodes_wanted(two, 4, 0), 1);
	assert_int_equal(nodes_wanted(two, 4, 1), 0);
	assert_int_equal(nodes_wanted(two, 4, 2), 1);
	assert_int_equal(nodes_wanted(one, 1, 5), 3);
	assert_int_equal(nodes_wanted(none, 2, 0), -1);
}

static void expect_polled(const int ports[2], const int workers[4], uint64_t first, uint64_t second)
{
	uint64_t polled[2];

	nodes_share_out(ports, 2, workers, 4, polled);
	assert_int_equal(polled[0], first);
	assert_int_equal(polled[1], second);
}

static void test_share_out(void **state)
{
	static const int both[] = { 0, 1, 0, 1 }, near[] = { 0, 0, 0, 0 }, odd[] = { 0, 1, 2, 1 };
	static const int split[] = { 0, 1 }, same[] = { 1, 1 }, unknown[] = { -1, 1 };
	static const int third[] = { 0, 2 };
	uint64_t polled[1];

	(void)state;
	expect_polled(split, both, 0x5, 0xa);
	/* A port without a worker near it; workers without a port near them. */
	expect_polled(third, both, 0xf, 0xf);
	expect_polled(split, near, 0xf, 0xf);
	expect_polled(same, both, 0xf, 0xf);
	expect_polled(split, odd, 0xf, 0xf);
	/* Who has no node is near to all. */
	expect_polled(unknown, both, 0xf, 0xa);
	nodes_share_out((const int[]){ 0 }, 1, (const int[64]){ 0 }, 64, polled);
	assert_int_equal(polled[0], UINT64_MAX);
}

static void test_far(void **state)
{
	static const int workers[] = { 0, 1, 1, -1 };

	(void)state;
	assert_int_equal(nodes_far(0, workers, 0xf), 2);
	assert_int_equal(nodes_far(0, workers, 0x3), 1);
	assert_int_equal(nodes_far(1, workers, 0x6), 0);
	assert_int_equal(nodes_far(-1, workers, 0xf), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_share_out),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
