#include <stddef.h>

#include "base/mem.h"
#include "edge/hep/hep_internal.h"
#include "wire/iso_time.h"
#include "wire/json.h"
#include "wire/phone.h"
#include "wire/uuid.h"

#define LIST_MAX       100
#define LIST_BYTES_MAX (4u << 20) /* 100 texts of the longest kind, escaped */

/* The list is read and written out on the reading thread, then handed to the loop. */
struct list_read {
    struct engine_read read;
    struct hep *hep;
    struct http_ref request;
    struct account_id account;
    enum err err;
    size_t count;
    struct buf json;
};

struct slice hep_sender_text(const struct inbound *inbound, struct arena *arena)
{
    if (inbound->sender == 0) return inbound->sender_text;
    char number[PHONE_TEXT_MAX];
    return arena_copy(arena, slice_of(number, phone_format(inbound->sender, number)));
}

static void write_row(struct json_writer *json, const struct inbound *inbound, const char *user_id,
                      const uint8_t *secret, struct arena *arena)
{
    char id[UUID_TEXT_SIZE + 1], created_at[ISO_TIME_SIZE + 1];
    uuid_write(inbound->id.v, secret, id);
    iso_time_write(id_ms(inbound->id.v), created_at);
    json_begin_object(json);
    json_put_text(json, "id", slice_cstr(id));
    json_put_text(json, "userID", slice_cstr(user_id));
    json_put_text(json, "sender", hep_sender_text(inbound, arena));
    json_put_text(json, "shortcode", inbound->shortcode);
    json_put_text(json, "content", inbound->text);
    if (inbound->push_status)
        json_put_integer(json, "webhook_status", inbound->push_status);
    else
        json_put_null(json, "webhook_status");
    json_put_text(json, "created_at", slice_cstr(created_at));
    json_end_object(json);
}

static void list_run(struct engine_read *read, struct store_reader *reader)
{
    struct list_read *list = (struct list_read *)read;
    struct arena arena = {0};
    struct inbound *rows;
    list->err = store_inbound_page(reader, list->account, (struct inbound_id){0}, &arena, LIST_MAX,
                                   &rows, &list->count);
    if (!list->err) {
        const uint8_t *secret = engine_id_secret(list->hep->engine);
        char user_id[UUID_TEXT_SIZE + 1];
        struct json_writer json;
        uuid_write(list->account.v, secret, user_id);
        json_writer_init(&json, &list->json);
        json_begin_array(&json);
        for (size_t i = 0; i < list->count; i++)
            write_row(&json, &rows[i], user_id, secret, &arena);
        json_end_array(&json);
    }
    arena_done(&arena);
}

static void list_done(struct engine_read *read)
{
    struct list_read *list = (struct list_read *)read;
    struct http_request *request = http_find(list->hep->server, list->request);
    if (request) {
        if (list->err)
            hep_answer_error(request, 503, "Service Unavailable");
        else if (list->count == 0)
            hep_answer_json(request, 404,
                            SLICE("{\"response\":\"No received messages with your short code or "
                                  "previous short codes.\"}"));
        else
            hep_answer_json(request, 200, buf_slice(&list->json));
    }
    buf_done(&list->json);
    mem_free(list);
}

void hep_list(struct hep *hep, struct http_request *request, const struct gate_entry *caller)
{
    struct list_read *list = MEM_NEW(struct list_read);
    list->hep = hep;
    list->request = http_ref(request);
    list->account = caller->account;
    buf_init(&list->json, LIST_BYTES_MAX);
    list->read.loop = hep->loop;
    list->read.run = list_run;
    list->read.on_done = list_done;
    engine_read(hep->engine, &list->read);
}
