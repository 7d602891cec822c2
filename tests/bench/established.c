/* SPDX-License-Identifier: BSD-3-Clause */
#include "established.h"

#include <unistd.h>

#include <rte_malloc.h>

#include "clock.h"
#include "log.h"
#include "sessions.h"

bool established_database(const char *directory)
{
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials *credentials = rdl_credentials_open(
		&(struct rdl_credentials_config){
			.directory = directory, .write = true, .make = true },
		problem);

	if (credentials == NULL)
		rdl_log_error("bench", "%s", problem);
	rdl_credentials_close(credentials);
	return credentials != NULL;
}

void established_forget_database(const char *directory)
{
	static const char *const files[] = { "data.mdb", "lock.mdb" };
	char path[256];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		unlink(path);
	}
	rmdir(directory);
}

bool established_open(struct daemon *daemon, struct secure *secure, const struct packets *packets)
{
	const struct secure_gateway gateway = { daemon->dtls.tables[0], daemon->dtls.identities,
		&daemon->interfaces[0] };
	/* Not as young as those whose handshakes may be gone through again. */
	uint32_t now_s = (uint32_t)(rdl_clock_coarse_ms() / 1000) - RDL_DTLS_YOUNG_S;
	uint64_t endpoint = 0;

	while (endpoint < secure->count &&
		secure_establish(secure, &gateway, packets, (uint32_t)endpoint, now_s))
		endpoint++;
	if (endpoint < secure->count)
		rdl_log_error(
			"bench", "no session for endpoint %llu", (unsigned long long)endpoint);
	return endpoint == secure->count;
}

static double each(void *const memory, uint64_t sessions)
{
	size_t octets = 0;

	if (memory == NULL || rte_malloc_validate(memory, &octets) != 0)
		return 0;
	return (double)octets / (double)sessions;
}

/* DPDK's memory is there from the start: what was allocated is resident. */
void established_print(const struct daemon *daemon, uint64_t sessions, bool json)
{
	const struct dtls_parts *parts = &daemon->dtls;
	double table = each(parts->memory[0], sessions);
	double identities = each(parts->identities_memory, sessions);
	double owners = each(parts->owners_memory, sessions);
	double secured = each(parts->secured_memory, sessions);

	printf(json ? "{\"phase\": \"sessions\", \"sessions\": %llu, \"table_octets\": %.1f, "
		      "\"identity_octets\": %.1f, \"owner_octets\": %.1f, "
		      "\"secured_octets\": %.1f, \"octets_per_session\": %.1f}\n"
		    : "%llu sessions, octets each: %.1f in the table, identities %.1f, owners "
		      "%.1f, names that may not register in clear text %.1f: %.1f\n",
		(unsigned long long)sessions, table, identities, owners, secured,
		table + identities + owners + secured);
	fflush(stdout);
}
