/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries as lines, and directories that are whole, damaged, or none. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "entry_read.h"
#include "inspect.h"

#define GROUP_LEN (64 * 1024)

static struct inspect_log the_log;
static const struct rdl_journal_stamp stamp = { .run_ms = 5000, .wall_ms = 1700000000000 };

/* The line of an entry; NULL: it is none. */
static const char *line_of(const uint8_t *octets, size_t len)
{
	static char text[4096];
	struct rdl_journal_entry entry = {
		.position = 7, .octets = { octets, len }, .stamp = &stamp
	};
	struct rdl_cursor line = rdl_cursor(text, sizeof(text) - 1);

	if (!inspect_entry(&the_log, &entry, &line))
		return NULL;
	*line.pos = '\0';
	return text;
}

static uint8_t *put_head(uint8_t *at, enum rdl_entry_kind kind, uint8_t flags)
{
	at = rdl_entry_u8(at, (uint8_t)kind);
	at = rdl_entry_u8(at, flags);
	at = rdl_entry_u32(at, 9);
	return rdl_entry_u32(at, 3);
}

static uint8_t *put_sweep(uint8_t *at)
{
	at = rdl_entry_u8(at, RDL_ENTRY_SWEEP_BEGIN);
	at = rdl_entry_u8(at, RDL_ENTRY_FORMAT);
	at = rdl_entry_u16(at, 1);
	at = rdl_entry_u16(at, 2);
	at = rdl_entry_u64(at, 1000);
	at = rdl_entry_u32(at, 0);
	return rdl_entry_u32(at, 0);
}

static uint8_t *put_registration(uint8_t *at, const char *name)
{
	static const struct rdl_local local;

	at = put_head(at, RDL_ENTRY_REGISTRATION, RDL_ENTRY_IPV4 | RDL_ENTRY_IDENTITY);
	at = rdl_entry_u8(at, 1);
	at = rdl_entry_u8(at, (uint8_t)strlen(name));
	at = rdl_entry_u16(at, 0);
	memcpy(at, &local, sizeof(local));
	at = rdl_entry_u8(at + sizeof(local), 0);
	at = rdl_entry_u32(at, 0);
	at = rdl_entry_u32(at, 60);
	at = rdl_entry_u32(at, 34);
	at = rdl_entry_u32(at, 0);
	at = rdl_entry_u32(at, 12);
	memcpy(at, "\xc0\0\2\1", 4);
	at = rdl_entry_u16(at + 4, 5683);
	at = rdl_entry_u8(at, RDL_IDENTITY_PSK);
	at = rdl_entry_u8(at, 2);
	memcpy(at, "me", 2);
	memcpy(at + 2, name, strlen(name));
	return at + 2 + strlen(name);
}

#define PLACE "{\"run\":4,\"shard\":1,\"position\":7,\"time_ms\":1700000000000,"

static void each_kind_of_entry(void **state)
{
	uint8_t octets[512], *end;

	the_log = (struct inspect_log){ .run = 4, .shard = 1 };
	end = put_head(octets, RDL_ENTRY_ENDED, RDL_ENTRY_REMOVED);
	end = rdl_entry_u64(rdl_entry_u32(end, 1), 2);
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"ended\",\"slot\":9,\"generation\":3,\"removed\":true}");
	/* When the registry's seconds began is known from the sweep on. */
	end = rdl_entry_u32(put_head(octets, RDL_ENTRY_RENEWAL, 0), 34);
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"renewal\",\"slot\":9,\"generation\":3}");
	uint8_t sweep[64];
	assert_string_equal(line_of(sweep, (size_t)(put_sweep(sweep) - sweep)),
		PLACE "\"kind\":\"sweep_begins\",\"shard_of\":2}");
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"renewal\",\"slot\":9,\"generation\":3,\"left_s\":30}");
	end = put_registration(octets, "a\"\x1b");
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"registration\",\"slot\":9,\"generation\":3,"
		      "\"endpoint\":\"a\\\"\\u001b\",\"lwm2m_minor\":1,\"lifetime_s\":60,"
		      "\"left_s\":30,\"address\":\"192.0.2.1\",\"port\":5683,"
		      "\"identity_mode\":\"psk\",\"identity\":\"me\",\"list\":12}");
	end = rdl_entry_u32(put_head(octets, RDL_ENTRY_GENERATIONS, 0), 8);
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"generations\",\"slot\":9,\"generation\":3,\"slots\":2}");
	assert_string_equal(line_of((const uint8_t[]){ RDL_ENTRY_SWEEP_END }, 1),
		PLACE "\"kind\":\"sweep_ends\"}");
	end = rdl_entry_u64(put_head(octets, RDL_ENTRY_SESSION, 0), UINT64_C(0x100000007));
	end = rdl_entry_u32(rdl_entry_u64(end, 42), 60);
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"session\",\"slot\":9,\"generation\":3,\"records\":42}");
	(void)rdl_entry_u32(end - 4, 0);
	assert_string_equal(line_of(octets, (size_t)(end - octets)),
		PLACE "\"kind\":\"session\",\"slot\":9,\"generation\":3,\"records\":42,"
		      "\"left\":true}");
	assert_string_equal(
		line_of((const uint8_t[]){ RDL_ENTRY_OTHERS }, 1), PLACE "\"kind\":\"sealed\"}");
}

