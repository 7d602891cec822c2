/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forgets the DTLS sessions of a directory that is put back from a backup. The folder gets another
 * name at once, so that none of it is ever read again, wherever this is interrupted; then it is
 * removed.
 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "inspect.h"

#define FORGOTTEN "sessions-forgotten"
/* Of a path; one that is too long is refused by whoever is given it. */
#define ROOM (2 * PATH_MAX)

struct removal {
	const char *path;
	int rc;
};

static void remove_one(void *context, const char *name)
{
	struct removal *removal = context;
	char path[ROOM];

	snprintf(path, sizeof(path), "%s/%s", removal->path, name);
	int rc = rdl_journal_disk.remove(NULL, path);
	if (rc != 0)
		removal->rc = rc;
}

/* A folder, and each name in it by that function. */
static int remove_folder(const char *path, rdl_journal_name_fn remove)
{
	struct removal removal = { .path = path };
	int rc = rdl_journal_disk.list(NULL, path, remove, &removal);

	if (rc == -ENOENT)
		return 0;
	if (rc == 0)
		rc = removal.rc;
	return rc != 0 ? rc : rdl_journal_disk.remove(NULL, path);
}

/* A run's folder with its files, or a file. */
static void remove_run(void *context, const char *name)
{
	struct removal *removal = context;
	char path[ROOM];

	snprintf(path, sizeof(path), "%s/%s", removal->path, name);
	int rc = remove_folder(path, remove_one);
	if (rc == -ENOTDIR)
		rc = rdl_journal_disk.remove(NULL, path);
	if (rc != 0)
		removal->rc = rc;
}

static int forget(const char *directory, const char *sessions)
{
	char forgotten[ROOM];

	snprintf(forgotten, sizeof(forgotten), "%s/" FORGOTTEN, directory);
	/* The rest of one that was interrupted. */
	int rc = remove_folder(forgotten, remove_run);
	if (rc == 0)
		rc = rdl_journal_disk.rename(NULL, sessions, forgotten);
	if (rc == 0)
		rc = rdl_journal_disk.sync_directory(NULL, directory);
	return rc != 0 ? rc : remove_folder(forgotten, remove_run);
}

/* Keeps others out of a folder in the directory. -errno: some other has it, or it is none. */
static int lock(const char *directory, const char *folder)
{
	char path[ROOM];

	snprintf(path, sizeof(path), "%s/%slock", directory, folder);
	return rdl_journal_disk.lock(NULL, path, false);
}

static int fail(FILE *errors, const char *directory, int rc)
{
	if (rc == -EWOULDBLOCK)
		fprintf(errors, "rdline-state: %s: is in use by another rdline\n", directory);
	else
		fprintf(errors, "rdline-state: %s: %s\n", directory, strerror(-rc));
	return 1;
}

/* `directory` is locked. */
static int forget_in(const char *directory, FILE *out, FILE *errors)
{
	char sessions[ROOM];

	snprintf(sessions, sizeof(sessions), "%s/sessions", directory);
	int held = lock(directory, "sessions/");
	/* Without a lock nothing was ever written there. */
	if (held < 0 && held != -ENOENT)
		return fail(errors, sessions, held);
	int rc = forget(directory, sessions);
	if (held >= 0)
		rdl_journal_disk.close(NULL, held);
	if (rc == -ENOENT) {
		fprintf(out, "%s: there are no sessions\n", directory);
		return 0;
	}
	if (rc != 0)
		return fail(errors, sessions, rc);
	fprintf(out, "%s: the sessions are forgotten, devices make new handshakes\n", directory);
	return 0;
}

int inspect_forget_sessions(const char *directory, FILE *out, FILE *errors)
{
	char secrets[ROOM];
	int held = lock(directory, "");

	if (held < 0)
		return fail(errors, directory, held);
	/* The folder of the sessions itself is a directory with a lock, too. */
	snprintf(secrets, sizeof(secrets), "%s/secrets", directory);
	int rc = access(secrets, F_OK) == 0 ? forget_in(directory, out, errors)
					    : fail(errors, secrets, -errno);
	rdl_journal_disk.close(NULL, held);
	return rc;
}
