/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool rdl_credentials_seal_init(struct rdl_credentials_seal *seal, const uint8_t *key)
{
	gnutls_datum_t datum = { (uint8_t *)(uintptr_t)key, RDL_CREDENTIALS_SEAL_KEY_LEN };

	return gnutls_aead_cipher_init(&seal->cipher, GNUTLS_CIPHER_AES_128_SIV, &datum) == 0;
}

void rdl_credentials_seal_fini(struct rdl_credentials_seal *seal)
{
	if (seal->cipher != NULL)
		gnutls_aead_cipher_deinit(seal->cipher);
	seal->cipher = NULL;
}

/* NULL, or what is wrong with the file. */
static const char *read_key(int fd, uint8_t key[RDL_CREDENTIALS_SEAL_KEY_LEN])
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode) || status.st_size != RDL_CREDENTIALS_SEAL_KEY_LEN)
		return "is no file of 32 octets";
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "is not for its owner only: chmod 0600";
	if (read(fd, key, RDL_CREDENTIALS_SEAL_KEY_LEN) != RDL_CREDENTIALS_SEAL_KEY_LEN)
		return "cannot be read";
	return NULL;
}

bool rdl_credentials_read_key_file(const char *path, uint8_t key[RDL_CREDENTIALS_SEAL_KEY_LEN],
	char problem[RDL_CREDENTIALS_PROBLEM_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *wrong = fd < 0 ? strerror(errno) : read_key(fd, key);

	if (fd >= 0)
		close(fd);
	if (wrong != NULL)
		snprintf(problem, RDL_CREDENTIALS_PROBLEM_MAX, "%s: %s", path, wrong);
	return wrong == NULL;
}
