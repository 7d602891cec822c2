/* SPDX-License-Identifier: BSD-3-Clause */
/* pci: a PCI function as the kernel shows it, and whether DPDK can be given it. */
#ifndef RDL_DEVICE_PCI_H
#define RDL_DEVICE_PCI_H

#include "base.h"

/* Folders: of the functions, of what opens their IOMMU groups, and of the IOMMUs. */
struct pci_places {
	const char *devices, *vfio, *iommus;
};
/* The kernel's. */
extern const struct pci_places pci_places;

/* "01:00.0,arg" as "0000:01:00.0". */
void pci_full_name(const char *device, char *name, size_t len);

/*
 * That the function of "01:00.0,arg" is there, is not the kernel's, and may be opened, with or
 * without hugepages. False with what is wrong in `why`.
 */
bool pci_is_ready(
	const char *device, bool hugepages, const struct pci_places *places, char *why, size_t len);

#endif
