/* SPDX-License-Identifier: BSD-3-Clause */
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "internal.h"
#include "log.h"

#define GROUPS_MAX 65536 /* Linux knows of no more of one process */
_Static_assert(RDL_CONF_ALLOWS_MAX <= 64, "a bit for each");

struct allow {
	gid_t group;
	uint32_t methods; /* bit N: of code 0.N */
	unsigned path_count; /* 0: all */
	const char **paths;
};

/* One piece of memory with all that it points to: the configuration may go. */
struct allows {
	unsigned count;
	struct allow entries[RDL_CONF_ALLOWS_MAX];
};

/* Octets behind the entries for pointers to paths, and for the paths. */
static size_t paths_octets(const struct rdl_conf *conf, size_t *pointers)
{
	size_t octets = 0;

	*pointers = 0;
	for (unsigned i = 0; i < conf->requests.allow_count; i++) {
		const struct rdl_conf_strings *paths = &conf->requests.allow[i].paths;

		*pointers += paths->count * sizeof(char *);
		for (unsigned p = 0; p < paths->count; p++)
			octets += strlen(paths->items[p]) + 1;
	}
	return octets;
}

static void keep_paths(struct allow *allow, const struct rdl_conf_strings *paths,
	const char ***pointers, char **text)
{
	allow->path_count = paths->count;
	allow->paths = *pointers;
	for (unsigned p = 0; p < paths->count; p++) {
		size_t len = strlen(paths->items[p]) + 1;

		*(*pointers)++ = memcpy(*text, paths->items[p], len);
		*text += len;
	}
}

struct allows *callers_read_allows(const struct rdl_conf *conf)
{
	size_t pointer_octets, octets = paths_octets(conf, &pointer_octets);
	struct allows *allows = calloc(1, sizeof(*allows) + pointer_octets + octets);

	if (allows == NULL) {
		rdl_log_error("requests", "no memory for requests.allow");
		return NULL;
	}
	const char **pointers = (const char **)(allows + 1);
	char *text = (char *)(allows + 1) + pointer_octets;

	for (; allows->count < conf->requests.allow_count; allows->count++) {
		const struct rdl_conf_allow *from = &conf->requests.allow[allows->count];
		struct allow *allow = &allows->entries[allows->count];
		const struct group *group = getgrnam(from->group);

		if (group == NULL) {
			rdl_log_error("requests", "%s:%u: requests.allow: there is no group \"%s\"",
				from->where.file, from->where.line, from->group);
			free(allows);
			return NULL;
		}
		*allow = (struct allow){ .group = group->gr_gid, .methods = from->methods };
		keep_paths(allow, &from->paths, &pointers, &text);
	}
	return allows;
}

void callers_allow(struct callers *callers, struct allows *allows)
{
	/* One that was offered before and not seen yet never holds. */
	free(__atomic_exchange_n(&callers->offered, allows, __ATOMIC_ACQ_REL));
	rdl_lines_wake(callers->lines);
}

void allow_look(struct callers *callers)
{
	if (__atomic_load_n(&callers->offered, __ATOMIC_RELAXED) == NULL)
		return;
	struct allows *allows = __atomic_exchange_n(&callers->offered, NULL, __ATOMIC_ACQ_REL);

	free(callers->allows);
	callers->allows = allows;
	for (unsigned i = 0; i < callers->lines->client_count; i++) {
		struct rdl_lines_client *client = callers->lines->clients[i];
		struct caller *caller = client->state;

		if (caller != NULL)
			caller->allowed = allow_for(callers, client->fd);
	}
}

static uint64_t entries_of(const struct callers *callers, gid_t group)
{
	uint64_t entries = 0;

	for (unsigned i = 0; i < callers->allows->count; i++)
		if (callers->allows->entries[i].group == group)
			entries |= UINT64_C(1) << i;
	return entries;
}

/* As they were when the process connected. Who cannot be asked after is of no group. */
uint64_t allow_for(const struct callers *callers, int fd)
{
	static gid_t groups[GROUPS_MAX];
	struct ucred peer;
	socklen_t len = sizeof(peer);
	uint64_t entries = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
		entries |= entries_of(callers, peer.gid);
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (size_t i = 0; i < len / sizeof(groups[0]); i++)
			entries |= entries_of(callers, groups[i]);
	return entries;
}

static bool has_path(const struct allow *allow, const struct rdl_target_path *path)
{
	const struct rdl_span text = { (const uint8_t *)path->text, path->len };

	for (unsigned i = 0; i < allow->path_count; i++) {
		const struct rdl_span pattern = { (const uint8_t *)allow->paths[i],
			strlen(allow->paths[i]) };

		if (rdl_glob_match(pattern, text))
			return true;
	}
	return allow->path_count == 0;
}

bool allow_has(const struct callers *callers, uint64_t allowed, unsigned method,
	const struct rdl_target_path *path)
{
	for (unsigned i = 0; i < callers->allows->count; i++) {
		const struct allow *allow = &callers->allows->entries[i];

		if ((allowed & UINT64_C(1) << i) != 0 && (allow->methods & 1u << method) != 0 &&
			has_path(allow, path))
			return true;
	}
	return callers->allows->count == 0;
}
