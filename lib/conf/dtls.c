/* SPDX-License-Identifier: BSD-3-Clause */
/* The group dtls: its keys, and what takes more than one of them to judge. */
#include "internal.h"

#include <limits.h>

#define FIELD(field) RDL_CONF_FIELD(struct rdl_conf, dtls.field)
#define NUMBER(key, field, low, high, value)                                                    \
	{                                                                                       \
		.name = key, .kind = RDL_CONF_NUMBER, .min = low, .max = high, .preset = value, \
		FIELD(field)                                                                    \
	}
#define BOOLEAN(key, field, value)                                                   \
	{                                                                            \
		.name = key, .kind = RDL_CONF_BOOLEAN, .preset = value, FIELD(field) \
	}
#define FILE_NAME(key, field, effect)                                                         \
	{                                                                                     \
		.name = key, .kind = RDL_CONF_TEXT, .when = effect, .min = 1, .max = INT_MAX, \
		FIELD(field.path)                                                             \
	}

/* By the names that IANA has registered. */
static const struct {
	const char *name;
	bool cbc;
} suites[] = {
	{ "TLS_PSK_WITH_AES_128_CCM_8", false },
	{ "TLS_PSK_WITH_AES_128_CCM", false },
	{ "TLS_PSK_WITH_AES_128_GCM_SHA256", false },
	{ "TLS_PSK_WITH_AES_256_GCM_SHA384", false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", false },
	{ "TLS_PSK_WITH_AES_128_CBC_SHA256", true },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", true },
};

static const char *wrong_suite(const char *text)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(suites); i++)
		if (strcmp(text, suites[i].name) == 0)
			return NULL;
	return "is no cipher suite that is served";
}

static bool is_cbc(const char *text)
{
	for (size_t i = 0; text != NULL && i < RDL_ARRAY_LEN(suites); i++)
		if (suites[i].cbc && strcmp(text, suites[i].name) == 0)
			return true;
	return false;
}

const struct rdl_conf_key rdl_conf_dtls_keys[RDL_CONF_DTLS_KEYS] = {
	NUMBER("port", port, 1, 65535, 5684),
	FILE_NAME("credentials", credentials, RDL_CONF_AT_START),
	FILE_NAME("key_file", key_file, RDL_CONF_AT_START),
	FILE_NAME("certificate", certificate, RDL_CONF_AT_RELOAD),
	FILE_NAME("key", key, RDL_CONF_AT_RELOAD),
	FILE_NAME("ca", ca, RDL_CONF_AT_RELOAD),
	FILE_NAME("crl", crl, RDL_CONF_AT_RELOAD),
	{ .name = "suites",
		.kind = RDL_CONF_STRINGS,
		.min = 1,
		.max = INT_MAX,
		.wrong = wrong_suite,
		FIELD(suites) },
	BOOLEAN("cid", cid, true),
	BOOLEAN("cbc", cbc, false),
	NUMBER("cbc_sessions", cbc_sessions, 1, 1000000, 10000),
	NUMBER("sessions", sessions, 0, 4000000000, 0),
	NUMBER("session_idle_s", session_idle_s, 1, 86400, 300),
	NUMBER("handshakes", handshakes, 1, RDL_CONF_HANDSHAKES_MAX, 1),
	NUMBER("handshakes_max", handshakes_max, 0, 10000000, 0),
	NUMBER("handshake_timeout_s", handshake_timeout_s, 5, 600, 60),
	NUMBER("retransmit_ms", retransmit_ms, 100, 60000, 1000),
	NUMBER("ticket_s", ticket_s, 0, 604800, 604800),
	BOOLEAN("endpoint_from_identity", endpoint_from_identity, false),
};

static void check_needs(struct rdl_conf_loader *loader, const config_setting_t *dtls)
{
	/* Each with what it cannot do without. */
	static const char *const needs[][2] = { { "certificate", "key" }, { "certificate", "ca" },
		{ "ca", "certificate" }, { "crl", "ca" }, { "key_file", "credentials" } };
	const config_setting_t *credentials = config_setting_get_member(dtls, "credentials");
	const config_setting_t *certificate = config_setting_get_member(dtls, "certificate");

	if (credentials == NULL && certificate == NULL)
		rdl_conf_complain(loader, dtls,
			"lacks credentials, or a certificate: nobody could prove who he is");
	for (size_t i = 0; i < RDL_ARRAY_LEN(needs); i++) {
		const config_setting_t *setting = config_setting_get_member(dtls, needs[i][0]);

		if (setting != NULL && config_setting_get_member(dtls, needs[i][1]) == NULL)
			rdl_conf_complain(loader, setting, "is there without %s", needs[i][1]);
	}
}

