/* SPDX-License-Identifier: BSD-3-Clause */
/* The thread between two workers, which are the test, and a kernel, which is a socket. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_net.h>

#include "exception.h"
#include "heard.h"
#include "tap.h"

#define HEAD sizeof(struct virtio_net_hdr) /* before each frame */
#define WORKERS 2
#define CREDIT 100
#define PORT 3 /* whose frames of the kernel's are the second worker's */

static struct rdl_conf conf = { .workers = WORKERS, .port_count = PORT + 1 };
static struct ending ending;
static struct exception exception;
static struct rdl_channel workers[WORKERS];
static void *memory[WORKERS];
static int kernel; /* the other end of the port's tap */

static int begin(void **state)
{
	const struct rdl_channel_credit frames = { { [RDL_FOREIGN_FRAME] = CREDIT } };
	const struct rdl_channel_credit kernels = exception_credit();
	const struct exception_config config = { .conf = &conf, .ending = &ending };
	int fds[2];

	ending.stage = ENDING_IS_FAR;
	exception_init(&exception, &config);
	for (unsigned w = 0; w < WORKERS; w++) {
		memory[w] = aligned_alloc(RDL_CACHE_LINE, rdl_channel_memory(&frames, &kernels));
		assert_non_null(memory[w]);
		rdl_channel_join(&workers[w], &frames, &exception.workers[w], &kernels, memory[w]);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) != 0)
		return -1;
	exception.taps[PORT] = fds[0];
	kernel = fds[1];
	return 0;
}

static int end(void **state)
{
	exception_stop(&exception);
	if (exception.taps[PORT] >= 0)
		close(exception.taps[PORT]);
	close(kernel);
	for (unsigned w = 0; w < WORKERS; w++)
		free(memory[w]);
	return 0;
}

static struct rdl_foreign_frame foreign(unsigned port, const char *octets)
{
	return (struct rdl_foreign_frame){ .kind = RDL_FOREIGN_FRAME,
		.port = (uint8_t)port,
		.len = (uint16_t)strlen(octets),
		.data = (const uint8_t *)octets };
}

static void give(unsigned worker, struct rdl_foreign_frame *frame)
{
	void *message = frame;

	rdl_channel_send(&workers[worker], &message, 1);
}

/* The next message for a worker; NULL: there is none. */
static void *taken(unsigned worker)
{
	void *message = NULL;

	return rdl_channel_take(&workers[worker], &message, 1) == 1 ? message : NULL;
}

/* The next frame of the kernel's for the second worker, or an empty one. */
static struct rdl_kernel_frame *kernels(void)
{
	static struct rdl_kernel_frame none;
	struct rdl_kernel_frame *frame = taken(1);

	return frame != NULL ? frame : &none;
}

static void give_back(unsigned worker, void *message)
{
	rdl_channel_give_back(&workers[worker], &message, 1);
}

/* Whether the kernel was sent this frame, with what is before it. */
static bool kernel_has(const struct virtio_net_hdr *head, const char *frame)
{
	char octets[64];
	ssize_t n = read(kernel, octets, sizeof(octets));

	return n == (ssize_t)(HEAD + strlen(frame)) && memcmp(octets, head, HEAD) == 0 &&
	       memcmp(octets + HEAD, frame, strlen(frame)) == 0;
}

static bool kernel_sends(const uint8_t *frame, size_t len)
{
	uint8_t octets[HEAD + RDL_KERNEL_FRAME_MAX + 1] = { 0 };

	memcpy(octets + HEAD, frame, len);
	return write(kernel, octets, HEAD + len) == (ssize_t)(HEAD + len);
}

static void test_to_the_kernel(void **state)
{
	const struct virtio_net_hdr plain = { 0 };
	const struct virtio_net_hdr unsummed = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16
	};
	struct rdl_foreign_frame one = foreign(PORT, "one"), two = foreign(PORT, "second");

	assert_false(exception_step(&exception));
	two.checksum_start = 34;
	two.checksum_offset = 16;
	give(0, &one);
	give(1, &two);
	assert_true(exception_step(&exception));
	assert_true(kernel_has(&plain, "one"));
	assert_true(kernel_has(&unsummed, "second"));
	assert_ptr_equal(taken(0), &one);
	assert_ptr_equal(taken(1), &two);
	assert_true(one.taken && two.taken);
	assert_false(exception_step(&exception));
}

/* Of a port that is not shared, and of one whose interface takes nothing. */
static void test_not_taken(void **state)
{
	struct rdl_foreign_frame frames[] = { foreign(0, "one"), foreign(PORT, "two") };

	assert_int_equal(shutdown(exception.taps[PORT], SHUT_WR), 0);
	for (unsigned i = 0; i < 2; i++) {
		frames[i].taken = true;
		give(0, &frames[i]);
	}
	exception_step(&exception);
	for (unsigned i = 0; i < 2; i++) {
		assert_ptr_equal(taken(0), &frames[i]);
		assert_false(frames[i].taken);
	}
}

