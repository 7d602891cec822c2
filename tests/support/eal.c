/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base.h"

/* From rte_eal.h: nothing here sees a header of DPDK's, like most of what is tested. */
int rte_eal_init(int argc, char **argv);
int rte_eal_cleanup(void);

static int start(const char *telemetry)
{
	static char args[][24] = { "test", "--no-huge", "--no-shconf", "-m", "256", "--no-pci", "",
		"--log-level", "error", "--file-prefix", "" };
	char *words[RDL_ARRAY_LEN(args)];
	int count = (int)RDL_ARRAY_LEN(args);

	snprintf(args[6], sizeof(args[0]), "%s", telemetry);
	snprintf(args[count - 1], sizeof(args[0]), "rdl_test_%d", (int)getpid());
	for (int i = 0; i < count; i++)
		words[i] = args[i];
	return rte_eal_init(count, words) < 0 ? -1 : 0;
}

int eal_start(void **state)
{
	return start("--no-telemetry");
}

int eal_start_telemetry(const char *folder)
{
	return setenv("RUNTIME_DIRECTORY", folder, 1) == 0 ? start("--telemetry") : -1;
}

int eal_stop(void **state)
{
	return rte_eal_cleanup();
}
