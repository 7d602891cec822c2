/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <ctype.h>
#include <limits.h>
#include <net/if.h>

static const char *const exception_words[] = {
	[RDL_CONF_EXCEPTION_NONE] = "none",
	[RDL_CONF_EXCEPTION_TAP] = "tap",
	[RDL_CONF_EXCEPTION_VIRTIO_USER] = "virtio-user",
	[RDL_CONF_EXCEPTION_VIRTIO_USER + 1] = NULL,
};

/* As the kernel has it: a file of that name appears in /sys, and % is a pattern's. */
static const char *wrong_interface(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || strchr("/:%", *p) != NULL)
			return "is no name of an interface";
	return strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ? "is no name of an interface"
								 : NULL;
}

static const struct rdl_conf_key keys[] = {
	{ .name = "device",
		.kind = RDL_CONF_TEXT,
		.required = true,
		.min = 1,
		.max = 1024,
		RDL_CONF_FIELD(struct rdl_conf_port, device) },
	{ .name = "addresses", .kind = RDL_CONF_STRINGS, .required = true, .max = INT_MAX },
	{ .name = "gateway", .kind = RDL_CONF_STRINGS, .max = INT_MAX },
	{ .name = "vlan",
		.kind = RDL_CONF_NUMBER,
		.min = 0,
		.max = 4094,
		.preset = 0,
		RDL_CONF_FIELD(struct rdl_conf_port, vlan) },
	{ .name = "mtu",
		.kind = RDL_CONF_NUMBER,
		.min = 0,
		.max = RDL_CONF_MTU_MAX,
		.preset = 0,
		RDL_CONF_FIELD(struct rdl_conf_port, mtu) },
	{ .name = "exception",
		.kind = RDL_CONF_WORD,
		.words = exception_words,
		.preset = RDL_CONF_EXCEPTION_NONE,
		RDL_CONF_FIELD(struct rdl_conf_port, exception) },
	{ .name = "exception_per_s",
		.kind = RDL_CONF_NUMBER,
		.min = 1,
		.max = 1000000,
		.preset = 10000,
		RDL_CONF_FIELD(struct rdl_conf_port, exception_per_s) },
	{ .name = "exception_interface",
		.kind = RDL_CONF_TEXT,
		.min = 1,
		.max = IFNAMSIZ - 1,
		.wrong = wrong_interface,
		RDL_CONF_FIELD(struct rdl_conf_port, exception_interface) },
};
const struct rdl_conf_group rdl_conf_port_group = RDL_CONF_GROUP_OF(keys);

/* A device is known by what stands before its arguments. */
static bool same_device(const char *a, const char *b)
{
	size_t len = strcspn(a, ",");

	return len == strcspn(b, ",") && memcmp(a, b, len) == 0;
}

/* Names the kernel's interface where the operator has not, and no two alike. */
static void read_exception(
	struct rdl_conf_loader *loader, const config_setting_t *setting, struct rdl_conf_port *port)
{
	struct rdl_conf *conf = loader->conf;
	char name[IFNAMSIZ];

	if (port->exception == RDL_CONF_EXCEPTION_NONE)
		return;
	if (port->exception_interface == NULL) {
		snprintf(name, sizeof(name), "rdline%u", conf->port_count);
		port->exception_interface = rdl_conf_copy(conf->arena, name);
	}
	for (const struct rdl_conf_port *other = conf->ports; other < port; other++)
		if (other->exception != RDL_CONF_EXCEPTION_NONE &&
			rdl_conf_same_text(other->exception_interface, port->exception_interface))
			rdl_conf_complain(loader, setting,
				"shares exception_interface \"%s\" with another port",
				port->exception_interface);
}

/* IPv6 needs so much (RFC 8200 section 5), and IPv4 takes it. */
#define MTU_MIN 1280

static void check_mtu(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const struct rdl_conf_port *port)
{
	if (port->mtu != 0 && port->mtu < MTU_MIN)
		rdl_conf_complain(loader, config_setting_get_member(setting, "mtu"),
			"must be 0, or a whole number from %d to %d, not %u", MTU_MIN,
			RDL_CONF_MTU_MAX, port->mtu);
}

