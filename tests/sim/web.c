/* Webhooks do not leave the simulated world: there is no outgoing HTTP in it yet. */
#include "net/http_client.h"

struct http_client *http_client_new(const struct http_client_config *config)
{
    return NULL;
}

void http_client_free(struct http_client *client)
{
}

bool http_client_send(struct http_client *client, struct loop *loop, const struct http_call *call,
                      void (*done)(void *user, const struct http_result *result), void *user)
{
    return false;
}
