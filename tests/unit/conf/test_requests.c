/* SPDX-License-Identifier: BSD-3-Clause */
/* The group requests: what is wrong with it, and what two of them differ in. */
#include "support.h"

#include "conf_text.h"

#define REQUESTS(more) TEST_PORT "requests = { socket = \"/r\";\n" more "};\n"

static const struct {
	const char *text, *says;
} rows[] = {
	{ REQUESTS(""), "" },
	{ REQUESTS("allow = ( { group = \"g\"; } );"), "" },
	{ REQUESTS("mode = \"0666\";"), "" },
	{ TEST_PORT "requests = { };", "2: requests lacks socket\n" },
	{ TEST_PORT "requests = { socket = \"r\"; };",
		"2: requests.socket \"r\" is not an absolute path\n" },
	{ TEST_PORT "requests = ( );", "2: requests must be a group: { ... }\n" },
	{ REQUESTS("mode = \"0640\";"),
		"3: requests.mode must be \"0600\", \"0660\" or \"0666\", not \"0640\"\n" },
	{ REQUESTS("observe_unheard = \"ignore\";"),
		"3: requests.observe_unheard must be \"acknowledge\" or \"reset\", not "
		"\"ignore\"\n" },
	{ REQUESTS("allow = ( );"), "3: requests.allow must have 1 to 64 entries, not 0\n" },
	{ REQUESTS("allow = ( \"g\" );"), "3: requests.allow[0] must be a group: { ... }\n" },
	{ REQUESTS("allow = ( { } );"), "3: requests.allow[0] lacks group\n" },
	{ REQUESTS("allow = ( { group = \"g\"; user = \"u\"; } );"),
		"3: requests.allow[0].user is not a known key\n" },
	{ REQUESTS("allow = ( { group = \"g\";\nmethods = [ ]; } );"),
		"4: requests.allow[0].methods must not be empty\n" },
	{ REQUESTS("allow = ( { group = \"g\"; paths = [ ]; } );"),
		"3: requests.allow[0].paths must not be empty\n" },
	{ REQUESTS("allow = ( { group = \"g\"; methods = [ \"GET\", \"get\", \"\" ]; } );"),
		"3: requests.allow[0].methods[1] \"get\" is none of GET, POST, PUT, DELETE, FETCH, "
		"iPATCH\n3: requests.allow[0].methods[2] must not be empty\n" },
	{ REQUESTS("allow = ( { group = \"g\"; paths = [ \"3/*\" ]; } );"),
		"3: requests.allow[0].paths[0] \"3/*\" does not begin with /\n" },
	{ REQUESTS("") "control = {\nsocket = \"/r\"; };",
		"2: requests.socket is the control socket, too\n" },
	{ REQUESTS("") "events = { socket = \"/r\"; };",
		"2: requests.socket is the events' socket, too\n" },
	{ REQUESTS("") "events = { socket = \"/e\"; };\ncontrol = { socket = \"/e\"; };",
		"5: control.socket is the events' socket, too\n" },
	{ REQUESTS("") "events = { socket = \"/e\"; }; control = { socket = \"/c\"; };", "" },
};

static void what_is_wrong(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		assert_says(rows[i].text, rows[i].says);
}

static void too_many_allowed(void **state)
{
	char text[4096] = TEST_PORT "requests = { socket = \"/r\"; allow = ( { group = \"g\"; }";

	for (unsigned i = 1; i < 65; i++)
		strcat(text, ", { group = \"g\"; }");
	strcat(text, " ); };");
	assert_says(text, "2: requests.allow must have 1 to 64 entries, not 65\n");
}

static struct rdl_conf *load(const char *text)
{
	char *printed;
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);

	assert_string_equal(printed, "");
	free(printed);
	return conf;
}

static bool differs(const char *one, const char *other)
{
	struct rdl_conf *was = load(one), *now = load(other);
	struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX];
	unsigned count = rdl_conf_changes(was, now, changes);

	if (count > 0)
		assert_string_equal(changes[0].key, "requests.allow");
	assert_true(count <= 1);
	rdl_conf_free(was);
	rdl_conf_free(now);
	return count > 0;
}

#define ALLOW(entry) REQUESTS("allow = ( " entry " );")
#define GROUP "{ group = \"g\"; methods = [ \"GET\" ]; paths = [ \"/3/*\" ]; }"

static void changes_of_allow(void **state)
{
	static const char *const others[] = {
		REQUESTS(""),
		ALLOW(GROUP ", " GROUP),
		ALLOW("{ group = \"h\"; methods = [ \"GET\" ]; paths = [ \"/3/*\" ]; }"),
		ALLOW("{ group = \"g\"; methods = [ \"PUT\" ]; paths = [ \"/3/*\" ]; }"),
		ALLOW("{ group = \"g\"; paths = [ \"/3/*\" ]; }"),
		ALLOW("{ group = \"g\"; methods = [ \"GET\" ]; paths = [ \"/4/*\" ]; }"),
		ALLOW("{ group = \"g\"; methods = [ \"GET\" ]; }"),
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(others); i++)
		assert_true(differs(ALLOW(GROUP), others[i]));
	assert_false(differs(ALLOW(GROUP), ALLOW("\n" GROUP)));
	assert_false(differs(ALLOW("{ group = \"g\"; methods = [ \"GET\", \"PUT\" ]; }"),
		ALLOW("{ methods = [ \"PUT\", \"GET\" ]; group = \"g\"; }")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong),
		cmocka_unit_test(too_many_allowed),
		cmocka_unit_test(changes_of_allow),
	};

	return RUN_TESTS(tests);
}
