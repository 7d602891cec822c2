/* SPDX-License-Identifier: BSD-3-Clause */
/* PCI functions in folders of the test's own, in place of the kernel's. */
#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pci.h"

static char root[] = "/tmp/rdl-pci-XXXXXX";
static char devices[64], vfio[64], iommus[64], at[256];
static const struct pci_places places = { devices, vfio, iommus };
static bool hugepages = true;

static const char *path(const char *folder, const char *name, const char *more)
{
	snprintf(at, sizeof(at), "%s/%s%s", folder, name, more);
	return at;
}

static int put(const char *folder, const char *name)
{
	FILE *file = fopen(path(folder, name, ""), "w");

	return file != NULL ? fclose(file) : -1;
}

static void take_away(const char *folder, const char *name)
{
	assert_int_equal(unlink(path(folder, name, "")), 0);
}

/* NULL: there is none. */
static void function(const char *name, const char *driver, const char *group)
{
	char target[128];

	assert_int_equal(mkdir(path(devices, name, ""), 0755), 0);
	if (driver != NULL) {
		snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
		assert_int_equal(symlink(target, path(devices, name, "/driver")), 0);
	}
	if (group != NULL) {
		snprintf(target, sizeof(target), "../../kernel/iommu_groups/%s", group);
		assert_int_equal(symlink(target, path(devices, name, "/iommu_group")), 0);
	}
}

static void gone(const char *name)
{
	unlink(path(devices, name, "/driver"));
	unlink(path(devices, name, "/iommu_group"));
	assert_int_equal(rmdir(path(devices, name, "")), 0);
}

/* "" when it is ready. */
static const char *wrong(const char *device)
{
	static char why[384];

	why[0] = '\0';
	if (pci_is_ready(device, hugepages, &places, why, sizeof(why)))
		assert_string_equal(why, "");
	else
		assert_string_not_equal(why, "");
	return why;
}

static void names(void **state)
{
	function("0000:0a:1f.7", "vfio-pci", NULL);
	function("0001:0a:1f.7", "vfio-pci", NULL);
	assert_string_equal(wrong("0000:0a:1f.7"), "");
	assert_string_equal(wrong("0a:1f.7"), "");
	assert_string_equal(wrong("0A:1F.7"), "");
	assert_string_equal(wrong("0a:1f.7,arg=1"), "");
	/* A colon behind the comma is none of the address. */
	assert_string_equal(wrong("0a:1f.7,representor=1:2"), "");
	assert_string_equal(wrong("0001:0A:1f.7,x"), "");
	gone("0000:0a:1f.7");
	assert_string_equal(wrong("0A:1f.7,arg=1"),
		"there is no PCI device 0000:0a:1f.7 (lspci -D lists them)");
	assert_string_equal(wrong("0001:0a:1f.7"), "");
	gone("0001:0a:1f.7");
}

static void drivers(void **state)
{
	static const char *const ready[] = { "vfio-pci", "vfio-platform", "igb_uio",
		"uio_pci_generic", "mlx4_core", "mlx5_core", "mana" };
	static const char *const kernels[] = { "e1000e", "mlx5", "virtio-pci", "uio" };
	char text[256];

	function("0000:01:00.0", NULL, NULL);
	assert_string_equal(wrong("01:00.0"),
		"is bound to no driver: dpdk-devbind.py --bind=vfio-pci 0000:01:00.0 gives it to "
		"DPDK");
	gone("0000:01:00.0");
	for (size_t i = 0; i < RDL_ARRAY_LEN(ready); i++) {
		function("0000:01:00.0", ready[i], NULL);
		assert_string_equal(wrong("01:00.0"), "");
		gone("0000:01:00.0");
	}
	for (size_t i = 0; i < RDL_ARRAY_LEN(kernels); i++) {
		function("0000:01:00.0", kernels[i], NULL);
		snprintf(text, sizeof(text),
			"is the kernel's, bound to %s: dpdk-devbind.py --bind=vfio-pci "
			"0000:01:00.0 gives it to DPDK",
			kernels[i]);
		assert_string_equal(wrong("01:00.0"), text);
		gone("0000:01:00.0");
	}
}

