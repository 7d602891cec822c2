/* SPDX-License-Identifier: BSD-3-Clause */
/* A database of credentials in a folder of its own, for one test. */
#ifndef RDL_TEST_CREDENTIALS_DATABASE_H
#define RDL_TEST_CREDENTIALS_DATABASE_H

#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "writing.h"

struct database {
	char directory[64];
	struct rdl_credentials_config config;
	struct rdl_credentials *credentials;
	struct rdl_credentials_reader *reader;
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
};

static inline void database_reopen(struct database *database, bool write)
{
	rdl_credentials_reader_destroy(database->reader);
	rdl_credentials_close(database->credentials);
	database->config.write = database->config.make = write;
	database->credentials = rdl_credentials_open(&database->config, database->problem);
	if (database->credentials == NULL)
		fail_msg("%s", database->problem);
	database->reader = rdl_credentials_reader_create(database->credentials);
	assert_non_null(database->reader);
}

/* A new one, open for writing and for reading; `key_file` may be NULL. */
static inline void database_begin(struct database *database, const char *key_file)
{
	memset(database, 0, sizeof(*database));
	strcpy(database->directory, "/tmp/rdline-credentials-XXXXXX");
	assert_non_null(mkdtemp(database->directory));
	database->config.directory = database->directory;
	database->config.key_file = key_file;
	/* Small, so that it must grow. */
	database->config.map_len = 64 << 10;
	database_reopen(database, true);
}

static inline void database_end(struct database *database)
{
	char command[128];

	rdl_credentials_reader_destroy(database->reader);
	rdl_credentials_close(database->credentials);
	snprintf(command, sizeof(command), "rm -r %s", database->directory);
	assert_int_equal(system(command), 0);
}

static inline struct rdl_credentials_identity psk(struct rdl_span octets)
{
	return (struct rdl_credentials_identity){ RDL_CREDENTIALS_PSK, octets };
}

static inline struct rdl_credentials_identity rpk(struct rdl_span octets)
{
	return (struct rdl_credentials_identity){ RDL_CREDENTIALS_RPK, octets };
}

/* Writes one row, which must be fine. */
static inline struct rdl_credentials_tally database_put(struct database *database,
	struct rdl_credentials_identity identity, struct rdl_span key, struct rdl_span names)
{
	struct rdl_credentials_row row = { .identity = identity, .key = key, .names = names };
	struct rdl_credentials_tally tally;

	assert_null(rdl_credentials_row_problem(&row));
	if (!rdl_credentials_put(database->credentials, &row, 1, &tally, database->problem))
		fail_msg("%s", database->problem);
	return tally;
}

static inline enum rdl_credentials_result database_remove(
	struct database *database, struct rdl_credentials_identity identity)
{
	return rdl_credentials_remove(database->credentials, identity, NULL, database->problem);
}

/* Looks up, and compares what is found. */
static inline void database_expect(struct database *database,
	struct rdl_credentials_identity identity, struct rdl_span key, struct rdl_span names)
{
	struct rdl_credential found;

	assert_int_equal(
		rdl_credentials_look_up(database->reader, identity, &found), RDL_CREDENTIALS_OK);
	assert_int_equal(found.key_len, key.len);
	assert_memory_equal(found.key, key.data, key.len);
	assert_int_equal(found.names_len, names.len);
	assert_memory_equal(found.names, names.data, names.len);
}

static inline void database_expect_none(
	struct database *database, struct rdl_credentials_identity identity)
{
	struct rdl_credential found;

	assert_int_equal(
		rdl_credentials_look_up(database->reader, identity, &found), RDL_CREDENTIALS_NONE);
}

#endif
