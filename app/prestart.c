/* SPDX-License-Identifier: BSD-3-Clause */
#include "prestart.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_devargs.h>

#include "log.h"

/* Where EAL will put this instance's files: the same rule as its own. */
static void runtime_dir(const struct rdl_conf *conf, char *path, size_t len)
{
	const char *base = getenv("RUNTIME_DIRECTORY");

	if (base == NULL && geteuid() == 0)
		base = "/var/run";
	if (base == NULL)
		base = getenv("XDG_RUNTIME_DIR");
	if (base == NULL)
		base = "/tmp";
	snprintf(path, len, "%s/dpdk/%s", base, conf->instance);
}

int prestart_instance(const struct rdl_conf *conf)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char dir[sizeof(address.sun_path) - sizeof("/dpdk_telemetry.v2")];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int connected;

	if (fd < 0) {
		rdl_log_error("start", "cannot make a socket: %s", strerror(errno));
		return -1;
	}
	runtime_dir(conf, dir, sizeof(dir));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk_telemetry.v2", dir);
	connected = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	if (connected != 0)
		return 0;
	rdl_log_error("start", "another process serves instance \"%s\" at %s", conf->instance,
		address.sun_path);
	return -1;
}

/* The value of `key=` in "net_af_packet0,iface=eth1,qpairs=2"; false when it is not there. */
static bool device_argument(const char *device, const char *key, char *value, size_t len)
{
	size_t key_len = strlen(key);

	for (const char *p = strchr(device, ','); p != NULL; p = strchr(p + 1, ',')) {
		if (strncmp(p + 1, key, key_len) != 0 || p[1 + key_len] != '=')
			continue;
		const char *start = p + 1 + key_len + 1;
		size_t n = strcspn(start, ",");

		if (n >= len)
			return false;
		memcpy(value, start, n);
		value[n] = '\0';
		return true;
	}
	return false;
}

/* A PCI address, or a vdev of a driver that is linked in. What is wrong, EAL would say without the place in the file. */
static int check_device(const struct rdl_conf_port *port)
{
	struct rte_devargs devargs = { 0 };
	int ret = rte_devargs_parse(&devargs, port->device);

	free(devargs.data); /* rte_devargs_reset() is not of the stable ABI */
	if (ret == 0)
		return 0;
	rdl_log_error("start",
		"%s:%u: port %s: neither a PCI address nor a DPDK virtual device such as "
		"net_af_packet0,iface=eth1",
		port->where.file, port->where.line, port->device);
	return -1;
}

static int check_kernel_port(const struct rdl_conf_port *port)
{
	char name[64];
	bool is_af_packet = strncmp(port->device, "net_af_packet", 13) == 0;

	if (!is_af_packet && strncmp(port->device, "net_af_xdp", 10) != 0)
		return 0;
	if (!device_argument(port->device, "iface", name, sizeof(name))) {
		rdl_log_error("start", "%s:%u: port %s: names no iface=", port->where.file,
			port->where.line, port->device);
		return -1;
	}
	if (if_nametoindex(name) == 0) {
		rdl_log_error("start", "%s:%u: port %s: there is no network interface \"%s\"",
			port->where.file, port->where.line, port->device, name);
		return -1;
	}
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		rdl_log_error("start",
			"%s:%u: port %s: no right to open network interfaces (CAP_NET_RAW): %s",
			port->where.file, port->where.line, port->device, strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

int prestart_ports(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->port_count; i++)
		if (check_device(&conf->ports[i]) != 0 || check_kernel_port(&conf->ports[i]) != 0)
			return -1;
	return 0;
}

static uint64_t read_number(const char *dir, const char *name)
{
	char path[512];
	unsigned long long value = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

#define HUGEPAGES "/sys/kernel/mm/hugepages"

/* Hugepages that are free or may be made on demand, in MB. */
static uint64_t hugepages_mb(void)
{
	DIR *dir = opendir(HUGEPAGES);
	uint64_t mb = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		unsigned long kb;
		char path[300];

		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES "/%s", entry->d_name);
		uint64_t overcommit = read_number(path, "nr_overcommit_hugepages");
		uint64_t surplus = read_number(path, "surplus_hugepages");
		uint64_t pages = read_number(path, "free_hugepages");

		if (overcommit > surplus)
			pages += overcommit - surplus;
		mb += pages * kb / 1024;
	}
	closedir(dir);
	return mb;
}

static uint64_t available_mb(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kb = UINT64_MAX;
	char line[256];

	if (file == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
			break;
	fclose(file);
	return kb / 1024;
}

int prestart_memory(const struct rdl_conf *conf, uint64_t mb)
{
	uint64_t there = conf->memory.hugepages ? hugepages_mb() : available_mb();

	if (mb <= there)
		return 0;
	if (conf->memory.hugepages)
		rdl_log_error("start",
			"%s:%u: memory: needs %llu MB of hugepages, %llu are free: reserve them "
			"(sysctl vm.nr_hugepages=%llu), or set memory.hugepages = false",
			conf->memory.where.file, conf->memory.where.line, (unsigned long long)mb,
			(unsigned long long)there, (unsigned long long)(mb + 1) / 2);
	else
		rdl_log_error("start", "%s:%u: memory: needs %llu MB, %llu are available",
			conf->memory.where.file, conf->memory.where.line, (unsigned long long)mb,
			(unsigned long long)there);
	return -1;
}
