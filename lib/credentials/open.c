/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_DEFAULT ((size_t)64 << 20)
#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"

static const char *const names[] = {
	[RDL_CREDENTIALS_PSK] = "psk",
	[RDL_CREDENTIALS_RPK] = "rpk",
};

static const char *error_text(int error)
{
	if (error == MDB_NOTFOUND || error == MDB_INVALID)
		return "is no database of credentials";
	if (error == ENOENT)
		return "no database is there";
	/* What LMDB makes of a write that was cut short. */
	if (error == EIO)
		return "could not be written to the end, or read: is there room on the disk?";
	return mdb_strerror(error);
}

bool rdl_credentials_problem(const struct rdl_credentials *credentials, int error, char *problem)
{
	const char *directory = NULL;

	mdb_env_get_path(credentials->env, &directory);
	snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX, "%s: %s",
		directory != NULL ? directory : "credentials", error_text(error));
	return false;
}

int rdl_credentials_state_get(const struct rdl_credentials *credentials, MDB_txn *txn,
	struct rdl_credentials_state *state)
{
	MDB_val key = rdl_credentials_val(RDL_SPAN("state")), data;
	int rc = mdb_get(txn, credentials->state, &key, &data);

	if (rc != 0)
		return rc;
	if (data.mv_size != sizeof(*state))
		return MDB_INVALID;
	memcpy(state, data.mv_data, sizeof(*state));
	return state->format == RDL_CREDENTIALS_FORMAT ? 0 : MDB_VERSION_MISMATCH;
}

int rdl_credentials_state_put(const struct rdl_credentials *credentials, MDB_txn *txn,
	const struct rdl_credentials_state *state)
{
	MDB_val key = rdl_credentials_val(RDL_SPAN("state"));
	MDB_val data = { sizeof(*state), (void *)(uintptr_t)state };

	return mdb_put(txn, credentials->state, &key, &data, 0);
}

/* The key file's mark; without one, nothing. */
static bool make_check(
	const struct rdl_credentials_seal *seal, uint8_t check[RDL_CREDENTIALS_TAG_LEN])
{
	static const char nonce[] = "credentials";
	size_t len = RDL_CREDENTIALS_TAG_LEN;

	memset(check, 0, RDL_CREDENTIALS_TAG_LEN);
	return seal->cipher == NULL ||
	       gnutls_aead_cipher_encrypt(seal->cipher, nonce, sizeof(nonce), NULL, 0,
		       RDL_CREDENTIALS_TAG_LEN, NULL, 0, check, &len) == 0;
}

/* Opens the tables, and the state, which is made where there is none yet. */
static int open_tables(struct rdl_credentials *credentials, MDB_txn *txn, bool make,
	struct rdl_credentials_state *state)
{
	unsigned flags = make ? MDB_CREATE : 0;
	int rc = mdb_dbi_open(txn, "state", flags, &credentials->state);

	for (size_t i = 0; rc == 0 && i < RDL_ARRAY_LEN(names); i++)
		rc = mdb_dbi_open(txn, names[i], flags, &credentials->credentials[i]);
	if (rc == 0)
		rc = mdb_dbi_open(txn, "changes", flags | MDB_INTEGERKEY, &credentials->changes);
	if (rc == 0)
		rc = rdl_credentials_state_get(credentials, txn, state);
	if (rc != MDB_NOTFOUND || !make)
		return rc;
	*state = (struct rdl_credentials_state){ .format = RDL_CREDENTIALS_FORMAT,
		.sealed = credentials->seal.cipher != NULL };
	if (!make_check(&credentials->seal, state->check))
		return EINVAL;
	return rdl_credentials_state_put(credentials, txn, state);
}

static bool key_fits(struct rdl_credentials *credentials, const struct rdl_credentials_state *state,
	const char *directory, char *problem)
{
	bool given = credentials->seal.cipher != NULL, sealed = state->sealed != 0;
	uint8_t check[RDL_CREDENTIALS_TAG_LEN];
	const char *wrong = NULL;

	credentials->sealed = sealed;
	if (sealed && !given)
		wrong = "its keys are sealed: it needs the key file that it was made with";
	else if (!sealed && given)
		wrong = "was made without a key file";
	else if (!make_check(&credentials->seal, check) ||
		 memcmp(check, state->check, sizeof(check)) != 0)
		wrong = "was made with another key file";
	if (wrong != NULL)
		snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX, "%s: %s", directory, wrong);
	return wrong == NULL;
}