static void test_from_the_kernel(void **state)
{
	uint8_t octets[RDL_KERNEL_FRAME_MAX + 1] = "12345678901234";
	struct rdl_kernel_frame *frame;

	assert_true(kernel_sends(octets, RDL_KERNEL_FRAME_MAX));
	assert_true(kernel_sends(octets, RDL_KERNEL_FRAME_MAX + 1));
	assert_true(exception_step(&exception));
	assert_null(taken(0));
	frame = kernels();
	assert_int_equal(frame->kind, RDL_KERNEL_FRAME);
	assert_int_equal(frame->port, PORT);
	assert_int_equal(frame->len, RDL_KERNEL_FRAME_MAX);
	assert_memory_equal(frame->octets, octets, RDL_KERNEL_FRAME_MAX);
	give_back(1, frame);
	/* Too long: none of it. */
	frame = kernels();
	assert_int_equal(frame->kind, RDL_KERNEL_FRAME);
	assert_int_equal(frame->len, 0);
	give_back(1, frame);
	assert_true(exception_step(&exception));
	assert_int_equal(exception.free_count, EXCEPTION_FRAMES);
}

/* What the workers have not sent yet bounds what is taken; the rest waits in the kernel. */
static void test_bounded(void **state)
{
	void *held[EXCEPTION_FRAMES];
	unsigned sent = 0, count = 0;

	for (unsigned round = 0; round < 2 * EXCEPTION_FRAMES; round++) {
		sent += kernel_sends((const uint8_t *)"frame", 5);
		exception_step(&exception);
	}
	assert_true(sent > EXCEPTION_FRAMES);
	while (count < EXCEPTION_FRAMES && (held[count] = taken(1)) != NULL)
		count++;
	assert_int_equal(count, EXCEPTION_FRAMES);
	assert_null(taken(1));
	give_back(1, held[--count]);
	exception_step(&exception);
	assert_non_null(held[count++] = taken(1));
	assert_null(taken(1));
	while (count > 0)
		give_back(1, held[--count]);
}

/* Workers that end have back what is theirs, and are given nothing. */
static void test_ending(void **state)
{
	struct rdl_foreign_frame frame = foreign(PORT, "one");

	ending.stage = ENDING_ASKED;
	give(0, &frame);
	assert_true(kernel_sends((const uint8_t *)"frame", 5));
	assert_true(exception_step(&exception));
	assert_ptr_equal(taken(0), &frame);
	assert_null(taken(1));
	assert_false(exception_step(&exception));
}

/* An interface that is gone is not asked again. */
static void test_gone(void **state)
{
	struct rdl_foreign_frame frame = foreign(PORT, "one");

	close(exception.taps[PORT]);
	exception.taps[PORT] = open("/", O_RDONLY | O_DIRECTORY);
	listen_to();
	exception_step(&exception);
	assert_string_equal(
		heard(), "warn port: the kernel's interface is gone, until a restart port=3\n");
	assert_int_equal(exception.taps[PORT], -1);
	give(0, &frame);
	exception_step(&exception);
	assert_ptr_equal(taken(0), &frame);
	assert_false(frame.taken);
}

/* The thread hears of both sides by itself. */
static void test_thread(void **state)
{
	struct rdl_foreign_frame frame = foreign(PORT, "one");
	void *message = NULL;

	assert_int_equal(exception_start(&exception), 0);
	for (unsigned i = 0; i < 3; i++) {
		give(0, &frame);
		assert_true(kernel_sends((const uint8_t *)"frame", 5));
		for (unsigned ms = 0; message == NULL && ms < 5000; ms++) {
			usleep(1000);
			message = taken(0);
		}
		assert_ptr_equal(message, &frame);
		rdl_channel_came_back(&workers[0], 1);
		message = NULL;
		for (unsigned ms = 0; message == NULL && ms < 5000; ms++) {
			usleep(1000);
			message = taken(1);
		}
		assert_non_null(message);
		give_back(1, message);
		message = NULL;
	}
}

static void test_no_interface(void **state)
{
	const struct tap_config tap = { .name = "a/b", .mac = (const uint8_t *)"\2\0\0\0\0\1" };
	char why[128] = "";

	assert_int_equal(exception_tap_open(&tap, why, sizeof(why)), -1);
	/* Or there is no /dev/net/tun. */
	assert_non_null(strstr(why, "cannot "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_to_the_kernel),
		TEST(test_not_taken),
		TEST(test_from_the_kernel),
		TEST(test_bounded),
		TEST(test_ending),
		TEST(test_gone),
		TEST(test_thread),
		TEST(test_no_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
