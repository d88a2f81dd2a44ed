/* The date of HTTP answers (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". */
#pragma once

#include <stdint.h>

enum { HTTP_DATE_SIZE = 29 };

/* Writes HTTP_DATE_SIZE bytes, without a NUL. Years up to 9999. */
void http_date_write(uint64_t wall_ms, char *out);
