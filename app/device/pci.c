/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

const struct pci_places pci_places = { "/sys/bus/pci/devices", "/dev/vfio", "/sys/class/iommu" };

void pci_full_name(const char *device, char *name, size_t len)
{
	int n = (int)strcspn(device, ",");
	const char *colon = strchr(device, ':');
	const char *second = strchr(colon + 1, ':');
	bool full = second != NULL && second < device + n;

	snprintf(name, len, "%s%.*s", full ? "" : "0000:", n, device);
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* What a link in the function's folder points to, without its path; false when it is not there. */
static bool follow(const char *folder, const char *link, char *target, size_t len)
{
	char path[192], full[256];

	snprintf(path, sizeof(path), "%s/%s", folder, link);
	ssize_t n = readlink(path, full, sizeof(full) - 1);
	if (n < 0)
		return false;
	full[n] = '\0';
	const char *slash = strrchr(full, '/');
	slash = slash != NULL ? slash + 1 : full;
	snprintf(target, len, "%.*s", (int)len - 1, slash);
	return true;
}

/* Drivers that leave a function to user space, or share it. */
static bool leaves_it(const char *driver)
{
	static const char *const shared[] = { "igb_uio", "uio_pci_generic", "mlx4_core",
		"mlx5_core", "mana" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(shared); i++)
		if (strcmp(driver, shared[i]) == 0)
			return true;
	return strstr(driver, "vfio") != NULL;
}

/* They hand out no mappings: a NIC is told physical addresses, which only hugepages keep. */
static bool takes_physical_addresses(const char *driver)
{
	return strcmp(driver, "uio_pci_generic") == 0 || strcmp(driver, "igb_uio") == 0;
}

static bool is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	bool empty = true;

	if (dir == NULL)
		return true;
	for (struct dirent *entry; empty && (entry = readdir(dir)) != NULL;)
		empty = entry->d_name[0] == '.';
	closedir(dir);
	return empty;
}

/* How the operator gives a function to DPDK; behind what it is instead. */
static void advise(const char *name, const char *instead, const struct pci_places *places,
	char *why, size_t len)
{
	const char *first = "";

	if (is_empty(places->iommus))
		first = ", once there is an IOMMU (turned on in the firmware, and for the kernel "
			"by intel_iommu=on); without one use --bind=uio_pci_generic";
	else if (is_empty(places->vfio))
		first = ", once its module is loaded (modprobe vfio-pci)";
	snprintf(why, len, "%s: dpdk-devbind.py --bind=vfio-pci %s gives it to DPDK%s", instead,
		name, first);
}

/* Its IOMMU group may be opened. One that is not there DPDK speaks of itself. */
static bool may_open_group(
	const char *folder, const struct pci_places *places, char *why, size_t len)
{
	char group[32], path[192];

	if (!follow(folder, "iommu_group", group, sizeof(group)))
		return true;
	snprintf(path, sizeof(path), "%s/%s", places->vfio, group);
	if (access(path, R_OK | W_OK) == 0 || errno != EACCES)
		return true;
	snprintf(why, len, "no right to open %s", path);
	return false;
}

bool pci_is_ready(
	const char *device, bool hugepages, const struct pci_places *places, char *why, size_t len)
{
	char name[64], folder[128], driver[64], instead[96];

	pci_full_name(device, name, sizeof(name));
	snprintf(folder, sizeof(folder), "%s/%s", places->devices, name);
	if (access(folder, F_OK) != 0) {
		snprintf(why, len, "there is no PCI device %s (lspci -D lists them)", name);
		return false;
	}
	if (!follow(folder, "driver", driver, sizeof(driver))) {
		advise(name, "is bound to no driver", places, why, len);
		return false;
	}
	if (!leaves_it(driver)) {
		snprintf(instead, sizeof(instead), "is the kernel's, bound to %s", driver);
		advise(name, instead, places, why, len);
		return false;
	}
	if (!hugepages && takes_physical_addresses(driver)) {
		snprintf(why, len,
			"is bound to %s, which does not work without hugepages: set "
			"memory.hugepages = true, or bind it to vfio-pci",
			driver);
		return false;
	}
	return strcmp(driver, "vfio-pci") != 0 || may_open_group(folder, places, why, len);
}