static void what_is_no_entry(void **state)
{
	uint8_t octets[512];
	size_t len = (size_t)(put_registration(octets, "name") - octets);

	assert_null(line_of(octets, 0));
	assert_null(line_of((const uint8_t[]){ 0 }, 1));
	assert_null(line_of((const uint8_t[]){ 200 }, 1));
	for (size_t i = 0; i + 4 < len; i++)
		assert_null(line_of(octets, i));
}

/* ---- directories ---- */

struct place {
	char directory[64];
	char out[4096], errors[4096];
};

/* One run of one shard: a sweep, then a registration a group. */
static void make_place(struct place *place, unsigned registrations)
{
	static struct rdl_journal_ring ring;
	struct rdl_journal_ring *rings[] = { &ring };
	struct rdl_journal_config config = {
		.shards = 1, .rings = rings, .segment_len = 4 * GROUP_LEN, .group_len = GROUP_LEN
	};
	char problem[RDL_JOURNAL_PROBLEM_MAX];
	void *octets = malloc(RDL_JOURNAL_RING_MIN);

	strcpy(place->directory, "/var/tmp/rdline-inspect-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	rdl_journal_ring_init(&ring, octets, RDL_JOURNAL_RING_MIN);
	struct rdl_journal_logs *logs =
		rdl_journal_logs_open(place->directory, true, NULL, problem);
	assert_non_null(logs);
	struct rdl_journal *journal = rdl_journal_begin(logs, &config, problem);
	assert_non_null(journal);
	for (unsigned i = 0; i <= registrations; i++) {
		char name[32];
		uint8_t *at = rdl_journal_reserve(&ring, 512), *end;

		snprintf(name, sizeof(name), "name-%u", i);
		end = i == 0 ? put_sweep(at) : put_registration(at, name);
		rdl_journal_commit(&ring, (uint32_t)(end - at), RDL_JOURNAL_PLAIN);
		rdl_journal_publish(&ring);
		assert_int_equal(rdl_journal_step(journal, 0, &stamp), RDL_JOURNAL_WROTE);
	}
	rdl_journal_close(journal);
	rdl_journal_logs_close(logs);
	free(octets);
}

static void end_place(const struct place *place)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", place->directory);
	assert_int_equal(system(command), 0);
}

static int look(struct place *place, bool verify, bool discard)
{
	struct inspect_options options = { place->directory, verify, discard };
	FILE *out = fmemopen(place->out, sizeof(place->out), "w");
	FILE *errors = fmemopen(place->errors, sizeof(place->errors), "w");

	memset(place->out, 0, sizeof(place->out));
	memset(place->errors, 0, sizeof(place->errors));
	int rc = inspect(&options, out, errors);
	fclose(out);
	fclose(errors);
	return rc;
}

static void flip(const struct place *place, off_t at)
{
	char path[128];
	uint8_t octet;

	snprintf(path, sizeof(path), "%s/run-00000001/shard-000.00000001", place->directory);
	int file = open(path, O_RDWR);
	assert_int_equal(pread(file, &octet, 1, at), 1);
	octet ^= 1;
	assert_int_equal(pwrite(file, &octet, 1, at), 1);
	close(file);
}

static void a_directory_is_shown(void **state)
{
	struct place place;

	make_place(&place, 3);
	assert_int_equal(look(&place, false, false), 0);
	assert_non_null(strstr(place.out, "\"position\":4,"));
	assert_non_null(strstr(place.out, "\"endpoint\":\"name-3\""));
	assert_string_equal(place.errors, "");
	assert_int_equal(look(&place, true, false), 0);
	assert_string_equal(place.out, "run 1, shard 0: to position 4\n");
	/* The last group, of which nobody said that it was on the disk. */
	flip(&place, 4 * 4096 + 140);
	assert_int_equal(look(&place, true, false), 0);
	assert_string_equal(place.out,
		"run 1, shard 0: to position 3; what was being written then, in segment 1 at octet "
		"16384, does not count\n");
	end_place(&place);
}

