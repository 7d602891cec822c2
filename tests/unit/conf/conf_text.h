/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads configurations that are given as text. */
#ifndef RDL_TEST_CONF_TEXT_H
#define RDL_TEST_CONF_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf.h"

#define TEST_PORT "ports = ( { device = \"d\"; addresses = [ \"192.0.2.1/24\" ]; } );\n"

/* Loads a file; *printed, to be freed, is what was said about it. */
static inline struct rdl_conf *load_file(const char *path, char **printed)
{
	size_t len;
	FILE *out = open_memstream(printed, &len);

	assert_non_null(out);
	struct rdl_conf *conf = rdl_conf_load(path, out);
	fclose(out);
	/* One or the other. */
	assert_int_equal(conf == NULL, len > 0);
	return conf;
}

/* The same of octets, in a file without a folder; its name is taken off the lines printed. */
static inline struct rdl_conf *load_octets(const void *data, size_t len, char **printed)
{
	char path[32];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct rdl_conf *conf = load_file(path, printed);
	close(fd);
	size_t skip = strlen(path) + 1;
	char *to = *printed;
	for (const char *from = *printed; *from != '\0';) {
		size_t line = strcspn(from, "\n") + 1;

		assert_true(line > skip);
		assert_memory_equal(from, path, skip - 1);
		memmove(to, from + skip, line - skip);
		to += line - skip;
		from += line;
	}
	*to = '\0';
	return conf;
}

/* What a text's errors are; "" when it loads. */
static inline void assert_says(const char *text, const char *expected)
{
	char *printed;
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);

	if (strcmp(printed, expected) != 0)
		print_error("in: %s\n", text);
	assert_string_equal(printed, expected);
	rdl_conf_free(conf);
	free(printed);
}

#endif
