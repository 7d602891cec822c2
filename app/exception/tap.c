/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

static struct ifreq request_for(const struct tap_config *config)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", config->name);
	return request;
}

/*
 * An interface that was there keeps what its last owner has set: another length of what is before
 * each frame, and work that the kernel leaves to whoever reads.
 */
static int attach(int fd, const struct tap_config *config)
{
	struct ifreq request = request_for(config);
	int head = sizeof(struct virtio_net_hdr);

	request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(fd, TUNSETIFF, &request) != 0 || ioctl(fd, TUNSETVNETHDRSZ, &head) != 0)
		return -1;
	return ioctl(fd, TUNSETOFFLOAD, 0);
}

/* NULL, or what could not be done, by `fd`, any socket. */
static const char *set_up(int fd, const struct tap_config *config)
{
	struct ifreq request = request_for(config);

	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, config->mac, 6);
	if (ioctl(fd, SIOCSIFHWADDR, &request) != 0)
		return "set the MAC of";
	request = request_for(config);
	request.ifr_mtu = config->mtu;
	if (ioctl(fd, SIOCSIFMTU, &request) != 0)
		return "set the MTU of";
	request = request_for(config);
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		return "read the state of";
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) == 0 ? NULL : "bring up";
}

int exception_tap_set_up(const struct tap_config *config, char *why, size_t len)
{
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *step = any < 0 ? "set up" : set_up(any, config);

	if (step != NULL)
		snprintf(why, len, "cannot %s the interface %s: %s", step, config->name,
			strerror(errno));
	if (any >= 0)
		close(any);
	return step == NULL ? 0 : -1;
}

int exception_tap_open(const struct tap_config *config, char *why, size_t len)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why, len, "cannot open /dev/net/tun: %s", strerror(errno));
		return -1;
	}
	if (attach(fd, config) != 0)
		snprintf(why, len, "cannot make the interface %s: %s", config->name,
			strerror(errno));
	else if (exception_tap_set_up(config, why, len) == 0)
		return fd;
	close(fd);
	return -1;
}

bool exception_tap_write(int fd, const struct rdl_foreign_frame *frame)
{
	struct virtio_net_hdr head = { 0 };
	struct iovec parts[] = { { &head, sizeof(head) }, { NULL, frame->len } };

	/* writev() only reads. */
	memcpy(&parts[1].iov_base, &frame->data, sizeof(frame->data));
	if (frame->checksum_start != 0) {
		head.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		head.csum_start = frame->checksum_start;
		head.csum_offset = frame->checksum_offset;
	}
	return writev(fd, parts, RDL_ARRAY_LEN(parts)) == (ssize_t)(sizeof(head) + frame->len);
}

int exception_tap_read(int fd, uint8_t *frame, size_t most)
{
	struct virtio_net_hdr head; /* it leaves nothing to be done */
	/* What is longer than there is room is cut in silence. */
	uint8_t more;
	const struct iovec room[] = { { &head, sizeof(head) }, { frame, most }, { &more, 1 } };
	ssize_t n = readv(fd, room, RDL_ARRAY_LEN(room));

	if (n > (ssize_t)sizeof(head))
		return (int)(n - (ssize_t)sizeof(head));
	return n >= 0 || errno == EAGAIN || errno == EINTR ? 0 : -1;
}
