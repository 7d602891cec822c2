/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of a port and its gateways. */
#include "internal.h"

#include <arpa/inet.h>

/* An address of either family; IPv4 in the first four octets. */
struct address {
	bool is_ipv6;
	uint8_t octets[16];
	unsigned prefix;
};

static unsigned width(const struct address *a)
{
	return a->is_ipv6 ? 128 : 32;
}

static bool parse_plain(const char *text, struct address *a)
{
	*a = (struct address){ .is_ipv6 = strchr(text, ':') != NULL };
	return inet_pton(a->is_ipv6 ? AF_INET6 : AF_INET, text, a->octets) == 1;
}

static bool parse_with_prefix(const char *text, struct address *a)
{
	char plain[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");

	if (text[len] == '\0' || len >= sizeof(plain))
		return false;
	memcpy(plain, text, len);
	plain[len] = '\0';
	return parse_plain(plain, a) &&
	       rdl_conf_number_parse(
		       text + len + 1, strlen(text + len + 1), width(a), &a->prefix) &&
	       a->prefix > 0;
}

static bool same_network(const struct address *a, const struct address *b, unsigned prefix)
{
	unsigned whole = prefix / 8, mask = 0xff00u >> prefix % 8 & 0xff;

	return a->is_ipv6 == b->is_ipv6 && memcmp(a->octets, b->octets, whole) == 0 &&
	       (mask == 0 || ((a->octets[whole] ^ b->octets[whole]) & mask) == 0);
}

static bool is_same(const struct address *a, const struct address *b)
{
	return same_network(a, b, width(a));
}

/* All bits behind the prefix have the value of `ones`. */
static bool host_is(const struct address *a, bool ones)
{
	for (unsigned bit = a->prefix; bit < width(a); bit++)
		if ((a->octets[bit / 8] >> (7 - bit % 8) & 1) != ones)
			return false;
	return true;
}

static bool is_unicast(const struct address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zeros[15];

	if (a->is_ipv6) /* unspecified, loopback, multicast, mapped IPv4 */
		return !(memcmp(a->octets, zeros, 15) == 0 && a->octets[15] <= 1) &&
		       a->octets[0] != 0xff && memcmp(a->octets, mapped, 12) != 0;
	return a->octets[0] != 0 && a->octets[0] != 127 && a->octets[0] < 224;
}

/* Why no host can have this address, or NULL. */
static const char *unusable(const struct address *a)
{
	if (!is_unicast(a))
		return "is not a unicast address";
	/* Links of two (RFC 3021, RFC 6164) use all their addresses. */
	if (a->prefix + 1 >= width(a))
		return NULL;
	if (host_is(a, false))
		return "is the network's own address";
	if (!a->is_ipv6 && host_is(a, true))
		return "is the network's broadcast address";
	return NULL;
}

/* The addresses of a port, of both families, in one count. */
static unsigned address_count(const struct rdl_conf_port *port)
{
	return port->ipv4_count + port->ipv6_count;
}

static struct address get_address(const struct rdl_conf_port *port, unsigned i)
{
	struct address a = { .is_ipv6 = i >= port->ipv4_count };

	if (a.is_ipv6) {
		const struct rdl_conf_ipv6 *ipv6 = &port->ipv6[i - port->ipv4_count];

		a.prefix = ipv6->prefix;
		memcpy(a.octets, ipv6->address, sizeof(ipv6->address));
	} else {
		a.prefix = port->ipv4[i].prefix;
		rdl_put_be32(a.octets, port->ipv4[i].address);
	}
	return a;
}

/* Of a link alone: other links may have the same (RFC 4291 section 2.5.6). */
static bool is_link_local(const struct address *a)
{
	return a->is_ipv6 && a->octets[0] == 0xfe && (a->octets[1] & 0xc0) == 0x80;
}

static bool port_has(const struct rdl_conf_port *port, const struct address *a)
{
	for (unsigned i = 0; i < address_count(port); i++) {
		struct address own = get_address(port, i);

		if (is_same(a, &own))
			return true;
	}
	return false;
}

static bool too_many(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const struct address *a, unsigned count)
{
	if (count < RDL_CONF_ADDRESSES_MAX)
		return false;
	rdl_conf_complain(loader, setting, "is too much: at most %d of %s", RDL_CONF_ADDRESSES_MAX,
		a->is_ipv6 ? "IPv6" : "IPv4");
	return true;
}

static bool read_address(
	struct rdl_conf_loader *loader, const config_setting_t *setting, struct rdl_conf_port *port)
{
	const char *text = config_setting_get_string(setting);
	struct address a;

	if (!parse_with_prefix(text, &a)) {
		rdl_conf_complain(loader, setting,
			"\"%s\" is not an address and its prefix, as in \"192.0.2.1/24\"", text);
		return false;
	}
	const char *reason = unusable(&a);
	for (const struct rdl_conf_port *p = loader->conf->ports; p <= port && reason == NULL; p++)
		if (port_has(p, &a) && (p == port || !is_link_local(&a)))
			reason = "is there twice";
	if (reason != NULL) {
		rdl_conf_complain(loader, setting, "\"%s\" %s", text, reason);
		return false;
	}
	if (too_many(loader, setting, &a, a.is_ipv6 ? port->ipv6_count : port->ipv4_count))
		return false;
	if (a.is_ipv6) {
		struct rdl_conf_ipv6 *ipv6 = &port->ipv6[port->ipv6_count++];

		ipv6->prefix = (uint8_t)a.prefix;
		memcpy(ipv6->address, a.octets, sizeof(ipv6->address));
	} else {
		port->ipv4[port->ipv4_count++] =
			(struct rdl_conf_ipv4){ rdl_get_be32(a.octets), (uint8_t)a.prefix };
	}
	return true;
}

/* Why the port cannot reach a router at `a`, or NULL. */
static const char *unreachable(const struct rdl_conf_port *port, struct address *a)
{
	if (!is_unicast(a))
		return "is not a unicast address";
	if (port_has(port, a))
		return "is the port's own address";
	for (unsigned i = 0; i < address_count(port); i++) {
		struct address own = get_address(port, i);

		if (!same_network(a, &own, own.prefix))
			continue;
		a->prefix = own.prefix;
		return unusable(a);
	}
	return "lies in no network of the port's addresses";
}

/*
 * `complete`: all the port's addresses are good;
 * else those that are not need no second complaint.
 */
static void read_gateway(struct rdl_conf_loader *loader, const config_setting_t *setting,
	struct rdl_conf_port *port, bool complete)
{
	const char *text = config_setting_get_string(setting);
	struct address a;

	if (!parse_plain(text, &a)) {
		rdl_conf_complain(loader, setting, "\"%s\" is not an address", text);
		return;
	}
	const char *reason = complete ? unreachable(port, &a) : NULL;
	uint32_t ipv4 = rdl_get_be32(a.octets);
	for (unsigned i = 0; i < port->gateway_ipv4_count && !a.is_ipv6; i++)
		if (port->gateway_ipv4[i] == ipv4)
			reason = "is there twice";
	for (unsigned i = 0; i < port->gateway_ipv6_count && a.is_ipv6; i++)
		if (memcmp(port->gateway_ipv6[i], a.octets, 16) == 0)
			reason = "is there twice";
	if (reason != NULL) {
		rdl_conf_complain(loader, setting, "\"%s\" %s", text, reason);
		return;
	}
	if (too_many(loader, setting, &a,
		    a.is_ipv6 ? port->gateway_ipv6_count : port->gateway_ipv4_count))
		return;
	if (a.is_ipv6)
		memcpy(port->gateway_ipv6[port->gateway_ipv6_count++], a.octets, 16);
	else
		port->gateway_ipv4[port->gateway_ipv4_count++] = ipv4;
}

static bool is_string(const config_setting_t *setting)
{
	return config_setting_type(setting) == CONFIG_TYPE_STRING;
}

void rdl_conf_read_addresses(
	struct rdl_conf_loader *loader, const config_setting_t *group, struct rdl_conf_port *port)
{
	const config_setting_t *addresses = rdl_conf_member(group, "addresses", CONFIG_TYPE_ARRAY);
	const config_setting_t *gateway = rdl_conf_member(group, "gateway", CONFIG_TYPE_ARRAY);
	int count = addresses == NULL ? 0 : config_setting_length(addresses);
	bool complete = count > 0;

	if (addresses != NULL && count == 0)
		rdl_conf_complain(loader, addresses, "must have at least one address");
	for (int i = 0; i < count; i++) {
		const config_setting_t *e = config_setting_get_elem(addresses, (unsigned)i);

		complete &= is_string(e) && read_address(loader, e, port);
	}
	count = gateway == NULL ? 0 : config_setting_length(gateway);
	for (int i = 0; i < count; i++) {
		const config_setting_t *e = config_setting_get_elem(gateway, (unsigned)i);

		if (is_string(e))
			read_gateway(loader, e, port, complete);
	}
}
