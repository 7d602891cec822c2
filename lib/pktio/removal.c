/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that are taken out of the machine while their ports serve. Whoever takes one out waits,
 * behind VFIO, until its port has let go of it; behind UIO it is gone at once, and DPDK puts memory
 * in the place of its registers.
 *
 * What DPDK has for this has kept its form since 2018, and is called experimental all the same.
 */
#define ALLOW_EXPERIMENTAL_API
#include "internal.h"

#include <stdio.h>
#include <unistd.h>

#include <rte_dev.h>

static void asked_to_go(const char *name, enum rte_dev_event_type event, void *self)
{
	struct rdl_pktio *pktio = self;

	if (event != RTE_DEV_EVENT_REMOVE || name == NULL)
		return;
	for (unsigned p = 0; p < pktio->port_count; p++)
		if (strcmp(pktio->ports[p].device, name) == 0)
			__atomic_fetch_or(&pktio->asked, UINT32_C(1) << p, __ATOMIC_RELAXED);
}

/* By its name: the kernel's driver leaves registers to whoever maps them, and asks nobody. */
static bool is_of_uio(const struct port *port)
{
	char path[128], target[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", port->device);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	return strstr(target, "uio") != NULL;
}

int rdl_pktio_watch(struct rdl_pktio *pktio)
{
	for (unsigned p = 0; p < pktio->port_count; p++)
		pktio->watches_uio |= pktio->ports[p].uio = is_of_uio(&pktio->ports[p]);
	int ret = rte_dev_event_callback_register(NULL, asked_to_go, pktio);
	if (ret == 0 && pktio->watches_uio)
		ret = rte_dev_event_monitor_start();
	if (ret == 0 && pktio->watches_uio)
		ret = rte_dev_hotplug_handle_enable();
	return ret;
}

void rdl_pktio_watch_no_more(struct rdl_pktio *pktio)
{
	if (pktio->watches_uio) {
		(void)rte_dev_hotplug_handle_disable();
		(void)rte_dev_event_monitor_stop();
	}
	(void)rte_dev_event_callback_unregister(NULL, asked_to_go, pktio);
}

/* Every core has been told, and has begun a round since. */
static bool is_left_alone(const struct rdl_pktio *pktio, unsigned p)
{
	for (unsigned q = 0; q < pktio->queue_count; q++)
		if ((__atomic_load_n(&pktio->queues[q].off, __ATOMIC_ACQUIRE) >> p & 1) == 0)
			return false;
	return true;
}

static void let_go(struct rdl_pktio *pktio, unsigned p)
{
	struct port *port = &pktio->ports[p];
	struct rte_eth_dev_info info = { 0 };

	/* Nobody waits for us, and a driver would, for half a minute, for registers. */
	if (rdl_pktio_is_lost(pktio, p)) {
		port->closed = true;
		return;
	}
	(void)rte_eth_dev_info_get(port->id, &info);
	rdl_pktio_close_port(port);
	/* Until this the device is held, though its port is closed. */
	if (info.device != NULL)
		(void)rte_dev_remove(info.device);
}

bool rdl_pktio_is_lost(const struct rdl_pktio *pktio, unsigned p)
{
	return pktio->ports[p].uio && rdl_pktio_is_asked(pktio, p);
}

bool rdl_pktio_has_lost(const struct rdl_pktio *pktio)
{
	for (unsigned p = 0; p < pktio->port_count; p++)
		if (rdl_pktio_is_lost(pktio, p))
			return true;
	return false;
}

bool rdl_pktio_is_asked(const struct rdl_pktio *pktio, unsigned p)
{
	return (__atomic_load_n(&pktio->asked, __ATOMIC_RELAXED) >> p & 1) != 0;
}

void rdl_pktio_let_go(struct rdl_pktio *pktio)
{
	uint32_t asked = __atomic_load_n(&pktio->asked, __ATOMIC_RELAXED);

	for (unsigned p = 0; p < pktio->port_count; p++)
		if ((asked >> p & 1) != 0 && !pktio->ports[p].closed && is_left_alone(pktio, p))
			let_go(pktio, p);
	/* Cores learn of it in their next round, this thread looks in its own. */
	__atomic_store_n(&pktio->off, asked, __ATOMIC_RELEASE);
}
