#include "net/http_client.h"
struct http_client *http_client_new(const struct http_client_config *c)
{
    return NULL;
}
void http_client_free(struct http_client *c)
{
}
bool http_client_send(struct http_client *c, struct loop *l, const struct http_call *k,
                      void (*d)(void *, const struct http_result *), void *u)
{
    return false;
}