static bool open_database(struct rdl_credentials *credentials,
	const struct rdl_credentials_config *config, char *problem)
{
	struct rdl_credentials_state state;
	MDB_txn *txn;
	int rc = rdl_credentials_txn_begin(credentials, config->write ? 0 : MDB_RDONLY, &txn);

	if (rc == 0) {
		rc = open_tables(credentials, txn, config->make, &state);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	if (rc != 0)
		return rdl_credentials_problem(credentials, rc, problem);
	return key_fits(credentials, &state, config->directory, problem);
}

/* What root makes in the folder of another user is that user's: its gateway has to read it. */
static int give_away(const char *directory, const struct stat *folder)
{
	static const char *const files[] = { DATA_FILE, LOCK_FILE };
	char path[4096];

	for (size_t i = 0; i < RDL_ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
		if (lchown(path, folder->st_uid, folder->st_gid) != 0)
			return errno;
	}
	return 0;
}

/* An error, or 0 and in *problem what is wrong with the rights to the files, if anything. */
static int open_files(MDB_env *env, const struct rdl_credentials_config *config, char *problem)
{
	unsigned flags = MDB_NOTLS | (config->write ? 0 : MDB_RDONLY);
	struct stat folder, file;
	char path[4096];

	problem[0] = '\0';
	if (config->make && mkdir(config->directory, 0700) != 0 && errno != EEXIST)
		return errno;
	if (stat(config->directory, &folder) != 0)
		return errno;
	if ((size_t)snprintf(path, sizeof(path), "%s/" DATA_FILE, config->directory) >=
		sizeof(path))
		return ENAMETOOLONG;
	bool is_new = stat(path, &file) != 0;
	int rc = is_new && !config->make ? ENOENT : 0;
	/* One that is there has a length. */
	if (rc == 0 && is_new)
		rc = mdb_env_set_mapsize(env, config->map_len > 0 ? config->map_len : MAP_DEFAULT);
	if (rc == 0)
		rc = mdb_env_open(env, config->directory, flags, 0600);
	if (rc == 0 && is_new && geteuid() == 0)
		rc = give_away(config->directory, &folder);
	if (rc == 0 && stat(path, &file) != 0)
		rc = errno;
	if (rc == 0 && (file.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX,
			"%s: " DATA_FILE " is not for its owner only: chmod 0600",
			config->directory);
	return rc;
}

static bool open_env(struct rdl_credentials *credentials,
	const struct rdl_credentials_config *config, char *problem)
{
	int rc = mdb_env_create(&credentials->env);

	if (rc == 0)
		rc = mdb_env_set_maxdbs(credentials->env, 4);
	if (rc == 0)
		rc = open_files(credentials->env, config, problem);
	if (rc != 0)
		snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX, "%s: %s", config->directory,
			error_text(rc));
	return rc == 0 && problem[0] == '\0';
}

struct rdl_credentials *rdl_credentials_open(
	const struct rdl_credentials_config *config, char problem[RDL_CREDENTIALS_PROBLEM_MAX])
{
	struct rdl_credentials *credentials = calloc(1, sizeof(*credentials));

	snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX, "no memory");
	if (credentials == NULL)
		return NULL;
	credentials->has_lock = pthread_rwlock_init(&credentials->map_lock, NULL) == 0;
	bool good = credentials->has_lock;
	if (good && config->key_file != NULL)
		good = rdl_credentials_read_key_file(
			       config->key_file, credentials->seal_key, problem) &&
		       rdl_credentials_seal_init(&credentials->seal, credentials->seal_key);
	if (!good || !open_env(credentials, config, problem) ||
		!open_database(credentials, config, problem)) {
		rdl_credentials_close(credentials);
		return NULL;
	}
	rdl_credentials_reap(credentials);
	return credentials;
}

void rdl_credentials_close(struct rdl_credentials *credentials)
{
	if (credentials == NULL)
		return;
	if (credentials->env != NULL)
		mdb_env_close(credentials->env);
	rdl_credentials_seal_fini(&credentials->seal);
	if (credentials->has_lock)
		pthread_rwlock_destroy(&credentials->map_lock);
	explicit_bzero(credentials->seal_key, sizeof(credentials->seal_key));
	free(credentials);
}

void rdl_credentials_reap(struct rdl_credentials *credentials)
{
	int dead;

	mdb_reader_check(credentials->env, &dead);
}

int rdl_credentials_follow_map(struct rdl_credentials *credentials)
{
	if (credentials->lost)
		return ENOMEM;
	int rc = mdb_env_set_mapsize(credentials->env, 0);
	credentials->lost = rc != 0;
	return rc;
}

int rdl_credentials_txn_begin(struct rdl_credentials *credentials, unsigned flags, MDB_txn **txn)
{
	int rc;

	while ((rc = mdb_txn_begin(credentials->env, NULL, flags, txn)) == MDB_MAP_RESIZED) {
		rc = rdl_credentials_follow_map(credentials);
		if (rc != 0)
			break;
	}
	return rc;
}
