/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of a credential, who finds it, and what it permits. */
#include "database.h"

#include <fcntl.h>

#include "internal.h"

#define KEY RDL_SPAN("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f")
#define NO_NAMES ((struct rdl_span){ (const uint8_t *)"", 0 })

static char key_file[] = "/tmp/rdline-credentials-key-XXXXXX";
/* Every test of the database runs on a plain one, and on one whose keys are sealed. */
static const char *const key_files[] = { NULL, key_file };

static void write_key_file(const char *path, int octet, size_t len, mode_t mode)
{
	uint8_t key[64];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(key, octet, sizeof(key));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, key, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void test_identities(void **state)
{
	static const uint8_t zeros[256];
	struct database database;
	uint8_t longest[255];

	memset(longest, 0xff, sizeof(longest));
	const struct rdl_span identities[] = { RDL_SPAN("a"), RDL_SPAN("urn:dev:1"),
		RDL_SPAN("urn:dev:1\0function2"), RDL_SPAN("\xff\xfe"), { zeros, 1 }, { zeros, 2 },
		{ zeros, 255 }, { longest, 255 }, { longest, 254 }, RDL_SPAN("*"),
		RDL_SPAN("state"), RDL_SPAN("%00'; drop table psk") };
	for (size_t f = 0; f < 2; f++) {
		database_begin(&database, key_files[f]);
		for (size_t i = 0; i < RDL_ARRAY_LEN(identities); i++) {
			uint8_t key[3] = { (uint8_t)i, 0, (uint8_t)i };

			database_put(&database, psk(identities[i]), (struct rdl_span){ key, 3 },
				NO_NAMES);
		}
		database_reopen(&database, false);
		for (size_t i = 0; i < RDL_ARRAY_LEN(identities); i++) {
			uint8_t key[3] = { (uint8_t)i, 0, (uint8_t)i };

			database_expect(&database, psk(identities[i]), (struct rdl_span){ key, 3 },
				NO_NAMES);
		}
		database_expect_none(&database, psk(RDL_SPAN("urn:dev:1\0")));
		database_expect_none(&database, psk(RDL_SPAN("urn:dev:")));
		database_expect_none(&database, psk((struct rdl_span){ zeros, 3 }));
		/* These have no place in LMDB. */
		database_expect_none(&database, psk((struct rdl_span){ zeros, 0 }));
		database_expect_none(&database, psk((struct rdl_span){ zeros, 256 }));
		database_expect_none(&database, psk((struct rdl_span){ zeros, 1 << 20 }));
		/* A raw key is not who has its octets for an identity. */
		database_expect_none(&database, rpk(RDL_SPAN("a")));
		database_end(&database);
	}
}

static void test_longest(void **state)
{
	struct database database;
	uint8_t key[512], names[4096], identity[255];
	size_t len = 0;

	memset(identity, 'i', sizeof(identity));
	memset(key, 'k', sizeof(key));
	while (len < sizeof(names)) {
		size_t n = sizeof(names) - len - 1 > 252 ? 252 : sizeof(names) - len - 1;

		names[len] = (uint8_t)n;
		memset(names + len + 1, 'n', n);
		len += 1 + n;
	}
	for (size_t f = 0; f < 2; f++) {
		database_begin(&database, key_files[f]);
		for (int i = 0; i < 40; i++) {
			identity[0] = (uint8_t)i;
			database_put(&database, psk((struct rdl_span){ identity, 255 }),
				(struct rdl_span){ key, 512 }, (struct rdl_span){ names, len });
		}
		database_reopen(&database, false);
		for (int i = 0; i < 40; i++) {
			identity[0] = (uint8_t)i;
			database_expect(&database, psk((struct rdl_span){ identity, 255 }),
				(struct rdl_span){ key, 512 }, (struct rdl_span){ names, len });
		}
		database_end(&database);
	}
}

static const char *problem_of(
	struct rdl_credentials_identity identity, struct rdl_span key, struct rdl_span names)
{
	struct rdl_credentials_row row = { .identity = identity, .key = key, .names = names };
	const char *problem = rdl_credentials_row_problem(&row);

	return problem != NULL ? problem : "";
}

static void test_problems(void **state)
{
	static uint8_t octets[8192];
	const struct rdl_span digest = { octets, 32 };

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = 'x';
	assert_string_equal(problem_of(psk(RDL_SPAN("a")), KEY, NO_NAMES), "");
	assert_non_null(strstr(problem_of(psk(NO_NAMES), KEY, NO_NAMES), "identity"));
	assert_non_null(strstr(
		problem_of(psk((struct rdl_span){ octets, 256 }), KEY, NO_NAMES), "identity"));
	assert_non_null(strstr(problem_of(psk(RDL_SPAN("a")), NO_NAMES, NO_NAMES), "key"));
	assert_non_null(strstr(
		problem_of(psk(RDL_SPAN("a")), (struct rdl_span){ octets, 513 }, NO_NAMES), "key"));
	assert_string_equal(problem_of(rpk(digest), NO_NAMES, RDL_SPAN("\1x")), "");
	assert_non_null(strstr(problem_of(rpk(digest), NO_NAMES, NO_NAMES), "endpoint"));
	assert_non_null(strstr(problem_of(rpk(digest), KEY, RDL_SPAN("\1x")), "SHA-256"));
	assert_non_null(
		strstr(problem_of(rpk((struct rdl_span){ octets, 31 }), NO_NAMES, RDL_SPAN("\1x")),
			"SHA-256"));
	/* Cut, empty, no UTF-8, with a NUL, too long, too many. */
	assert_non_null(strstr(problem_of(psk(RDL_SPAN("a")), KEY, RDL_SPAN("\2x")), "name"));
	assert_non_null(strstr(problem_of(psk(RDL_SPAN("a")), KEY, RDL_SPAN("\0")), "name"));
	assert_non_null(strstr(problem_of(psk(RDL_SPAN("a")), KEY, RDL_SPAN("\1\xff")), "name"));
	assert_non_null(strstr(problem_of(psk(RDL_SPAN("a")), KEY, RDL_SPAN("\1\0")), "name"));
	octets[0] = 253;
	assert_non_null(strstr(
		problem_of(psk(RDL_SPAN("a")), KEY, (struct rdl_span){ octets, 254 }), "name"));
	octets[0] = 252;
	assert_string_equal(
		problem_of(psk(RDL_SPAN("a")), KEY, (struct rdl_span){ octets, 253 }), "");
	assert_non_null(strstr(
		problem_of(psk(RDL_SPAN("a")), KEY, (struct rdl_span){ octets, 4097 }), "many"));
}

static void test_permits(void **state)
{
	struct rdl_credentials_identity device = psk(RDL_SPAN("urn:dev:1"));

	assert_true(rdl_credentials_permit(device, NO_NAMES, RDL_SPAN("urn:dev:1")));
	assert_false(rdl_credentials_permit(device, NO_NAMES, RDL_SPAN("urn:dev:11")));
	assert_false(rdl_credentials_permit(device, NO_NAMES, RDL_SPAN("urn:dev:1\0")));
	/* An identity is no pattern, whatever a device calls itself. */
	assert_false(rdl_credentials_permit(psk(RDL_SPAN("*")), NO_NAMES, RDL_SPAN("urn:dev:1")));
	/* Names take the place of the identity. */
	assert_false(rdl_credentials_permit(device, RDL_SPAN("\1a"), RDL_SPAN("urn:dev:1")));
	assert_true(rdl_credentials_permit(device, RDL_SPAN("\1a\2bc"), RDL_SPAN("bc")));
	assert_false(rdl_credentials_permit(device, RDL_SPAN("\1a\2bc"), RDL_SPAN("abc")));
	assert_true(rdl_credentials_permit(device, RDL_SPAN("\1a\4fl?*"), RDL_SPAN("fleet-7")));
	assert_false(rdl_credentials_permit(device, RDL_SPAN("\1a\4fl?*"), RDL_SPAN("fl")));
	/* A raw key's digest names nobody. */
	assert_false(rdl_credentials_permit(rpk(RDL_SPAN("d")), NO_NAMES, RDL_SPAN("d")));
	assert_true(rdl_credentials_permit(rpk(RDL_SPAN("d")), RDL_SPAN("\1e"), RDL_SPAN("e")));
	/* What is cut short is no name: all of it is inside the span. */
	uint8_t *cut = guard_copy("\3ab", 3);
	assert_false(rdl_credentials_permit(device, (struct rdl_span){ cut, 3 }, RDL_SPAN("ab")));
	guard_free(cut, 3);
}

static void test_tally(void **state)
{
	struct database database;
	struct rdl_credentials_identity a = psk(RDL_SPAN("a"));

	for (size_t f = 0; f < 2; f++) {
		database_begin(&database, key_files[f]);
		assert_int_equal(database_put(&database, a, KEY, NO_NAMES).added, 1);
		assert_int_equal(database_put(&database, a, KEY, NO_NAMES).unchanged, 1);
		assert_int_equal(database_put(&database, a, KEY, RDL_SPAN("\1b")).changed, 1);
		database_expect(&database, a, KEY, RDL_SPAN("\1b"));
		assert_int_equal(database_put(&database, a, RDL_SPAN("k"), NO_NAMES).changed, 1);
		database_expect(&database, a, RDL_SPAN("k"), NO_NAMES);
		assert_int_equal(database_remove(&database, a), RDL_CREDENTIALS_OK);
		database_expect_none(&database, a);
		assert_int_equal(database_remove(&database, a), RDL_CREDENTIALS_NONE);
		assert_int_equal(database_remove(&database, psk(NO_NAMES)), RDL_CREDENTIALS_NONE);
		database_end(&database);
	}
}

static void expect_closed(
	struct database *database, const char *directory, const char *path, const char *problem)
{
	struct rdl_credentials_config config = { .directory = directory, .key_file = path };

	for (int write = 0; write < 2; write++) {
		config.write = write;
		assert_null(rdl_credentials_open(&config, database->problem));
		if (strstr(database->problem, problem) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", problem, database->problem);
	}
}

static void close_now(struct database *database)
{
	rdl_credentials_reader_destroy(database->reader);
	rdl_credentials_close(database->credentials);
	database->reader = NULL;
	database->credentials = NULL;
}

static void test_key_files(void **state)
{
	static char other[] = "/tmp/rdline-credentials-other-XXXXXX";
	struct database database, plain;

	assert_true(mkstemp(other) >= 0);
	write_key_file(other, 2, 32, 0600);
	database_begin(&database, key_file);
	database_put(&database, psk(RDL_SPAN("a")), KEY, NO_NAMES);
	close_now(&database);
	expect_closed(&database, database.directory, other, "another key file");
	expect_closed(&database, database.directory, NULL, "sealed");
	expect_closed(&database, database.directory, "/tmp/rdline-no-such-file", "No such file");
	expect_closed(&database, database.directory, "/dev/zero", "32 octets");
	write_key_file(other, 1, 33, 0600);
	expect_closed(&database, database.directory, other, "32 octets");
	write_key_file(other, 1, 32, 0640);
	expect_closed(&database, database.directory, other, "0600");
	/* The same octets are the same key. */
	write_key_file(other, 1, 32, 0600);
	database.config.key_file = other;
	database_reopen(&database, false);
	database_expect(&database, psk(RDL_SPAN("a")), KEY, NO_NAMES);
	database_end(&database);

	database_begin(&plain, NULL);
	close_now(&plain);
	expect_closed(&plain, plain.directory, key_file, "without a key file");
	database_end(&plain);
	unlink(other);
}

/* All that a file of the database has. */
static struct rdl_span read_file(const struct database *database, uint8_t *room, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/data.mdb", database->directory);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	len = fread(room, 1, len, file);
	fclose(file);
	return (struct rdl_span){ room, len };
}

static void test_sealed(void **state)
{
	static uint8_t room[1 << 20];
	struct database database;

	for (size_t f = 0; f < 2; f++) {
		database_begin(&database, key_files[f]);
		database_put(&database, psk(RDL_SPAN("a")), KEY, NO_NAMES);
		struct rdl_span file = read_file(&database, room, sizeof(room));
		assert_int_equal(memmem(file.data, file.len, KEY.data, KEY.len) == NULL, f == 1);
		database_end(&database);
	}
}

/* Whoever can write the file, and has no key file, gets neither names nor keys to others. */
static void test_tampered(void **state)
{
	static uint8_t room[1 << 20];
	struct database database;
	struct rdl_credential found;
	char path[128];

	database_begin(&database, key_file);
	database_put(&database, psk(RDL_SPAN("device")), KEY, RDL_SPAN("\7victim1"));
	close_now(&database);
	struct rdl_span file = read_file(&database, room, sizeof(room));
	uint8_t *name = memmem(file.data, file.len, "victim1", 7);
	while (name != NULL) {
		name[6] = '2';
		name = memmem(file.data, file.len, "victim1", 7);
	}
	snprintf(path, sizeof(path), "%s/data.mdb", database.directory);
	FILE *out = fopen(path, "r+");
	assert_int_equal(fwrite(file.data, 1, file.len, out), file.len);
	fclose(out);
	database_reopen(&database, false);
	assert_int_equal(rdl_credentials_look_up(database.reader, psk(RDL_SPAN("device")), &found),
		RDL_CREDENTIALS_FAILED);
	database_end(&database);
}

/* A record of one table is none of the other: a raw key would become a PSK that is empty. */
static void test_modes(void **state)
{
	struct rdl_credentials_seal seals[2] = { { NULL }, { NULL } };
	struct rdl_credentials_row row = { .identity = rpk(
						   RDL_SPAN("01234567890123456789012345678901")),
		.key = NO_NAMES,
		.names = RDL_SPAN("\1a") };
	uint8_t room[RDL_CREDENTIALS_RECORD_MAX], key[RDL_CREDENTIALS_SEAL_KEY_LEN] = { 1 };
	struct rdl_credential found;

	assert_true(rdl_credentials_seal_init(&seals[1], key));
	for (size_t i = 0; i < 2; i++) {
		size_t len = rdl_credentials_record_pack(&seals[i], &row, room);

		assert_true(rdl_credentials_record_open(
			&seals[i], row.identity, (struct rdl_span){ room, len }, &found));
		assert_false(rdl_credentials_record_open(&seals[i], psk(row.identity.octets),
			(struct rdl_span){ room, len }, &found));
		/* Cut anywhere, it is none, or one with fewer names. */
		for (size_t n = 0; n < len; n++) {
			uint8_t *cut = guard_copy(room, n);
			bool good = rdl_credentials_record_open(
				&seals[i], row.identity, (struct rdl_span){ cut, n }, &found);

			assert_false(good && (i == 1 || n < RDL_CREDENTIALS_RECORD_HEAD));
			guard_free(cut, n);
		}
	}
	rdl_credentials_seal_fini(&seals[1]);
}

static void test_files(void **state)
{
	struct database database;
	struct stat status;
	char path[128];

	umask(0);
	database_begin(&database, NULL);
	snprintf(path, sizeof(path), "%s/data.mdb", database.directory);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	close_now(&database);
	chmod(path, 0604);
	expect_closed(&database, database.directory, NULL, "0600");
	chmod(path, 0600);
	assert_int_equal(truncate(path, 100), 0);
	expect_closed(&database, database.directory, NULL, "no database of credentials");
	database_end(&database);

	database.config.directory = "/tmp/rdline-no/such";
	assert_null(rdl_credentials_open(&database.config, database.problem));
	assert_non_null(strstr(database.problem, "/tmp/rdline-no/such: no database is there"));

	/* Without `make`, nothing is made. */
	strcpy(database.directory, "/tmp/rdline-credentials-XXXXXX");
	assert_non_null(mkdtemp(database.directory));
	expect_closed(&database, database.directory, NULL, "no database is there");
	assert_int_equal(rmdir(database.directory), 0);
}

static void test_pem(void **state)
{
	/* Its SHA-256 by `openssl pkey -pubin -outform DER | sha256sum`. */
	const struct rdl_span pem =
		RDL_SPAN("-----BEGIN PUBLIC KEY-----\n"
			 "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEetYtuxj7Os35kSBDe5zFN2Iz14Tw\n"
			 "bD6nnBysuCMHudSZW9qQT4X09KVHzoIQKPIwDzrOYnPzW7hlB39bKv88OA==\n"
			 "-----END PUBLIC KEY-----\n");
	uint8_t digest[32], expected[32];

	assert_true(rdl_credentials_digest_pem(pem, digest));
	assert_int_equal(unhex("3829533bc36f063e20ec1479af094c7a1f58f85004d3e66abf4ed03d45c90fe7",
				 expected, sizeof(expected)),
		32);
	assert_memory_equal(digest, expected, 32);
	assert_false(rdl_credentials_digest_pem((struct rdl_span){ pem.data, 60 }, digest));
	assert_false(rdl_credentials_digest_pem(NO_NAMES, digest));
	/* Well-formed PEM, but of no key. */
	assert_false(rdl_credentials_digest_pem(
		RDL_SPAN("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_key_files),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_pem),
	};

	if (mkstemp(key_file) < 0)
		return 1;
	write_key_file(key_file, 1, 32, 0600);
	int failed = RUN_TESTS(tests);
	unlink(key_file);
	return failed;
}
