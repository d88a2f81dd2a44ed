/* /healthz: the process answers. Outside all dialects, without a key. */
#pragma once

#include "net/http_server.h"

struct http_edge health_edge(void);
