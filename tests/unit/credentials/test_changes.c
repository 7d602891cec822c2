/* SPDX-License-Identifier: BSD-3-Clause */
/* What a gateway finds out: all credentials at its start, and what changed since. */
#include "database.h"

#define NO_NAMES ((struct rdl_span){ (const uint8_t *)"", 0 })
#define DIGEST RDL_SPAN("0123456789abcdef0123456789abcdef")

/* What was told, a word each. */
static char told[1024];
static size_t told_count;

static void add(struct rdl_span text, const char *then)
{
	size_t at = strlen(told);

	snprintf(told + at, sizeof(told) - at, "%.*s%s", (int)text.len, (const char *)text.data,
		then);
}

static void tell_change(void *context, const struct rdl_credentials_change *change)
{
	if (told_count++ > 20)
		return;
	add(change->identity.octets,
		change->identity.mode == RDL_CREDENTIALS_PSK ? ":" : " (rpk):");
	add(change->names_before, change->before ? ">" : "+");
	add(change->names_after, change->after ? " " : "gone ");
}

static void tell_credential(
	void *context, struct rdl_credentials_identity identity, struct rdl_span names)
{
	if (told_count++ > 20)
		return;
	add(identity.octets, ":");
	add(names, " ");
}

static enum rdl_credentials_result changes(struct database *database, uint64_t *position)
{
	told[0] = '\0';
	told_count = 0;
	return rdl_credentials_changes(database->reader, position, tell_change, NULL);
}

static uint64_t walk(struct database *database, struct rdl_credentials_identity prefix)
{
	uint64_t position = UINT64_MAX;

	told[0] = '\0';
	told_count = 0;
	assert_int_equal(
		rdl_credentials_walk(database->reader, prefix, tell_credential, NULL, &position),
		RDL_CREDENTIALS_OK);
	return position;
}

static void test_changes(void **state)
{
	struct rdl_credentials_identity a = psk(RDL_SPAN("a")), b = psk(RDL_SPAN("b"));
	struct database database;

	database_begin(&database, NULL);
	uint64_t position = walk(&database, psk(NO_NAMES));
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_NONE);
	database_put(&database, a, RDL_SPAN("k"), NO_NAMES);
	database_put(&database, b, RDL_SPAN("k"), RDL_SPAN("\1x"));
	/* Nothing changes; then the names, then the key only. */
	database_put(&database, b, RDL_SPAN("k"), RDL_SPAN("\1x"));
	database_put(&database, b, RDL_SPAN("k"), RDL_SPAN("\1y\1z"));
	database_put(&database, b, RDL_SPAN("l"), RDL_SPAN("\1y\1z"));
	database_put(&database, rpk(DIGEST), NO_NAMES, RDL_SPAN("\1r"));
	database_remove(&database, b);
	database_remove(&database, b);
	uint64_t start = position;
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_string_equal(told, "a:+ b:+\1x b:\1x>\1y\1z b:\1y\1z>\1y\1z "
				  "0123456789abcdef0123456789abcdef (rpk):+\1r b:\1y\1z>gone ");
	assert_int_equal(position, start + 6);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_NONE);
	database_put(&database, b, RDL_SPAN("m"), NO_NAMES);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_string_equal(told, "b:+ ");
	/* What the first one writes over lies in the page that the next ones are in. */
	const struct rdl_span names[] = { RDL_SPAN("\3aaa"), RDL_SPAN("\3bbb"), RDL_SPAN("\4aaaa"),
		RDL_SPAN("\4bbbb") };
	for (size_t i = 0; i < RDL_ARRAY_LEN(names); i += 2) {
		struct rdl_credentials_row rows[] = {
			{ .identity = a, .key = RDL_SPAN("k"), .names = names[i] },
			{ .identity = b, .key = RDL_SPAN("k"), .names = names[i + 1] }
		};
		struct rdl_credentials_tally tally;

		assert_true(rdl_credentials_put(
			database.credentials, rows, 2, &tally, database.problem));
		assert_int_equal(tally.changed, 2);
	}
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_string_equal(told, "a:>\3aaa b:>\3bbb a:\3aaa>\4aaaa b:\3bbb>\4bbbb ");
	/* A database from a backup is behind. */
	position += 100;
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_GAP);
	database_end(&database);
}

