/* The configuration file: sections of `name = value`, one table of what there is (config.c). What
   is not given has its default, what is not known is an error with its line. */
#pragma once

#include "base/buf.h"
#include "base/limits.h"
#include "base/slice.h"

struct config {
    /* [server] */
    char listen[ADDRESS_MAX_SIZE + 1];
    char control[ADDRESS_MAX_SIZE + 1]; /* path of the control socket */
    bool test_clock;
    uint32_t connections_max, connections_per_address_max;
    uint32_t header_timeout_s, body_timeout_s, idle_timeout_s;
    /* [store] */
    char store_url[ADDRESS_MAX_SIZE + 1];
    /* [hep] */
    char hep_sender[SENDER_MAX_SIZE + 1];
    char hep_server[NAME_MAX_SIZE + 1];
    /* [robase] */
    uint32_t robase_rate, robase_burst; /* requests a second of a key and endpoint; 0: no limit */
    /* [webhook] */
    bool webhook_allow_private;
    /* [core] */
    uint32_t retry_window_s;
};

#define CONFIG_DEFAULT_PATH "/etc/godwit/godwit.ini"

void config_init(struct config *config); /* the defaults */
/* False: `out_problem` (256 bytes) names file, line and what is wrong. A NULL path reads the
   default file if there is one. */
bool config_read(struct config *config, const char *path, char *out_problem);
/* Writes every setting as a file would have it. */
void config_write(const struct config *config, struct buf *out);
bool config_same(const struct config *a, const struct config *b);
