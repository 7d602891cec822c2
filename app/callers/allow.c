/* SPDX-License-Identifier: BSD-3-Clause */
#include <grp.h>
#include <sys/socket.h>

#include "internal.h"
#include "log.h"

#define GROUPS_MAX 65536 /* Linux knows of no more of one process */
_Static_assert(RDL_CONF_ALLOWS_MAX <= 64, "a bit for each");

int allow_open(struct callers *callers, const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->requests.allow_count; i++) {
		const struct rdl_conf_allow *from = &conf->requests.allow[i];
		const struct group *group = getgrnam(from->group);

		if (group == NULL) {
			rdl_log_error("start", "%s:%u: requests.allow: there is no group \"%s\"",
				from->where.file, from->where.line, from->group);
			return -1;
		}
		callers->allow[i] = (struct allow){ group->gr_gid, from->methods, &from->paths };
	}
	callers->allow_count = conf->requests.allow_count;
	return 0;
}

static uint64_t entries_of(const struct callers *callers, gid_t group)
{
	uint64_t entries = 0;

	for (unsigned i = 0; i < callers->allow_count; i++)
		if (callers->allow[i].group == group)
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

static bool has_path(const struct rdl_conf_strings *paths, const struct rdl_target_path *path)
{
	const struct rdl_span text = { (const uint8_t *)path->text, path->len };

	for (unsigned i = 0; i < paths->count; i++) {
		const struct rdl_span pattern = { (const uint8_t *)paths->items[i],
			strlen(paths->items[i]) };

		if (rdl_glob_match(pattern, text))
			return true;
	}
	return paths->count == 0;
}

bool allow_has(const struct callers *callers, uint64_t allowed, unsigned method,
	const struct rdl_target_path *path)
{
	for (unsigned i = 0; i < callers->allow_count; i++) {
		const struct allow *allow = &callers->allow[i];

		if ((allowed & UINT64_C(1) << i) != 0 && (allow->methods & 1u << method) != 0 &&
			has_path(allow->paths, path))
			return true;
	}
	return callers->allow_count == 0;
}
