/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk: all that a journal does with files, as a table of functions: the machine's own, and those
 * of tests, which lose what was not synced. Paths as open(2) takes them. What fails returns -errno.
 */
#ifndef RDL_JOURNAL_DISK_H
#define RDL_JOURNAL_DISK_H

#include <sys/types.h>

#include "base.h"

/* Octets, places and lengths of reads and writes are multiples of it. */
#define RDL_JOURNAL_BLOCK 4096

enum rdl_journal_access {
	RDL_JOURNAL_READ,
	RDL_JOURNAL_WRITE, /* a file that is there, to read and to write */
	RDL_JOURNAL_MAKE, /* an empty one in place of what was there */
};

typedef void (*rdl_journal_name_fn)(void *context, const char *name);

struct rdl_journal_disk {
	void *context;
	/*
	 * A handle from 0 on. What is read comes from the disk, what is written goes there, past
	 * the kernel's pages, where the file system can do that; where not, `*buffered` says so.
	 */
	int (*open)(
		void *context, const char *path, enum rdl_journal_access access, bool *buffered);
	void (*close)(void *context, int file);
	/* How many octets: fewer than asked for only at the end of the file. */
	ssize_t (*read)(void *context, int file, void *octets, size_t len, uint64_t at);
	/* Of the file, or -errno. */
	int64_t (*length)(void *context, int file);
	/* 0: all of them were written. */
	int (*write)(void *context, int file, const void *octets, size_t len, uint64_t at);
	/* 0: what was written so far outlasts a loss of power. */
	int (*sync)(void *context, int file);
	/* Room for so many octets, of a file that was made; no promise of what they are. */
	int (*allocate)(void *context, int file, uint64_t len);
	int (*make_directory)(void *context, const char *path);
	/* In the same directory, to a name that is not there. */
	int (*rename)(void *context, const char *from, const char *to);
	/* A file, or a directory without any. */
	int (*remove)(void *context, const char *path);
	/* The names in it, as they are now, outlast a loss of power. */
	int (*sync_directory)(void *context, const char *path);
	/* Tells of each name in it. */
	int (*list)(void *context, const char *path, rdl_journal_name_fn tell, void *told);
	/*
	 * A handle that keeps others out until it is closed, of a file that is made if `make` says
	 * so; -EWOULDBLOCK: another has it.
	 */
	int (*lock)(void *context, const char *path, bool make);
};

/* The machine's. */
extern const struct rdl_journal_disk rdl_journal_disk;

#endif
