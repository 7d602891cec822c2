/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands below a port's device string: a PCI function,
 * or an interface of the kernel's, with the rights to open it.
 */
#ifndef RDL_DEVICE_H
#define RDL_DEVICE_H

#include <net/if.h>

#include "conf.h"

bool device_is_pci(const char *device);

/*
 * That DPDK can be given the device: it is one, it is there, it is not the kernel's, and this
 * process may open it, with or without hugepages. Logs one line with the place in the file, and
 * returns -1, when not.
 */
int device_check(const struct rdl_conf_port *port, bool hugepages);

/* The NUMA node of a PCI function; -1: unknown, or it is none. */
int device_node(const char *device);

/* The name of the kernel's interface that the device opens; false when it opens none. */
bool device_interface(const char *device, char name[IF_NAMESIZE]);

/* Whether the kernel has a link on its interface number `index`; false in *there: it is gone. */
bool device_kernel_link(unsigned index, bool *there);

#endif