static void a_directory_is_mended(void **state)
{
	struct place place;

	make_place(&place, 5);
	flip(&place, 3 * 4096 + 140);
	flip(&place, 5 * 4096 + 140);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(look(&place, i == 1, false), 1);
		assert_non_null(strstr(place.errors, "damaged at octet 12288, position 3"));
		assert_null(strstr(place.out, "position 3"));
	}
	assert_int_equal(look(&place, false, true), 0);
	assert_string_equal(place.out, "run 1, shard 0: to position 2, where it was cut\n");
	assert_int_equal(look(&place, false, false), 0);
	assert_non_null(strstr(place.out, "name-1"));
	assert_null(strstr(place.out, "name-2"));
	end_place(&place);
}

static void what_is_no_directory(void **state)
{
	struct place place = { .directory = "/var/tmp" };

	assert_int_equal(look(&place, false, false), 1);
	assert_string_equal(
		place.errors, "rdline-state: /var/tmp/lock: No such file or directory\n");
	strcpy(place.directory, "/nowhere");
	assert_int_equal(look(&place, false, true), 1);
	assert_non_null(strstr(place.errors, "/nowhere"));
}

/* ---- sessions ---- */

static bool is_there(const struct place *place, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	return access(path, F_OK) == 0;
}

static void run_in(const struct place *place, const char *command)
{
	char line[256];

	snprintf(line, sizeof(line), "cd %s && %s", place->directory, command);
	assert_int_equal(system(line), 0);
}

static int forget(struct place *place)
{
	FILE *out = fmemopen(place->out, sizeof(place->out), "w");
	FILE *errors = fmemopen(place->errors, sizeof(place->errors), "w");

	memset(place->out, 0, sizeof(place->out));
	memset(place->errors, 0, sizeof(place->errors));
	int rc = inspect_forget_sessions(place->directory, out, errors);
	fclose(out);
	fclose(errors);
	return rc;
}

static void sessions_are_forgotten(void **state)
{
	struct place place;

	make_place(&place, 1);
	run_in(&place, "touch secrets && mkdir -p sessions/run-1 sessions/run-2 && "
		       "touch sessions/lock sessions/run-1/a sessions/run-1/b");
	/* The rest of what was interrupted. */
	run_in(&place, "mkdir -p sessions-forgotten/run-1 && touch sessions-forgotten/run-1/a");
	assert_int_equal(forget(&place), 0);
	assert_non_null(strstr(place.out, "the sessions are forgotten"));
	assert_false(is_there(&place, "sessions"));
	assert_false(is_there(&place, "sessions-forgotten"));
	/* Nothing else is. */
	assert_true(is_there(&place, "secrets"));
	assert_int_equal(look(&place, true, false), 0);
	assert_string_equal(place.out, "run 1, shard 0: to position 2\n");
	assert_int_equal(forget(&place), 0);
	assert_non_null(strstr(place.out, "there are no sessions"));
	end_place(&place);
}

/* While others have it, and where it is no state directory but, say, the sessions' own. */
static void sessions_stay(void **state)
{
	struct place place;
	char problem[RDL_JOURNAL_PROBLEM_MAX], sessions[80];

	make_place(&place, 1);
	run_in(&place, "mkdir sessions && touch sessions/lock");
	assert_int_equal(forget(&place), 1);
	assert_non_null(strstr(place.errors, "secrets"));
	run_in(&place, "touch secrets");
	snprintf(sessions, sizeof(sessions), "%s/sessions", place.directory);
	for (unsigned i = 0; i < 2; i++) {
		struct rdl_journal_logs *logs = rdl_journal_logs_open(
			i == 0 ? place.directory : sessions, false, NULL, problem);

		assert_non_null(logs);
		assert_int_equal(forget(&place), 1);
		assert_non_null(strstr(place.errors, "is in use by another rdline"));
		rdl_journal_logs_close(logs);
	}
	assert_true(is_there(&place, "sessions/lock"));
	end_place(&place);
	strcpy(place.directory, "/nowhere");
	assert_int_equal(forget(&place), 1);
	assert_non_null(strstr(place.errors, "/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_entry),
		cmocka_unit_test(what_is_no_entry),
		cmocka_unit_test(a_directory_is_shown),
		cmocka_unit_test(a_directory_is_mended),
		cmocka_unit_test(what_is_no_directory),
		cmocka_unit_test(sessions_are_forgotten),
		cmocka_unit_test(sessions_stay),
	};

	return RUN_TESTS(tests);
}
