/* SPDX-License-Identifier: BSD-3-Clause */
#include "octets.h"

#include <ctype.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

static size_t body_len(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = (len + page - 1) / page;

	return (pages == 0 ? 1 : pages) * page;
}

uint8_t *guard_alloc(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = body_len(len);
	uint8_t *map = mmap(NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(map != MAP_FAILED);
	CHECK(mprotect(map + page, body, PROT_READ | PROT_WRITE) == 0);
	return map + page + body - len;
}

uint8_t *guard_copy(const void *data, size_t len)
{
	uint8_t *copy = guard_alloc(len);

	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

void guard_free(uint8_t *data, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = body_len(len);

	CHECK(munmap(data + len - body - page, body + 2 * page) == 0);
}

struct memory memory_begin(size_t len)
{
	struct memory memory = { .len = len, .room = (len + 7) / 8 * 8 };

	memory.data = guard_alloc(memory.room);
	memset(memory.data, 0xa5, memory.room);
	return memory;
}

void memory_end(struct memory *memory)
{
	for (size_t i = memory->len; i < memory->room; i++)
		CHECK(memory->data[i] == 0xa5);
	guard_free(memory->data, memory->room);
}

size_t unhex(const char *hex, uint8_t *out, size_t room)
{
	size_t len = 0;
	int high = -1;

	for (; *hex != '\0'; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		CHECK(isxdigit((unsigned char)*hex));
		int digit = *hex <= '9' ? *hex - '0' : (*hex | 0x20) - 'a' + 10;
		if (high < 0) {
			high = digit;
			continue;
		}
		CHECK(len < room);
		out[len++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	CHECK(high == -1);
	return len;
}

struct rdl_span span_of(const char *text)
{
	return (struct rdl_span){ (const uint8_t *)text, strlen(text) };
}

uint64_t test_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