static void read_port(struct rdl_conf_loader *loader, const config_setting_t *setting)
{
	struct rdl_conf *conf = loader->conf;
	struct rdl_conf_port *port = &conf->ports[conf->port_count];

	port->where = rdl_conf_source_where(loader, setting->line);
	rdl_conf_presets(loader, &rdl_conf_port_group, port);
	rdl_conf_read_group(loader, &rdl_conf_port_group, setting, port);
	rdl_conf_read_addresses(loader, setting, port);
	check_mtu(loader, setting, port);
	read_exception(loader, setting, port);
	for (unsigned i = 0; i < conf->port_count && port->device != NULL; i++) {
		const char *other = conf->ports[i].device;

		if (other == NULL || !same_device(port->device, other))
			continue;
		rdl_conf_complain(loader, config_setting_get_member(setting, "device"),
			"\"%s\" is there twice", port->device);
		break;
	}
	conf->port_count++;
}

void rdl_conf_read_ports(struct rdl_conf_loader *loader, const config_setting_t *root)
{
	const config_setting_t *list = rdl_conf_member(root, "ports", CONFIG_TYPE_LIST);
	int count = list == NULL ? 0 : config_setting_length(list);

	for (int i = 0; i < count && loader->conf->port_count < RDL_CONF_PORTS_MAX; i++) {
		const config_setting_t *port = config_setting_get_elem(list, (unsigned)i);

		if (config_setting_is_group(port))
			read_port(loader, port);
	}
	if (list != NULL)
		rdl_conf_read_rings(loader, list);
}

bool rdl_conf_has_exception(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->port_count; i++)
		if (conf->ports[i].exception != RDL_CONF_EXCEPTION_NONE)
			return true;
	return false;
}

static bool same_exception(const struct rdl_conf_port *a, const struct rdl_conf_port *b)
{
	return a->exception == b->exception && a->exception_per_s == b->exception_per_s &&
	       rdl_conf_same_text(a->exception_interface, b->exception_interface);
}

static bool same_ipv4(const struct rdl_conf_port *a, const struct rdl_conf_port *b)
{
	if (a->ipv4_count != b->ipv4_count || a->gateway_ipv4_count != b->gateway_ipv4_count)
		return false;
	for (unsigned i = 0; i < a->ipv4_count; i++)
		if (a->ipv4[i].address != b->ipv4[i].address ||
			a->ipv4[i].prefix != b->ipv4[i].prefix)
			return false;
	for (unsigned i = 0; i < a->gateway_ipv4_count; i++)
		if (a->gateway_ipv4[i] != b->gateway_ipv4[i])
			return false;
	return true;
}

static bool same_ipv6(const struct rdl_conf_port *a, const struct rdl_conf_port *b)
{
	if (a->ipv6_count != b->ipv6_count || a->gateway_ipv6_count != b->gateway_ipv6_count)
		return false;
	for (unsigned i = 0; i < a->ipv6_count; i++)
		if (memcmp(a->ipv6[i].address, b->ipv6[i].address, 16) != 0 ||
			a->ipv6[i].prefix != b->ipv6[i].prefix)
			return false;
	for (unsigned i = 0; i < a->gateway_ipv6_count; i++)
		if (memcmp(a->gateway_ipv6[i], b->gateway_ipv6[i], 16) != 0)
			return false;
	return true;
}

bool rdl_conf_same_ports(const struct rdl_conf *a, const struct rdl_conf *b)
{
	if (a->port_count != b->port_count)
		return false;
	for (unsigned i = 0; i < a->port_count; i++) {
		const struct rdl_conf_port *left = &a->ports[i], *right = &b->ports[i];

		if (!rdl_conf_same_text(left->device, right->device) || left->vlan != right->vlan ||
			left->mtu != right->mtu || !same_ipv4(left, right) ||
			!same_ipv6(left, right) || !same_exception(left, right))
			return false;
	}
	return true;
}
