/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "secrets.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct two {
	uint8_t first[16];
	uint64_t second;
};

static char folder[] = "/tmp/rdl-secrets-XXXXXX", path[64];

#define SECRETS_OF(two)                                       \
	(const struct secret[])                               \
	{                                                     \
		{ (two)->first, sizeof((two)->first) },       \
		{                                             \
			&(two)->second, sizeof((two)->second) \
		}                                             \
	}

static enum secrets_result read_into(struct two *two)
{
	return secrets_read(path, SECRETS_OF(two), 2);
}

static const struct two sample = { "an octet or more", 0x1122334455667788 };

static void write_sample(void)
{
	struct two two = sample;

	assert_int_equal(secrets_write(path, SECRETS_OF(&two), 2), 0);
}

static int make_folder(void **state)
{
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/secrets", folder);
	return 0;
}

static int remove_folder(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static void what_is_written_is_read(void **state)
{
	struct two two = { { 0 }, 0 };
	struct stat status;

	unlink(path);
	assert_int_equal(read_into(&two), SECRETS_ABSENT);
	write_sample();
	assert_int_equal(read_into(&two), SECRETS_READ);
	assert_memory_equal(&two, &sample, sizeof(two));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void written_anew_it_is_another(void **state)
{
	struct two other = { "something else..", 7 }, two = { { 0 }, 0 };

	write_sample();
	assert_int_equal(secrets_write(path, SECRETS_OF(&other), 2), 0);
	assert_int_equal(read_into(&two), SECRETS_READ);
	assert_memory_equal(&two, &other, sizeof(two));
}

/* Each octet changed, each length too short, and one too long: found, and nothing is changed. */
static void damage_is_found(void **state)
{
	struct two two = sample;
	uint8_t octets[256], bad[256];
	FILE *file;

	write_sample();
	file = fopen(path, "r");
	size_t len = fread(octets, 1, sizeof(octets), file);
	fclose(file);
	assert_true(len < sizeof(octets));
	for (size_t i = 0; i < 2 * len + 1; i++) {
		memcpy(bad, octets, sizeof(bad));
		if (i < len)
			bad[i] ^= 1;
		file = fopen(path, "w");
		fwrite(bad, 1, i < len ? len : i == 2 * len ? len + 1 : i - len, file);
		fclose(file);
		assert_int_equal(read_into(&two), SECRETS_WRONG);
		assert_memory_equal(&two, &sample, sizeof(two));
	}
}

static void what_cannot_be_is_said(void **state)
{
	struct two two = sample;

	unlink(path);
	assert_int_equal(secrets_write("/proc/no/such", SECRETS_OF(&two), 2), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_into(&two), SECRETS_WRONG);
	assert_int_equal(secrets_write(path, SECRETS_OF(&two), 2), -1);
	assert_int_equal(rmdir(path), 0);
	char new[80];
	snprintf(new, sizeof(new), "%s.new", path);
	unlink(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(written_anew_it_is_another),
		cmocka_unit_test(damage_is_found),
		cmocka_unit_test(what_cannot_be_is_said),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