static void check_suites(struct rdl_conf_loader *loader, const config_setting_t *dtls)
{
	const config_setting_t *array = rdl_conf_member(dtls, "suites", CONFIG_TYPE_ARRAY);
	int count = array == NULL ? 0 : config_setting_length(array);

	if (array != NULL && count == 0)
		rdl_conf_complain(loader, array, "must not be empty");
	for (int i = 1; i < count; i++) {
		const char *name = config_setting_get_string_elem(array, i);

		for (int j = 0; name != NULL && j < i; j++)
			if (strcmp(name, config_setting_get_string_elem(array, j)) == 0)
				rdl_conf_complain(loader,
					config_setting_get_elem(array, (unsigned)i),
					"\"%s\" is there twice", name);
	}
}

/* What is said of CBC must be meant: suites of that come with `cbc`, and not without. */
static void check_cbc(struct rdl_conf_loader *loader, const config_setting_t *dtls)
{
	const config_setting_t *array = rdl_conf_member(dtls, "suites", CONFIG_TYPE_ARRAY);
	const config_setting_t *sessions = config_setting_get_member(dtls, "cbc_sessions");
	int count = array == NULL ? 0 : config_setting_length(array), found = 0;
	bool cbc = loader->conf->dtls.cbc;

	for (int i = 0; i < count; i++) {
		const char *name = config_setting_get_string_elem(array, i);

		if (!is_cbc(name))
			continue;
		found++;
		if (!cbc)
			rdl_conf_complain(loader, config_setting_get_elem(array, (unsigned)i),
				"\"%s\" is there without cbc", name);
	}
	if (cbc && count > 0 && found == 0)
		rdl_conf_complain(loader, config_setting_get_member(dtls, "cbc"),
			"is true, and there is no such suite in suites");
	if (!cbc && sessions != NULL)
		rdl_conf_complain(loader, sessions, "is there without cbc");
}

/* Clear text and DTLS: one of them, or both on ports of their own. */
static void check_ports(
	struct rdl_conf_loader *loader, const config_setting_t *coap, const config_setting_t *dtls)
{
	const struct rdl_conf *conf = loader->conf;
	const config_setting_t *clear =
		coap == NULL ? NULL : config_setting_get_member(coap, "port");
	const config_setting_t *secure =
		dtls == NULL ? NULL : config_setting_get_member(dtls, "port");

	if (dtls == NULL && conf->coap.port == 0)
		rdl_conf_complain(loader, clear, "is 0, and there is no dtls");
	/* One of the two is written down: the defaults differ. */
	else if (dtls != NULL && conf->coap.port == conf->dtls.port)
		rdl_conf_complain(loader, secure != NULL ? secure : clear, "is %s, too: %u",
			secure != NULL ? "coap.port" : "dtls.port", conf->dtls.port);
}

void rdl_conf_read_dtls(struct rdl_conf_loader *loader, const config_setting_t *root)
{
	const config_setting_t *dtls = rdl_conf_member(root, "dtls", CONFIG_TYPE_GROUP);
	struct rdl_conf *conf = loader->conf;

	check_ports(loader, rdl_conf_member(root, "coap", CONFIG_TYPE_GROUP), dtls);
	if (dtls == NULL && conf->endpoints.secured.count > 0)
		rdl_conf_complain(loader,
			config_setting_get_member(
				config_setting_get_member(root, "endpoints"), "secured"),
			"is there without dtls: nobody of that name could register");
	if (dtls == NULL) {
		conf->dtls.port = 0;
		return;
	}
	conf->dtls.where = rdl_conf_where_of(loader, dtls);
	rdl_conf_find_file(loader, dtls, "credentials", &conf->dtls.credentials);
	rdl_conf_find_file(loader, dtls, "key_file", &conf->dtls.key_file);
	rdl_conf_find_file(loader, dtls, "certificate", &conf->dtls.certificate);
	rdl_conf_find_file(loader, dtls, "key", &conf->dtls.key);
	rdl_conf_find_file(loader, dtls, "ca", &conf->dtls.ca);
	rdl_conf_find_file(loader, dtls, "crl", &conf->dtls.crl);
	check_needs(loader, dtls);
	check_suites(loader, dtls);
	check_cbc(loader, dtls);
}