/* Who waits until somebody has followed the changes so far knows that he knows. */
static void test_removed(void **state)
{
	struct rdl_credentials_identity a = psk(RDL_SPAN("a")), b = psk(RDL_SPAN("b"));
	struct rdl_credentials_removed removed;
	struct database database;

	database_begin(&database, NULL);
	uint64_t position = walk(&database, psk(NO_NAMES));
	database_put(&database, a, RDL_SPAN("k"), RDL_SPAN("\1x\3y-*"));
	database_put(&database, b, RDL_SPAN("k"), NO_NAMES);
	assert_int_equal(
		rdl_credentials_remove(database.credentials, a, &removed, database.problem),
		RDL_CREDENTIALS_OK);
	assert_int_equal(removed.names_len, 6);
	assert_memory_equal(removed.names, "\1x\3y-*", 6);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_int_equal(removed.position, position);
	assert_int_equal(
		rdl_credentials_remove(database.credentials, b, &removed, database.problem),
		RDL_CREDENTIALS_OK);
	assert_int_equal(removed.names_len, 0);
	assert_int_equal(removed.position, position + 1);
	database_end(&database);
}

static void test_walk(void **state)
{
	struct database database;
	uint8_t longer[256] = { 0 };

	database_begin(&database, NULL);
	database_put(&database, psk(RDL_SPAN("bb")), RDL_SPAN("k"), RDL_SPAN("\1x"));
	database_put(&database, psk(RDL_SPAN("c")), RDL_SPAN("k"), NO_NAMES);
	database_put(&database, psk(RDL_SPAN("ba")), RDL_SPAN("k"), NO_NAMES);
	database_put(&database, psk(RDL_SPAN("b")), RDL_SPAN("k"), NO_NAMES);
	database_put(&database, psk(RDL_SPAN("a")), RDL_SPAN("k"), NO_NAMES);
	database_put(&database, rpk(DIGEST), NO_NAMES, RDL_SPAN("\1r"));
	database_reopen(&database, false);
	assert_int_equal(walk(&database, psk(NO_NAMES)), 6);
	assert_string_equal(told, "a: b: ba: bb:\1x c: ");
	walk(&database, psk(RDL_SPAN("b")));
	assert_string_equal(told, "b: ba: bb:\1x ");
	walk(&database, psk(RDL_SPAN("bc")));
	assert_string_equal(told, "");
	walk(&database, psk(RDL_SPAN("d")));
	assert_string_equal(told, "");
	walk(&database, rpk(RDL_SPAN("0")));
	assert_string_equal(told, "0123456789abcdef0123456789abcdef:\1r ");
	assert_int_equal(rdl_credentials_walk(database.reader,
				 psk((struct rdl_span){ longer, sizeof(longer) }), tell_credential,
				 NULL, &(uint64_t){ 0 }),
		RDL_CREDENTIALS_OK);
	database_end(&database);
}

/* Writes credentials `first` to before `end`. */
static void put_many(struct database *database, size_t first, size_t end)
{
	static char text[RDL_CREDENTIALS_CHANGES + 1][8];
	struct rdl_credentials_row *rows = calloc(end - first, sizeof(*rows));
	const struct rdl_credentials_row *repeated;
	struct rdl_credentials_tally tally;

	assert_non_null(rows);
	for (size_t i = first; i < end; i++) {
		snprintf(text[i - first], sizeof(text[0]), "%zx", i);
		rows[i - first].identity = psk(span_of(text[i - first]));
		rows[i - first].key = RDL_SPAN("k");
		rows[i - first].names = NO_NAMES;
	}
	assert_true(rdl_credentials_sort(rows, end - first, &repeated));
	assert_null(repeated);
	if (!rdl_credentials_put(
		    database->credentials, rows, end - first, &tally, database->problem))
		fail_msg("%s", database->problem);
	assert_int_equal(tally.added, end - first);
	free(rows);
}

/* As many as are remembered, and one more: in one commit, and one by one. */
static void test_gap(void **state)
{
	struct database database;
	uint64_t position = 0;

	database_begin(&database, NULL);
	put_many(&database, 0, RDL_CREDENTIALS_CHANGES);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_int_equal(told_count, RDL_CREDENTIALS_CHANGES);
	put_many(&database, 1 << 20, (1 << 20) + 1);
	position = 0;
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_GAP);
	assert_int_equal(position, 0);
	position = 1;
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_int_equal(told_count, RDL_CREDENTIALS_CHANGES);
	put_many(&database, 2 << 20, (2 << 20) + RDL_CREDENTIALS_CHANGES + 1);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_GAP);
	position = walk(&database, psk(NO_NAMES));
	assert_int_equal(told_count, 2 * RDL_CREDENTIALS_CHANGES + 2);
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_NONE);
	database_remove(&database, psk(RDL_SPAN("0")));
	assert_int_equal(changes(&database, &position), RDL_CREDENTIALS_OK);
	assert_string_equal(told, "0:>gone ");
	database_end(&database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_gap),
	};

	return RUN_TESTS(tests);
}
