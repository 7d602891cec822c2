/* SPDX-License-Identifier: BSD-3-Clause */
#include "secrets.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

/* A line to know the file by, the secrets one behind the other, a digest of all that. */
static const char head[] = "rdline secrets 1\n";
#define HEAD_LEN (sizeof(head) - 1)
#define DIGEST_LEN 16
#define SECRETS_MAX 1024 /* octets of the file */

static size_t file_len(const struct secret secrets[], size_t count)
{
	size_t len = HEAD_LEN + DIGEST_LEN;

	for (size_t i = 0; i < count; i++)
		len += secrets[i].len;
	assert(len < SECRETS_MAX);
	return len;
}

/* Tells damage, not forgery: whoever may write the file may write any secrets. */
static void digest_of(const uint8_t *octets, size_t len, uint64_t digest[2])
{
	static const struct rdl_key nobodys = { 0, 0 };

	rdl_siphash128(&nobodys, octets, len, digest);
}

static enum secrets_result wrong(const char *path, const char *why)
{
	rdl_log_error("start", "%s: %s", path, why);
	return SECRETS_WRONG;
}

/* What is wrong with a file's octets; NULL: nothing. */
static const char *fault(const uint8_t *octets, size_t len, size_t wanted)
{
	uint64_t digest[2];

	if (len < HEAD_LEN || memcmp(octets, head, HEAD_LEN) != 0)
		return "holds no secrets of this version's, and without them all locations are "
		       "lost: put it back from a copy, or begin with an empty directory";
	digest_of(octets, wanted - DIGEST_LEN, digest);
	return len != wanted || memcmp(octets + wanted - DIGEST_LEN, digest, DIGEST_LEN) != 0
		       ? "is damaged: put it back from a copy, or begin with an empty directory"
		       : NULL;
}

enum secrets_result secrets_read(const char *path, const struct secret secrets[], size_t count)
{
	uint8_t octets[SECRETS_MAX] = { 0 };
	size_t wanted = file_len(secrets, count), at = HEAD_LEN;
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return errno == ENOENT ? SECRETS_ABSENT : wrong(path, strerror(errno));
	ssize_t len = read(file, octets, sizeof(octets));
	const char *why = len < 0 ? strerror(errno) : fault(octets, (size_t)len, wanted);
	close(file);
	for (size_t i = 0; why == NULL && i < count; at += secrets[i++].len)
		memcpy(secrets[i].octets, octets + at, secrets[i].len);
	explicit_bzero(octets, sizeof(octets));
	return why == NULL ? SECRETS_READ : wrong(path, why);
}

/* The name, too, is to outlast a loss of power. */
static bool sync_folder(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = folder >= 0 && fsync(folder) == 0;
	if (folder >= 0)
		close(folder);
	return good;
}

static bool write_file(const char *path, const uint8_t *octets, size_t len)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
	/* One that a start left that was killed had whatever rights it had. */
	bool good = file >= 0 && fchmod(file, S_IRUSR | S_IWUSR) == 0 &&
		    write(file, octets, len) == (ssize_t)len && fsync(file) == 0;

	if (file >= 0)
		good = close(file) == 0 && good;
	return good;
}

/* Whole and under its name, or not there. */
static bool put_file(const char *path, const uint8_t *octets, size_t len)
{
	char new[PATH_MAX];

	snprintf(new, sizeof(new), "%s.new", path);
	return write_file(new, octets, len) && rename(new, path) == 0 && sync_folder(path);
}

int secrets_write(const char *path, const struct secret secrets[], size_t count)
{
	size_t len = file_len(secrets, count), at = HEAD_LEN;
	uint8_t octets[SECRETS_MAX];
	uint64_t digest[2];

	memcpy(octets, head, HEAD_LEN);
	for (size_t i = 0; i < count; at += secrets[i++].len)
		memcpy(octets + at, secrets[i].octets, secrets[i].len);
	digest_of(octets, at, digest);
	memcpy(octets + at, digest, DIGEST_LEN);
	bool good = put_file(path, octets, len);
	explicit_bzero(octets, sizeof(octets));
	if (!good)
		rdl_log_error("start", "%s: cannot be written: %s", path, strerror(errno));
	return good ? 0 : -1;
}

/* NULL, or what is wrong with the file. */
static const char *read_key(int file, uint8_t key[SECRETS_KEY_LEN])
{
	struct stat status;

	if (fstat(file, &status) != 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode) || status.st_size != SECRETS_KEY_LEN)
		return "is no file of 32 octets";
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "is not for its owner only: chmod 0600";
	return read(file, key, SECRETS_KEY_LEN) == SECRETS_KEY_LEN ? NULL : "cannot be read";
}

int secrets_key(const char *path, bool make, uint8_t key[SECRETS_KEY_LEN])
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (file < 0 && errno == ENOENT && make) {
		if (getrandom(key, SECRETS_KEY_LEN, 0) == SECRETS_KEY_LEN &&
			put_file(path, key, SECRETS_KEY_LEN))
			return 0;
		rdl_log_error("start", "%s: cannot be made: %s", path, strerror(errno));
		return -1;
	}
	const char *why = file < 0 ? strerror(errno) : read_key(file, key);
	if (file >= 0)
		close(file);
	if (why != NULL)
		(void)wrong(path, why);
	return why == NULL ? 0 : -1;
}
