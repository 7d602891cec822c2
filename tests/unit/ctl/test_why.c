/* SPDX-License-Identifier: BSD-3-Clause */
/* What people are told of why an endpoint is not in, from a gateway's reply. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "handshake.h"
#include "stats.h"
#include "why_command.h"

/* Whatever a gateway may say, there is something to do about it. */
static void advice_for_all(void **state)
{
#define X(name, code, detail, text) assert_non_null(why_advice_refused(#name));
	RDL_REASONS(X)
#undef X
#define X(name, help) assert_non_null(why_advice_shed("drop_" #name));
	RDL_STATS_SHED(X)
#undef X
#define X(name, help) assert_non_null(why_advice_handshake(#name));
	RDL_HANDSHAKE_FAILURES(X)
#undef X
	assert_null(why_advice_refused("nothing"));
}

/* What is printed of a reply's member `why`. */
static const char *printed_of(const char *text, bool registered)
{
	static char shown[8192];
	json_t *why = json_loads(text, JSON_ALLOW_NUL, NULL);
	int standard = dup(STDOUT_FILENO);
	FILE *file = tmpfile();

	assert_true(why != NULL && standard >= 0 && file != NULL);
	setenv("TZ", "UTC", 1);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	bool is = why_print(why);
	fflush(stdout);
	dup2(standard, STDOUT_FILENO);
	close(standard);
	json_decref(why);
	rewind(file);
	shown[fread(shown, 1, sizeof(shown) - 1, file)] = '\0';
	fclose(file);
	assert_int_equal(is, registered);
	return shown;
}

static void assert_has(const char *text, const char *piece)
{
	if (strstr(text, piece) == NULL)
		fail_msg("no '%s' in '%s'", piece, text);
}

#define NOT_IN "{\"endpoint\":\"dev\",\"registration\":null,"
#define NOTHING "\"refusals\":[],\"shed\":[],\"shed_of_all\":{},\"clear_text\":true}"

static void nothing_is_known(void **state)
{
	const char *text = printed_of(NOT_IN NOTHING, false);

	assert_has(text, "dev is not registered.\n");
	assert_has(text, "Do its packets come at all?");
	text = printed_of(NOT_IN "\"refusals\":[],\"shed\":[],\"clear_text\":false,"
				 "\"shed_of_all\":{\"drop_shed_backlog\":7}}",
		false);
	assert_has(text, "  drop_shed_backlog 7\n    -> a worker does not keep up");
	assert_has(text, "Only DTLS is served");
}

static void registered(void **state)
{
	const char *text = printed_of(
		"{\"endpoint\":\"d\\u001b\",\"registration\":{\"location\":\"/rd/x\",\"version\":"
		"\"1.1\",\"lifetime\":300,\"expires_in\":120,\"address\":\"192.0.2.2\",\"port\":77,"
		"\"security\":\"psk\",\"identity\":\"me\",\"registered_at\":1700000000,"
		"\"updated_at\":1700000180},\"barred\":\"endpoint_secured\",\"barred_text\":"
		"\"no\"," NOTHING,
		true);

	assert_string_equal(text,
		"d\\x1b is registered since 2023-11-14 22:13:20, updated last 2023-11-14 22:16:20, "
		"for 120 of 300 s more,\n"
		"  from 192.0.2.2 port 77 at /rd/x, version 1.1, by psk me.\n");
}

static void barred(void **state)
{
	assert_has(printed_of(NOT_IN "\"barred\":\"endpoint_barred\",\"barred_text\":\"ep: not "
				     "allowed\"," NOTHING,
			   false),
		"It may not register at present: ep: not allowed\n    -> endpoints.deny has");
	assert_has(
		printed_of(NOT_IN "\"barred\":\"endpoint_secured\",\"barred_text\":\"no\"," NOTHING,
			false),
		"It may not register in clear text: no\n    -> a credential");
}

/* The mark stands under the octet, whatever is printed before it. */
static void refused(void **state)
{
	const char *text = printed_of(NOT_IN
		"\"refusals\":[{\"time\":1700000000.5,\"endpoint\":\"dev\",\"path\":\"/rd\","
		"\"address\":\"192.0.2.2\",\"port\":7,\"operation\":\"register\",\"code\":"
		"\"4.00\",\"reason\":\"link_syntax\",\"text\":\"at octet 9\",\"before\":"
		"\"</1\\u0007\\\\\",\"from\":\"x\\u0007\"}],\"shed\":[],\"shed_of_all\":{}}",
		false);

	assert_has(text, "Refused, the latest first:\n  2023-11-14 22:13:20 4.00 register dev from "
			 "192.0.2.2 port 7: at octet 9\n"
			 "    </1\\x07\\\\x\\x07\n"
			 "             ^\n"
			 "    -> the device's object list breaks RFC 6690");
}

static void shed_and_failed(void **state)
{
	const char *text = printed_of(NOT_IN
		"\"refusals\":[],\"shed\":[{\"time\":1700000000.0,\"reason\":"
		"\"drop_admission_rate\",\"text\":\"new Register shed\"}],\"shed_of_all\":{},"
		"\"handshakes\":[{\"time\":1700000000,\"address\":\"192.0.2.2\",\"port\":7,"
		"\"failure\":\"key\",\"text\":\"another key\",\"security\":\"psk\","
		"\"identity\":\"me\",\"may_register\":false},{\"time\":1700000000,"
		"\"address\":\"192.0.2.3\",\"port\":8,\"failure\":\"timeout\",\"text\":"
		"\"not finished\",\"may_register\":false}]}",
		false);

	assert_has(text, "Dropped in silence, the latest first:\n"
			 "  2023-11-14 22:13:20 drop_admission_rate: new Register shed\n"
			 "    -> more register than admission.registers_per_s");
	assert_has(text, "  2023-11-14 22:13:20 from 192.0.2.2 port 7 by psk me, who may not "
			 "register this endpoint: another key\n"
			 "    -> the device has another key");
	assert_has(text, "  2023-11-14 22:13:20 from 192.0.2.3 port 8: not finished\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advice_for_all),
		cmocka_unit_test(nothing_is_known),
		cmocka_unit_test(registered),
		cmocka_unit_test(barred),
		cmocka_unit_test(refused),
		cmocka_unit_test(shed_and_failed),
	};

	return RUN_TESTS(tests);
}
