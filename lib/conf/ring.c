/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rings of net_af_packet. The kernel cuts what is longer than a frame of them, and lets through
 * more than the MTU: datagrams that it has put together. Its driver copies whole frames whatever a
 * buffer holds, and finds them only where they fill their blocks. So what the operator says of them
 * is checked here, and the rest is said for him.
 */
#include "internal.h"

#include <stdio.h>
#include <unistd.h>

/* A frame of an MTU of 1500, tagged, and the 66 octets that the kernel puts before it. */
#define FRAME_MIN 1600
/* Buffers of af_xdp are a page, and all ports have the same. */
#define FRAME_MAX_BESIDE_XDP 2048
#define FRAME_ALIGNMENT 16
#define BLOCK_MAX (4u << 20)
#define FRAMES 512
#define FRAMES_MAX (1u << 20)

struct ring {
	unsigned frame, block, count; /* 0: not said */
	unsigned frame_max, page;
};

static bool is_driver(const char *device, const char *driver)
{
	return strncmp(device, driver, strlen(driver)) == 0;
}

static bool is_af_packet(const char *device)
{
	return is_driver(device, "net_af_packet") || is_driver(device, "eth_af_packet");
}

static bool is_af_xdp(const char *device)
{
	return is_driver(device, "net_af_xdp");
}

/* False after a complaint. *value stays where the key is not there. */
static bool read_argument(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *key, unsigned max, unsigned *value)
{
	const char *device = config_setting_get_string(setting);
	size_t key_len = strlen(key);

	for (const char *p = strchr(device, ','); p != NULL; p = strchr(p, ',')) {
		const char *number = ++p + key_len + 1;

		if (strncmp(p, key, key_len) != 0 || p[key_len] != '=')
			continue;
		if (*value != 0) {
			rdl_conf_complain(loader, setting, "%s= is there twice", key);
			return false;
		}
		if (!rdl_conf_number_parse(number, strcspn(number, ","), max, value) ||
			*value == 0) {
			rdl_conf_complain(
				loader, setting, "%s= must be a number from 1 to %u", key, max);
			return false;
		}
	}
	return true;
}

/* The smallest block of whole pages that frames fill. */
static unsigned block_for(unsigned frame, unsigned page)
{
	unsigned block = page;

	while (block % frame != 0)
		block += page;
	return block;
}

/* The longest frame that fills the block with others like it, or 0. */
static unsigned frame_for(unsigned block, unsigned max)
{
	unsigned frame = max;

	while (frame >= FRAME_MIN && block % frame != 0)
		frame -= FRAME_ALIGNMENT;
	return frame >= FRAME_MIN ? frame : 0;
}

/* Gives the ring what was not said. False after a complaint. */
static bool complete(
	struct rdl_conf_loader *loader, const config_setting_t *setting, struct ring *ring)
{
	if (ring->frame != 0 && (ring->frame < FRAME_MIN || ring->frame > ring->frame_max ||
					ring->frame % FRAME_ALIGNMENT != 0)) {
		rdl_conf_complain(loader, setting,
			"framesz=%u must be a multiple of %d from %d to %u, what a packet buffer "
			"holds%s",
			ring->frame, FRAME_ALIGNMENT, FRAME_MIN, ring->frame_max,
			ring->frame_max == FRAME_MAX_BESIDE_XDP ? " beside a port of af_xdp" : "");
		return false;
	}
	if (ring->block != 0 && ring->block % ring->page != 0) {
		rdl_conf_complain(loader, setting, "blocksz=%u is not a multiple of a page, %u",
			ring->block, ring->page);
		return false;
	}
	if (ring->frame == 0)
		ring->frame = ring->block == 0 ? ring->frame_max
					       : frame_for(ring->block, ring->frame_max);
	if (ring->frame == 0 || (ring->block != 0 && ring->block % ring->frame != 0)) {
		rdl_conf_complain(loader, setting, "blocksz=%u is not a multiple of framesz=%u",
			ring->block, ring->frame == 0 ? ring->frame_max : ring->frame);
		return false;
	}
	if (ring->block == 0)
		ring->block = block_for(ring->frame, ring->page);

	unsigned frames = ring->block / ring->frame;
	if (ring->count == 0)
		ring->count = frames > FRAMES ? frames : FRAMES - FRAMES % frames;
	if (ring->count % frames == 0)
		return true;
	rdl_conf_complain(loader, setting,
		"framecnt=%u is not a multiple of the %u frames of a block", ring->count, frames);
	return false;
}

static void append(char *text, size_t len, const char *key, unsigned said, unsigned value)
{
	size_t used = strlen(text);

	if (said == 0)
		snprintf(text + used, len - used, ",%s=%u", key, value);
}

static void read_ring(struct rdl_conf_loader *loader, const config_setting_t *setting,
	struct rdl_conf_port *port, unsigned frame_max)
{
	struct ring ring = { .frame_max = frame_max, .page = (unsigned)sysconf(_SC_PAGESIZE) };
	char text[64] = "";

	if (!read_argument(loader, setting, "framesz", BLOCK_MAX, &ring.frame) ||
		!read_argument(loader, setting, "blocksz", BLOCK_MAX, &ring.block) ||
		!read_argument(loader, setting, "framecnt", FRAMES_MAX, &ring.count))
		return;
	struct ring said = ring;
	if (!complete(loader, setting, &ring))
		return;
	append(text, sizeof(text), "framesz", said.frame, ring.frame);
	append(text, sizeof(text), "blocksz", said.block, ring.block);
	append(text, sizeof(text), "framecnt", said.count, ring.count);
	port->device_more = rdl_conf_copy(loader->conf->arena, text);
}

bool rdl_conf_has_af_packet(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->port_count; i++)
		if (is_af_packet(conf->ports[i].device))
			return true;
	return false;
}

void rdl_conf_read_rings(struct rdl_conf_loader *loader, const config_setting_t *ports)
{
	struct rdl_conf *conf = loader->conf;
	unsigned frame_max = RDL_CONF_FRAME_MAX, n = 0;

	for (unsigned i = 0; i < conf->port_count; i++)
		if (conf->ports[i].device != NULL && is_af_xdp(conf->ports[i].device))
			frame_max = FRAME_MAX_BESIDE_XDP;
	for (int i = 0; n < conf->port_count; i++) {
		const config_setting_t *group = config_setting_get_elem(ports, (unsigned)i);
		struct rdl_conf_port *port = &conf->ports[n];

		if (!config_setting_is_group(group))
			continue;
		n++;
		port->device_more = "";
		if (port->device != NULL && is_af_packet(port->device))
			read_ring(loader, config_setting_get_member(group, "device"), port,
				frame_max);
	}
}
