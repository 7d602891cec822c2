/* SPDX-License-Identifier: BSD-3-Clause */
/* The group dtls: what one key says of another, and what follows for the ports. */
#include "support.h"

#include "conf_text.h"

#define CREDENTIALS "credentials = \"/c\"; "
#define CERTIFICATE "certificate = \"c.pem\"; key = \"k.pem\"; ca = \"ca.pem\"; "
#define TWO "[ \"TLS_PSK_WITH_AES_128_CCM_8\",\n\"TLS_PSK_WITH_AES_128_CCM_8\" ]"

#define CBC                                                                         \
	"[ \"TLS_PSK_WITH_AES_128_CCM_8\",\n\"TLS_PSK_WITH_AES_128_CBC_SHA256\",\n" \
	"\"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256\" ]"

/* Lines behind the port's, and what they get. */
static const struct {
	const char *text, *says;
} rows[] = {
	{ "dtls = { " CREDENTIALS "};", "" },
	{ "dtls = { " CERTIFICATE "};", "" },
	{ "dtls = { " CREDENTIALS CERTIFICATE "crl = \"crl.pem\"; };", "" },
	/* Raw public keys: ours has no certificate. */
	{ "dtls = { " CREDENTIALS "key = \"k.pem\"; };", "" },
	{ "dtls = { };",
		"2: dtls lacks credentials, or a certificate: nobody could prove who he is\n" },
	{ "dtls = {\nkey = \"k.pem\"; };",
		"2: dtls lacks credentials, or a certificate: nobody could prove who he is\n" },
	{ "dtls = {\ncertificate = \"c.pem\";\nkey = \"k.pem\"; };",
		"3: dtls.certificate is there without ca\n" },
	{ "dtls = {\ncertificate = \"c.pem\";\nca = \"k.pem\"; };",
		"3: dtls.certificate is there without key\n" },
	{ "dtls = { " CREDENTIALS "\nca = \"ca.pem\"; };",
		"3: dtls.ca is there without certificate\n" },
	{ "dtls = { " CREDENTIALS "key = \"k.pem\";\ncrl = \"crl.pem\"; };",
		"3: dtls.crl is there without ca\n" },
	{ "dtls = { " CERTIFICATE "\nkey_file = \"f\"; };",
		"3: dtls.key_file is there without credentials\n" },
	{ "dtls = { credentials = \"\"; };", "2: dtls.credentials must not be empty\n" },
	{ "dtls = { credentials = 5; };", "2: dtls.credentials must be a string\n" },
	{ "dtls = ( );", "2: dtls must be a group: { ... }\n" },
	{ "dtls = { " CREDENTIALS "cbx = true; };", "2: dtls.cbx is not a known key\n" },
	{ "dtls = { " CREDENTIALS "cid = 1; };", "2: dtls.cid must be true or false\n" },
	{ "dtls = { " CREDENTIALS "suites = [ ]; };", "2: dtls.suites must not be empty\n" },
	{ "dtls = { " CREDENTIALS "suites = [ 1, 1 ]; };",
		"2: dtls.suites must be an array of strings: [ \"...\", \"...\" ]\n" },
	{ "dtls = { " CREDENTIALS "suites = " TWO "; };",
		"3: dtls.suites[1] \"TLS_PSK_WITH_AES_128_CCM_8\" is there twice\n" },
	{ "dtls = { " CREDENTIALS "suites = [ \"PSK-AES128-CCM8\" ]; };",
		"2: dtls.suites[0] \"PSK-AES128-CCM8\" is no cipher suite that is served\n" },
	{ "dtls = { " CREDENTIALS "cbc = true;\nsuites = " CBC "; };", "" },
	{ "dtls = { " CREDENTIALS "cbc = true; cbc_sessions = 1; };", "" },
	{ "dtls = { " CREDENTIALS "cbc = false;\nsuites = " CBC "; };",
		"4: dtls.suites[1] \"TLS_PSK_WITH_AES_128_CBC_SHA256\" is there without cbc\n"
		"5: dtls.suites[2] \"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256\" is there without "
		"cbc\n" },
	{ "dtls = { " CREDENTIALS "suites = [ \"TLS_PSK_WITH_AES_128_CCM_8\" ];\ncbc = true; };",
		"3: dtls.cbc is true, and there is no such suite in suites\n" },
	{ "dtls = { " CREDENTIALS "\ncbc_sessions = 5; };",
		"3: dtls.cbc_sessions is there without cbc\n" },
	{ "dtls = { " CREDENTIALS "cbc = true; cbc_sessions = 0; };",
		"2: dtls.cbc_sessions must be a whole number from 1 to 1000000, not 0\n" },
	/* Clear text off, and both on one port. */
	{ "dtls = { " CREDENTIALS "}; coap = { port = 0; };", "" },
	{ "coap = {\nport = 0; };", "3: coap.port is 0, and there is no dtls\n" },
	{ "coap = {\nport = 0; };\ndtls = 5;",
		"3: coap.port is 0, and there is no dtls\n4: dtls must be a group: { ... }\n" },
	{ "coap = { port = -1; };",
		"2: coap.port must be a whole number from 0 to 65535, not -1\n" },
	{ "coap = { port = 65536; };",
		"2: coap.port must be a whole number from 0 to 65535, not 65536\n" },
	{ "dtls = { " CREDENTIALS "\nport = 5683; };", "3: dtls.port is coap.port, too: 5683\n" },
	{ "dtls = { " CREDENTIALS "};\ncoap = {\nport = 5684; };",
		"4: coap.port is dtls.port, too: 5684\n" },
	{ "dtls = { " CREDENTIALS "\nport = 7; };\ncoap = {\nport = 7; };",
		"3: dtls.port is coap.port, too: 7\n" },
	{ "endpoints = {\nsecured = [ \"x\" ]; };", "3: endpoints.secured is there without dtls: "
						    "nobody of that name could register\n" },
	{ "dtls = { " CREDENTIALS "}; endpoints = { secured = [ \"x\" ]; };", "" },
	/* That port is nobody's then. */
	{ "coap = { port = 5684; };", "" },
};

