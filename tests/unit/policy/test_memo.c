/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads that came before: the same verdicts, lists that can be held. */
#include "fixture.h"

static struct rdl_policy_memo memo;
static const struct rdl_key list_key = { 3, 4 };
static const struct rdl_location location = { .version_class = 1 };

static int fresh(void **state)
{
	memset(&memo, 0, sizeof(memo));
	rdl_policy_memo_init(&memo, 5, &list_key);
	judge_memo = &memo;
	return 0;
}

/* The place of the request's list, given back at once; 0: it was not known. */
static unsigned place_of(
	const struct rdl_policy *policy, const struct message *m, const struct rdl_location *at)
{
	struct judged judged;
	const struct rdl_request *request = &judged.request;
	unsigned place = 0;

	judge_begin(&judged, policy, m, at);
	if (request->reason == RDL_REASON_NONE && (request->gives & RDL_GIVES_OBJECTS) != 0) {
		place = rdl_policy_memo_hold(&memo, request->list.objects);
		if (place != 0) {
			assert_true(request->list.digest ==
				    rdl_object_list_digest(&list_key, request->list.objects));
			rdl_policy_memo_release(&memo, place);
		}
	}
	judge_end(&judged);
	return place;
}

static void test_same_verdict(void **state)
{
	static const struct {
		const char *queries, *payload;
		bool update, known;
	} cases[] = {
		{ "ep=a lwm2m=1.1", "</1/0>,</3/0>,</0/0>,</21/0>,</x>,</5>;ver=1.1", false, true },
		{ "ep=a", "</1/0>,</3/0>,</0/0>,</21/0>", false, true },
		{ "", "</5/6>", true, true },
		{ "", "</>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3/0>", true, true },
		{ "ep=a", "</1/0>", false, false },
		{ "ep=a", "</1/0>,", false, false },
	};
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct rdl_location *at = cases[i].update ? &location : NULL;
		struct message m;
		char words[512];

		message_post(
			&m, "rd", -1, cases[i].queries, cases[i].payload, strlen(cases[i].payload));
		judge_memo = NULL;
		snprintf(words, sizeof(words), "%s", judge_under(policy, &m, at));
		judge_memo = &memo;
		for (unsigned n = 0; n < 5; n++) {
			assert_int_equal(place_of(policy, &m, at) != 0, cases[i].known && n >= 1);
			assert_string_equal(judge_under(policy, &m, at), words);
		}
	}
	rdl_policy_destroy(policy);
}

/* Another version, operation or policy: another question. */
static void test_other_questions(void **state)
{
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);
	struct rdl_policy *other = rdl_policy_create(&config);
	struct message m, of_1_0;

	message_post(&m, "rd", -1, "ep=a lwm2m=1.1", REQUIRED, strlen(REQUIRED));
	message_post(&of_1_0, "rd", -1, "ep=a", REQUIRED, strlen(REQUIRED));
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(place_of(policy, &m, NULL) != 0, n == 2);
	assert_int_equal(place_of(policy, &of_1_0, NULL), 0);
	message_post(&of_1_0, "rd", -1, "", REQUIRED, strlen(REQUIRED));
	assert_int_equal(place_of(policy, &of_1_0, &location), 0);
	/* What another policy made is out of use, and gives way. */
	assert_int_not_equal(place_of(policy, &m, NULL), 0);
	assert_int_equal(place_of(other, &m, NULL), 0);
	assert_int_not_equal(place_of(other, &m, NULL), 0);
	assert_int_equal(place_of(policy, &m, NULL), 0);
	rdl_policy_destroy(other);
	rdl_policy_destroy(policy);
}

/* Only what lies in it, and all that does. */
static void test_hold(void **state)
{
	const size_t count = RDL_ARRAY_LEN(memo.entries);
	const struct rdl_object_list elsewhere = { .len = sizeof(elsewhere) };

	assert_int_equal(rdl_policy_memo_hold(&memo, &elsewhere), 0);
	/* What lies right before its entries, and right behind them. */
	assert_int_equal(rdl_policy_memo_hold(&memo, (const void *)&memo), 0);
	assert_int_equal(rdl_policy_memo_hold(&memo, (const void *)(&memo + 1)), 0);
	for (size_t i = 0; i < count; i++) {
		unsigned place = rdl_policy_memo_hold(&memo, &memo.entries[i].list);

		assert_int_not_equal(place, 0);
		assert_int_equal(memo.entries[i].held, 1);
		rdl_policy_memo_release(&memo, place);
		assert_int_equal(memo.entries[i].held, 0);
	}
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_same_verdict),
		TEST(test_other_questions),
		TEST(test_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
