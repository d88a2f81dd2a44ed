#include "net/uv/http_transfer_uv.h"

#include <netinet/in.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/address_guard.h"
#include "net/http_head.h"

enum {
    /* Beyond response_max so much of a body is read for nothing, so that the connection can be used
       again; then the transfer is cut, and counts as answered. */
    CLIENT_DROP_MAX = 256 * 1024,
};

/* What is asked */

static void call_add_header(struct client_call *call, const struct http_header *header)
{
    if (!http_is_token(header->name) || !http_is_value(header->value)) {
        call->refused = true;
        return;
    }
    /* curl's way to write a header without a value, which "Name:" would leave out. */
    size_t size = header->name.size + header->value.size + 3;
    char *line = mem_alloc(size);
    snprintf(line, size, header->value.size ? "%.*s: %.*s" : "%.*s;", (int)header->name.size,
             header->name.at, (int)header->value.size, header->value.at);
    call->headers = curl_slist_append(call->headers, line);
    mem_free(line);
}

/* curl would take "name" and "http:///name" for "http://name". */
static bool url_is_plain(const char *url)
{
    size_t size = strncasecmp(url, "http://", 7) == 0 ? 7 : 8;
    if (size == 8 && strncasecmp(url, "https://", 8) != 0) return false;
    return url[size] && url[size] != '/';
}

struct client_call *call_new(const struct http_call *asked)
{
    struct client_call *call = MEM_NEW(struct client_call);
    call->all.prev = call->all.next = &call->all;
    call->waiting.prev = call->waiting.next = &call->waiting;
    call->url = mem_copy(asked->url.at, asked->url.size);
    call->method = mem_copy(asked->method.at, asked->method.size);
    call->body = mem_copy(asked->body.at, asked->body.size);
    call->body_size = asked->body.size;
    call->timeout_ms = asked->timeout_ms;
    buf_init(&call->response, asked->response_max);
    call->refused = !http_is_token(asked->method) || strlen(call->url) != asked->url.size ||
                    !url_is_plain(call->url);
    bool has_type = false;
    for (size_t i = 0; i < asked->header_count; i++) {
        call_add_header(call, &asked->headers[i]);
        has_type |= slice_eq_nocase(asked->headers[i].name, SLICE("content-type"));
    }
    /* Without these curl would claim that bodies are forms, and wait for "100 Continue". */
    if (!has_type) call->headers = curl_slist_append(call->headers, "Content-Type:");
    call->headers = curl_slist_append(call->headers, "Expect:");
    return call;
}

void call_free(struct client_call *call)
{
    curl_slist_free_all(call->headers);
    buf_done(&call->response);
    mem_free(call->url);
    mem_free(call->method);
    mem_free(call->body);
    mem_free(call);
}

/* What curl asks while it works */

static size_t call_receive(char *at, size_t size, size_t count, void *user)
{
    struct client_call *call = user;
    size_t bytes = size * count;
    size_t room = call->response.limit - call->response.size;
    size_t kept = bytes < room ? bytes : room;
    buf_add(&call->response, slice_of(at, kept));
    call->dropped += bytes - kept;
    return call->dropped > CLIENT_DROP_MAX ? 0 : bytes;
}

/* The address that is connected to is the one that is looked at: a name that resolves differently a
   moment later does not help. */
static curl_socket_t call_open_socket(void *user, curlsocktype purpose,
                                      struct curl_sockaddr *address)
{
    struct client_call *call = user;
    const struct sockaddr *to = &address->addr;
    struct slice ip = {0};
    if (to->sa_family == AF_INET)
        ip = slice_of(&((const struct sockaddr_in *)(const void *)to)->sin_addr, 4);
    else if (to->sa_family == AF_INET6)
        ip = slice_of(&((const struct sockaddr_in6 *)(const void *)to)->sin6_addr, 16);
    if (ip.size == 0 || (!call->allow_private && !address_is_public(ip))) {
        call->address_refused = true;
        return CURL_SOCKET_BAD;
    }
    call->address_allowed = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* curl sends a request again, by itself, when a connection that was used before breaks without an
   answer. It comes by here first. */
static int call_before_request(void *user, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct client_call *call = user;
    return ++call->attempts > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* Transfers */

static void call_set_method(const struct client_call *call)
{
    CURL *easy = call->easy;
    bool has_body = call->body_size > 0 || strcmp(call->method, "POST") == 0 ||
                    strcmp(call->method, "PUT") == 0 || strcmp(call->method, "PATCH") == 0;
    if (has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    } else if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

void call_set_options(struct client_call *call, uint64_t timeout_ms)
{
    CURL *easy = call->easy;
    call_set_method(call);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A name server that does not answer holds up its own call and nobody else. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, call_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, call_before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, call_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
}

/* The end */

enum http_outcome call_outcome(const struct client_call *call, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_WRITE_ERROR:
        return call->dropped > CLIENT_DROP_MAX ? HTTP_ANSWERED : HTTP_BROKEN;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return HTTP_REFUSED_URL;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    default:
        if (call->attempts > 0) return HTTP_BROKEN;
        return call->address_refused && !call->address_allowed ? HTTP_REFUSED_URL
                                                               : HTTP_NO_CONNECTION;
    }
}

const char *call_reason(const struct client_call *call, CURLcode code)
{
    if (call->address_refused && !call->address_allowed) return "the address is not a public one";
    return call->error[0] ? call->error : curl_easy_strerror(code);
}
