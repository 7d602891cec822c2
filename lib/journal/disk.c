/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int result(int rc)
{
	return rc < 0 ? -errno : rc;
}

static int disk_open(
	void *context, const char *path, enum rdl_journal_access access, bool *buffered)
{
	static const int flags[] = { [RDL_JOURNAL_READ] = O_RDONLY,
		[RDL_JOURNAL_WRITE] = O_RDWR,
		[RDL_JOURNAL_MAKE] = O_RDWR | O_CREAT | O_TRUNC };
	int file = open(path, flags[access] | O_CLOEXEC | O_DIRECT, 0600);

	(void)context;
	*buffered = false;
	if (file >= 0 || errno != EINVAL)
		return result(file);
	/* Some know nothing but pages. What was read into them before does not count. */
	*buffered = true;
	file = open(path, flags[access] | O_CLOEXEC, 0600);
	if (file >= 0)
		posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
	return result(file);
}

static void disk_close(void *context, int file)
{
	(void)context;
	close(file);
}

static ssize_t disk_read(void *context, int file, void *octets, size_t len, uint64_t at)
{
	size_t done = 0;

	(void)context;
	while (done < len) {
		ssize_t n = pread(file, (char *)octets + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
		/* Past the end of a file that was cut anywhere, the next read is at no block. */
		if (n == 0 || n % RDL_JOURNAL_BLOCK != 0)
			break;
	}
	return (ssize_t)done;
}

static int64_t disk_length(void *context, int file)
{
	struct stat status;

	(void)context;
	return fstat(file, &status) == 0 ? (int64_t)status.st_size : -errno;
}

static int disk_write(void *context, int file, const void *octets, size_t len, uint64_t at)
{
	size_t done = 0;

	(void)context;
	while (done < len) {
		ssize_t n =
			pwrite(file, (const char *)octets + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int disk_sync(void *context, int file)
{
	(void)context;
	return result(fdatasync(file));
}

static int disk_allocate(void *context, int file, uint64_t len)
{
	(void)context;
	/* Where it is not known, writing shows whether there is room. */
	int rc = result(fallocate(file, 0, 0, (off_t)len));
	return rc == -EOPNOTSUPP || rc == -ENOSYS ? 0 : rc;
}

static int disk_make_directory(void *context, const char *path)
{
	(void)context;
	return result(mkdir(path, 0700));
}

static int disk_rename(void *context, const char *from, const char *to)
{
	(void)context;
	return result(rename(from, to));
}

static int disk_remove(void *context, const char *path)
{
	(void)context;
	return result(remove(path));
}

static int disk_sync_directory(void *context, const char *path)
{
	int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	(void)context;
	if (file < 0)
		return -errno;
	rc = result(fsync(file));
	close(file);
	return rc;
}

static int disk_list(void *context, const char *path, rdl_journal_name_fn tell, void *told)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	(void)context;
	if (directory == NULL)
		return -errno;
	errno = 0;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] != '.')
			tell(told, entry->d_name);
		errno = 0;
	}
	int rc = -errno;
	closedir(directory);
	return rc;
}

static int disk_lock(void *context, const char *path, bool make)
{
	int file = open(path, O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC, 0600), rc;

	(void)context;
	if (file < 0)
		return -errno;
	rc = result(flock(file, LOCK_EX | LOCK_NB));
	if (rc < 0) {
		close(file);
		return rc;
	}
	return file;
}

const struct rdl_journal_disk rdl_journal_disk = {
	.open = disk_open,
	.close = disk_close,
	.read = disk_read,
	.length = disk_length,
	.write = disk_write,
	.sync = disk_sync,
	.allocate = disk_allocate,
	.make_directory = disk_make_directory,
	.rename = disk_rename,
	.remove = disk_remove,
	.sync_directory = disk_sync_directory,
	.list = disk_list,
	.lock = disk_lock,
};
