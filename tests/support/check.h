/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold wherever there is no test to fail, in release builds too: the program ends. */
#ifndef RDL_TEST_CHECK_H
#define RDL_TEST_CHECK_H

_Noreturn void check_failed(const char *what, const char *file, int line);

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

#endif
