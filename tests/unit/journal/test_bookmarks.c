/* SPDX-License-Identifier: BSD-3-Clause */
/* Bookmarks: what was written is there, whatever becomes of the next write. */
#include "fixture.h"

#include "bookmarks.h"

static struct rdl_journal_bookmark read_last;
static unsigned read_count, damaged_count;
static bool read_made;

static void take(void *context, const struct rdl_journal_bookmark *bookmark, bool damaged)
{
	read_last = *bookmark;
	read_count++;
	damaged_count += damaged;
}

static unsigned read_all(struct memory_disk *memory)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX] = "";

	read_count = damaged_count = 0;
	memset(&read_last, 0, sizeof(read_last));
	if (!rdl_journal_bookmarks_read(DIRECTORY, &memory->disk, take, NULL, &read_made, problem))
		fail_msg("%s", problem);
	return read_count;
}

static void begin(struct memory_disk *memory)
{
	memory_disk_begin(memory, 1);
	assert_int_equal(memory->disk.make_directory(memory, DIRECTORY), 0);
	assert_int_equal(memory->disk.sync_directory(memory, "."), 0);
	assert_int_equal(read_all(memory), 0);
	assert_true(read_made);
	assert_int_equal(read_all(memory), 0);
	assert_false(read_made);
}

static struct rdl_journal_bookmark made(const char *name)
{
	struct rdl_journal_bookmark bookmark = { .flag = false };

	strcpy(bookmark.name, name);
	return bookmark;
}

static void fill(struct rdl_journal_bookmark *bookmark, uint64_t n)
{
	bookmark->flag = n % 3 == 0;
	for (unsigned i = 0; i < RDL_JOURNAL_BOOKMARK_PARTS; i++)
		bookmark->positions[i] = n * 1000 + i;
}

static void expect(const struct rdl_journal_bookmark *want)
{
	assert_string_equal(read_last.name, want->name);
	assert_int_equal(read_last.flag, want->flag);
	assert_memory_equal(read_last.positions, want->positions, sizeof(want->positions));
}

static void written_and_removed(void **state)
{
	static struct memory_disk memory;
	struct rdl_journal_bookmark bookmark = made("billing"), other = made("b-2_X.y");

	begin(&memory);
	for (uint64_t n = 1; n < 10; n++) {
		fill(&bookmark, n);
		assert_int_equal(rdl_journal_bookmark_write(DIRECTORY, &memory.disk, &bookmark), 0);
		assert_int_equal(read_all(&memory), 1);
		assert_int_equal(damaged_count, 0);
		expect(&bookmark);
	}
	assert_int_equal(rdl_journal_bookmark_write(DIRECTORY, &memory.disk, &other), 0);
	assert_int_equal(read_all(&memory), 2);
	assert_int_equal(rdl_journal_bookmark_remove(DIRECTORY, &memory.disk, "b-2_X.y"), 0);
	assert_int_equal(rdl_journal_bookmark_remove(DIRECTORY, &memory.disk, "b-2_X.y"), 0);
	assert_int_equal(read_all(&memory), 1);
	memory_disk_end(&memory);
}

/* Power goes at any operation: what was written last is there, or what was being written. */
static void power_goes(void **state)
{
	static struct memory_disk memory;
	unsigned news = 0, olds = 0;

	for (uint64_t stops_in = 1; stops_in < 60; stops_in++) {
		for (unsigned seed = 1; seed < 20; seed++) {
			struct rdl_journal_bookmark bookmark = made("m"), before;
			uint64_t n = 0;

			begin(&memory);
			memory.random += seed * UINT64_C(0x9e3779b97f4a7c15);
			memory.stops_in = stops_in;
			do {
				before = bookmark;
				fill(&bookmark, ++n);
			} while (rdl_journal_bookmark_write(DIRECTORY, &memory.disk, &bookmark) ==
				 0);
			memory_crash(&memory);
			assert_in_range(read_all(&memory), n > 1, 1);
			if (read_count > 0) {
				bool is_new = memcmp(read_last.positions, bookmark.positions,
						      sizeof(bookmark.positions)) == 0;

				news += is_new;
				olds += !is_new;
				assert_int_equal(damaged_count, 0);
				expect(is_new ? &bookmark : &before);
			}
			memory_disk_end(&memory);
		}
	}
	print_message("# %u new, %u old\n", news, olds);
	assert_true(news > 3 && olds > 500);
}

/* Each octet of it: the one before counts, or it is said to be damaged. */
static void flipped(void **state)
{
	static struct memory_disk memory;
	struct rdl_journal_bookmark bookmark = made("m"), before;

	begin(&memory);
	fill(&bookmark, 1);
	assert_int_equal(rdl_journal_bookmark_write(DIRECTORY, &memory.disk, &bookmark), 0);
	before = bookmark;
	fill(&bookmark, 2);
	assert_int_equal(rdl_journal_bookmark_write(DIRECTORY, &memory.disk, &bookmark), 0);
	uint8_t *octets = memory_octets_of(&memory, DIRECTORY "/cursors/m");
	assert_non_null(octets);
	for (size_t i = 0; i < RDL_JOURNAL_BLOCK; i++) {
		octets[RDL_JOURNAL_BLOCK + i] ^= 0x40;
		read_all(&memory);
		expect(&before);
		octets[i] ^= 0x40;
		read_all(&memory);
		assert_int_equal(damaged_count, 1);
		assert_int_equal(read_last.positions[3], 0);
		octets[RDL_JOURNAL_BLOCK + i] ^= 0x40;
		octets[i] ^= 0x40;
	}
	read_all(&memory);
	expect(&bookmark);
	memory_disk_end(&memory);
}

static void names(void **state)
{
	static const char *const good[] = { "a", "Z9", "a.b", "-", "billing_2" };
	static const char *const bad[] = { "", ".", "..", ".a", "a/b", "a b", "\xc3\xa4", "a+",
		"a\n" };
	char longest[RDL_JOURNAL_BOOKMARK_NAME_MAX + 2];

	for (size_t i = 0; i < RDL_ARRAY_LEN(good); i++)
		assert_true(rdl_journal_bookmark_is_name(span_of(good[i])));
	for (size_t i = 0; i < RDL_ARRAY_LEN(bad); i++)
		assert_false(rdl_journal_bookmark_is_name(span_of(bad[i])));
	assert_false(rdl_journal_bookmark_is_name((struct rdl_span){ (const uint8_t *)"a\0b", 3 }));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(rdl_journal_bookmark_is_name(span_of(longest)));
	assert_true(rdl_journal_bookmark_is_name(span_of(longest + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_removed),
		cmocka_unit_test(power_goes),
		cmocka_unit_test(flipped),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
