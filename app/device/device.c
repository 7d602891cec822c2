/* SPDX-License-Identifier: BSD-3-Clause */
#include "device.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_devargs.h>

#include "log.h"
#include "nodes.h"
#include "pci.h"
#include "rights.h"

bool device_is_pci(const char *device)
{
	return isxdigit((unsigned char)device[0]) && strchr(device, ':') != NULL;
}

int device_node(const char *device)
{
	char name[64];

	if (!device_is_pci(device))
		return -1;
	pci_full_name(device, name, sizeof(name));
	return nodes_of_pci(name, &nodes_places);
}

static int complain(const struct rdl_conf_port *port, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int complain(const struct rdl_conf_port *port, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rdl_log_error("start", "%s:%u: port %s: %s", port->where.file, port->where.line,
		port->device, text);
	return -1;
}

/* ---- interfaces of the kernel ---- */

static bool is_driver(const char *device, const char *driver)
{
	return strncmp(device, driver, strlen(driver)) == 0;
}

/* The value of `key=` in "net_af_packet0,iface=eth1,qpairs=2"; false when it is not there. */
static bool argument(const char *device, const char *key, char *value, size_t len)
{
	size_t key_len = strlen(key);

	for (const char *p = strchr(device, ','); p != NULL; p = strchr(p + 1, ',')) {
		if (strncmp(p + 1, key, key_len) != 0 || p[1 + key_len] != '=')
			continue;
		const char *start = p + 1 + key_len + 1;

		snprintf(value, len, "%.*s", (int)strcspn(start, ","), start);
		return true;
	}
	return false;
}

bool device_interface(const char *device, char name[IF_NAMESIZE])
{
	static const char *const drivers[] = { "net_af_packet", "net_af_xdp", "net_pcap" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(drivers); i++)
		if (is_driver(device, drivers[i]))
			return argument(device, "iface", name, IF_NAMESIZE);
	return false;
}

static int check_interface(const struct rdl_conf_port *port)
{
	char name[64];

	if (!argument(port->device, "iface", name, sizeof(name)))
		return is_driver(port->device, "net_pcap") ? 0 : complain(port, "names no iface=");
	if (if_nametoindex(name) == 0)
		return complain(port, "there is no network interface \"%s\"", name);
	return 0;
}

static int check_rights(const struct rdl_conf_port *port)
{
	unsigned needs = 0;
	char missing[128], name[IF_NAMESIZE];

	if (is_driver(port->device, "net_af_packet"))
		needs = RIGHT_NET_RAW | RIGHT_NET_ADMIN;
	else if (is_driver(port->device, "net_af_xdp"))
		needs = RIGHT_NET_RAW | RIGHT_NET_ADMIN | RIGHT_BPF;
	else if (is_driver(port->device, "net_tap"))
		needs = RIGHT_NET_ADMIN;
	else if (device_interface(port->device, name))
		needs = RIGHT_NET_RAW;
	if (port->exception != RDL_CONF_EXCEPTION_NONE)
		needs |= RIGHT_NET_ADMIN;
	if (rights_missing(needs, missing, sizeof(missing)) == 0)
		return 0;
	return complain(port, "no right to open network interfaces so: lacks %s", missing);
}

#define VHOST "/dev/vhost-net"

static int check_exception(const struct rdl_conf_port *port)
{
	if (port->exception != RDL_CONF_EXCEPTION_VIRTIO_USER || access(VHOST, R_OK | W_OK) == 0)
		return 0;
	if (errno == EACCES)
		return complain(port, "exception: no right to open " VHOST);
	return complain(port, "exception: there is no " VHOST ": load its module (modprobe "
			      "vhost_net), or set exception = \"tap\"");
}

bool device_kernel_link(unsigned index, bool *there)
{
	struct ifreq request = { 0 };
	bool link = false;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* By number: it may have another name now, and another one may have its name. */
	*there = if_indextoname(index, request.ifr_name) != NULL || errno != ENXIO;
	if (*there && fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0)
		link = (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
	if (fd >= 0)
		close(fd);
	return link;
}

/* ---- all of them ---- */

int device_check(const struct rdl_conf_port *port, bool hugepages)
{
	struct rte_devargs devargs = { 0 };
	char why[384];
	int ret = rte_devargs_parse(&devargs, port->device);

	free(devargs.data); /* rte_devargs_reset() is not of the stable ABI */
	/* What is wrong, EAL would say without the place in the file. */
	if (ret != 0)
		return complain(port, "neither a PCI address nor a DPDK virtual device such as "
				      "net_af_packet0,iface=eth1");
	if (device_is_pci(port->device) &&
		!pci_is_ready(port->device, hugepages, &pci_places, why, sizeof(why)))
		return complain(port, "%s", why);
	if (is_driver(port->device, "net_af_packet") || is_driver(port->device, "net_af_xdp") ||
		is_driver(port->device, "net_pcap"))
		ret = check_interface(port);
	if (ret == 0)
		ret = check_rights(port);
	return ret == 0 ? check_exception(port) : ret;
}