/* Only then vfio-pci takes anything. */
static void advice(void **state)
{
	static const char *const wanted[] = {
		", once there is an IOMMU (turned on in the firmware, and for the kernel by "
		"intel_iommu=on); without one use --bind=uio_pci_generic",
		", once its module is loaded (modprobe vfio-pci)", ""
	};
	static const char *const drivers_of[] = { NULL, "e1000e" };
	char text[384];

	take_away(vfio, "vfio");
	take_away(iommus, "dmar0");
	for (size_t i = 0; i < RDL_ARRAY_LEN(wanted); i++) {
		for (size_t d = 0; d < RDL_ARRAY_LEN(drivers_of); d++) {
			function("0000:01:00.0", drivers_of[d], NULL);
			snprintf(text, sizeof(text),
				"is %s: dpdk-devbind.py --bind=vfio-pci 0000:01:00.0 gives it to "
				"DPDK%s",
				d == 0 ? "bound to no driver" : "the kernel's, bound to e1000e",
				wanted[i]);
			assert_string_equal(wrong("01:00.0"), text);
			gone("0000:01:00.0");
		}
		if (i == 0)
			assert_int_equal(put(iommus, "dmar0"), 0);
		if (i == 1)
			assert_int_equal(put(vfio, "vfio"), 0);
	}
}

static void ordinary_pages(void **state)
{
	static const char *const uio[] = { "igb_uio", "uio_pci_generic" };
	static const char *const others[] = { "vfio-pci", "mlx5_core" };
	char text[384];

	hugepages = false;
	for (size_t i = 0; i < RDL_ARRAY_LEN(uio); i++) {
		function("0000:01:00.0", uio[i], NULL);
		snprintf(text, sizeof(text),
			"is bound to %s, which does not work without hugepages: set "
			"memory.hugepages = true, or bind it to vfio-pci",
			uio[i]);
		assert_string_equal(wrong("01:00.0"), text);
		gone("0000:01:00.0");
		function("0000:01:00.0", others[i], NULL);
		assert_string_equal(wrong("01:00.0"), "");
		gone("0000:01:00.0");
	}
	hugepages = true;
}

static void rights(void **state)
{
	char text[128];

	function("0000:01:00.0", "vfio-pci", "17");
	/* One that is not there DPDK speaks of itself. */
	assert_string_equal(wrong("01:00.0"), "");
	assert_int_equal(put(vfio, "17"), 0);
	assert_int_equal(chmod(at, 0), 0);
	snprintf(text, sizeof(text), "no right to open %s/17", vfio);
	/* root has a right to all: by its real user, access(2) asks somebody else's. */
	if (geteuid() == 0)
		assert_int_equal(setreuid(65534, (uid_t)-1), 0);
	assert_string_equal(wrong("01:00.0"), text);
	gone("0000:01:00.0");
	/* Other drivers do not go by it. */
	function("0000:01:00.0", "uio_pci_generic", "17");
	assert_string_equal(wrong("01:00.0"), "");
	if (geteuid() == 0)
		assert_int_equal(setreuid(0, (uid_t)-1), 0);
	assert_int_equal(chmod(path(vfio, "17", ""), 0600), 0);
	gone("0000:01:00.0");
	function("0000:01:00.0", "vfio-pci", "17");
	assert_string_equal(wrong("01:00.0"), "");
	gone("0000:01:00.0");
	take_away(vfio, "17");
}

static int begin(void **state)
{
	if (mkdtemp(root) == NULL || chmod(root, 0755) != 0)
		return -1;
	snprintf(devices, sizeof(devices), "%s/devices", root);
	snprintf(vfio, sizeof(vfio), "%s/vfio", root);
	snprintf(iommus, sizeof(iommus), "%s/iommus", root);
	if (mkdir(devices, 0755) != 0 || mkdir(vfio, 0755) != 0 || mkdir(iommus, 0755) != 0)
		return -1;
	return put(vfio, "vfio") == 0 && put(iommus, "dmar0") == 0 ? 0 : -1;
}

static int end(void **state)
{
	take_away(vfio, "vfio");
	take_away(iommus, "dmar0");
	return rmdir(devices) == 0 && rmdir(vfio) == 0 && rmdir(iommus) == 0 ? rmdir(root) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(drivers),
		cmocka_unit_test(advice),
		cmocka_unit_test(ordinary_pages),
		cmocka_unit_test(rights),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