static void keys_together(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char text[1024];

		snprintf(text, sizeof(text), TEST_PORT "%s\n", rows[i].text);
		assert_says(text, rows[i].says);
	}
}

static void every_suite(void **state)
{
	static const char text[] = TEST_PORT
		"dtls = { credentials = \"/c\"; suites = [ \"TLS_PSK_WITH_AES_128_CCM_8\","
		"\"TLS_PSK_WITH_AES_128_CCM\", \"TLS_PSK_WITH_AES_128_GCM_SHA256\","
		"\"TLS_PSK_WITH_AES_256_GCM_SHA384\", \"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8\","
		"\"TLS_ECDHE_ECDSA_WITH_AES_128_CCM\","
		"\"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\","
		"\"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\" ]; };";
	char *printed;
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);

	assert_string_equal(printed, "");
	assert_int_equal(conf->dtls.suites.count, 8);
	assert_string_equal(conf->dtls.suites.items[7], "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
	rdl_conf_free(conf);
	free(printed);
}

/* With the group there are its defaults, without it there is no port. */
static void the_group(void **state)
{
	char *printed;
	struct rdl_conf *none = load_octets(TEST_PORT, strlen(TEST_PORT), &printed);

	free(printed);
	assert_int_equal(none->dtls.port, 0);
	assert_null(none->dtls.credentials.path);
	static const char text[] = TEST_PORT "dtls = { " CREDENTIALS "}; coap = { port = 0; };";
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);
	free(printed);
	assert_int_equal(conf->dtls.port, 5684);
	assert_int_equal(conf->coap.port, 0);
	assert_string_equal(conf->dtls.credentials.path, "/c");
	assert_int_equal(conf->dtls.credentials.where.line, 2);
	assert_null(conf->dtls.certificate.path);
	rdl_conf_free(conf);
	rdl_conf_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_together),
		cmocka_unit_test(every_suite),
		cmocka_unit_test(the_group),
	};

	return RUN_TESTS(tests);
}
