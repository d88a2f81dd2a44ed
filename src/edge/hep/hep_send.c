#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "edge/hep/hep_internal.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/phone.h"
#include "wire/utf.h"
#include "wire/uuid.h"

#define CONTENT_LIMIT  800 /* UTF-16 units; from here on it is too long */
#define HEP_ANSWER_MAX 65536
#define BAD_RECIPIENT  "Invalid Recipient Phone Number Or None Provided."

struct send_body {
    struct field recipient, content;
};

static const struct field_spec send_fields[] = {
    {"recipient", FIELD_TEXT, offsetof(struct send_body, recipient)},
    {"content", FIELD_TEXT, offsetof(struct send_body, content)},
};
#define SEND_FIELD_COUNT (sizeof send_fields / sizeof *send_fields)

/* A request on its way through the core. Texts live in its own arena, because the customer may hang
   up before the answer. */
struct send_call {
    struct engine_call call;
    struct hep *hep;
    struct http_ref request;
    struct arena arena;
    struct phone phone;
};

/* ---- Reading ------------------------------------------------------------------------------- */

/* The vendor's own curl posts "recipient=+44..." unescaped, which a form decodes to " 44...": one
   leading space before a digit was a plus (contract 2.1). */
static void repair_plus(struct field *recipient, struct arena *arena)
{
    struct slice text = recipient->text;
    if (text.size < 2 || text.at[0] != ' ' || text.at[1] < '0' || text.at[1] > '9') return;
    char *copy = arena_alloc(arena, text.size + 1);
    memcpy(copy, text.at, text.size);
    copy[0] = '+';
    recipient->text = slice_of(copy, text.size);
}

static bool looks_like_json(struct slice content_type, struct slice body)
{
    struct slice media = content_type;
    struct slice rest = content_type;
    slice_cut(&rest, ';', &media);
    media = slice_trim(media, " \t");
    if (slice_eq_nocase(media, SLICE("application/json"))) return true;
    if (slice_eq_nocase(media, SLICE("application/x-www-form-urlencoded"))) return false;
    struct slice trimmed = slice_trim(body, " \t\r\n");
    return trimmed.size > 0 && trimmed.at[0] == '{';
}

static void read_body(struct http_request *request, struct slice body, struct arena *arena,
                      struct send_body *out)
{
    struct slice content_type = {0};
    http_header(request, "Content-Type", &content_type);
    if (looks_like_json(content_type, body)) {
        /* What is not JSON has no fields: the answer is that the content is missing. */
        if (!json_read(body, JSON_REPAIR, send_fields, SEND_FIELD_COUNT, arena, out, NULL, NULL))
            *out = (struct send_body){0};
    } else {
        form_read(body, send_fields, SEND_FIELD_COUNT, arena, out);
        if (out->recipient.state == FIELD_SET) repair_plus(&out->recipient, arena);
    }
}

static bool recipient_is_valid(const struct field *recipient, struct phone *out)
{
    if (recipient->state != FIELD_SET || phone_parse(recipient->text, NULL, out) < PHONE_POSSIBLE)
        return false;
    char digits[PHONE_TEXT_MAX];
    size_t size = phone_format(out->number, digits) - 1;
    return size >= 8 && size <= 15;
}

/* Contract 2.5, rows 2 to 5 in their order; NULL when all is well. */
static const char *complaint(const struct send_body *body, struct phone *out_phone)
{
    const struct field *content = &body->content;
    if (content->state != FIELD_SET || content->text.size == 0)
        return "Please provide content to send along with this request.";
    if (!recipient_is_valid(&body->recipient, out_phone)) return BAD_RECIPIENT;
    if (utf16_units(content->text) >= CONTENT_LIMIT)
        return "Content too long, please keep it under 800 characters. You can send multiple "
               "messages!";
    if (slice_trim(content->text, " \t\r\n").size == 0)
        return "Content too short, please send 1 character or more.";
    return NULL;
}

/* ---- Answering ----------------------------------------------------------------------------- */

/* Rows 6 to 10: the core's refusals in Hep's words. */
static const struct {
    enum err err;
    unsigned status;
    const char *text;
} refusals[] = {
    {ERR_KEY_UNKNOWN, 400, "Invalid authentication token"},
    {ERR_KEY_DISABLED, 400, "This API key is disabled"},
    {ERR_KEY_SCOPE, 400, "Your account is not enabled for SMS sending"},
    {ERR_ACCOUNT_DISABLED, 400, "Your account is not enabled for SMS sending"},
    {ERR_NUMBER_BLOCKED, 400, BAD_RECIPIENT},
    {ERR_NO_CREDIT, 400, "You don't have enough credits to complete this request."},
    {ERR_OVERLOADED, 503, "Service Unavailable"},
    {ERR_STORE_UNAVAILABLE, 503, "Service Unavailable"},
};

static void answer_refusal(struct http_request *request, enum err err)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (refusals[i].err != err) continue;
        hep_answer_error(request, refusals[i].status, refusals[i].text);
        return;
    }
    hep_answer_error(request, 500, "Internal Server Error");
}

static void put_iso(struct json_writer *json, const char *name, const char *iso)
{
    if (iso[0])
        json_put_text(json, name, slice_cstr(iso));
    else
        json_put_null(json, name);
}

static void answer_sent(struct http_request *request, const struct send_call *send)
{
    const struct command_send *sent = &send->call.command.send;
    const uint8_t *secret = engine_id_secret(send->hep->engine);
    char id[UUID_TEXT_SIZE + 1], owner[UUID_TEXT_SIZE + 1], number[PHONE_TEXT_MAX];
    uuid_write(sent->message.v, secret, id);
    uuid_write(sent->account.v, secret, owner);
    size_t number_size = phone_format(send->phone.number, number);

    struct buf out;
    struct json_writer json;
    buf_init(&out, HEP_ANSWER_MAX);
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_put_text(&json, "ID", slice_cstr(id));
    json_put_text(&json, "sent_from", sent->sender);
    json_put_text(&json, "sent_to", sent->supplied_recipient);
    json_name(&json, "sent_to_parsed");
    json_begin_object(&json);
    json_put_bool(&json, "isValid", true);
    json_put_text(&json, "phoneNumber", slice_of(number, number_size));
    put_iso(&json, "countryIso2", send->phone.iso2);
    put_iso(&json, "countryIso3", send->phone.iso3);
    json_put_text(&json, "countryCode",
                  arena_printf(http_arena(request), "+%u", send->phone.calling_code));
    json_end_object(&json);
    json_put_text(&json, "content", sent->text);
    json_put_text(&json, "owner", slice_cstr(owner));
    json_put_integer(&json, "creditCost", sent->price);
    json_end_object(&json);
    hep_answer_json(request, 200, buf_slice(&out));
    buf_done(&out);
}

static void send_done(struct engine_call *call)
{
    struct send_call *send = (struct send_call *)call;
    struct http_request *request = http_find(send->hep->server, send->request);
    if (request) {
        if (call->command.result)
            answer_refusal(request, call->command.result);
        else
            answer_sent(request, send);
    }
    arena_done(&send->arena);
    mem_free(send);
}

void hep_send(struct hep *hep, struct http_request *request, const struct gate_entry *caller,
              struct slice body)
{
    struct send_call *send = MEM_NEW(struct send_call);
    struct send_body fields = {0};
    read_body(request, body, &send->arena, &fields);
    const char *text = complaint(&fields, &send->phone);
    if (text) {
        hep_answer_error(request, 400, text);
        arena_done(&send->arena);
        mem_free(send);
        return;
    }
    send->hep = hep;
    send->request = http_ref(request);
    send->call.loop = hep->loop;
    send->call.on_done = send_done;
    send->call.command = (struct command){
        .kind = COMMAND_SEND,
        .send =
            {
                .key = caller->key,
                .dialect = DIALECT_HEP,
                .bill = SEGMENT_BILL_UTF16_160,
                .refund = REFUND_NOT_TAKEN,
                .sender = arena_copy(&send->arena, slice_cstr(hep->sender)),
                .text = fields.content.text,
                .supplied_recipient = fields.recipient.text,
                .number = send->phone.number,
                .iso2 = send->phone.iso2,
            },
    };
    enum err err = engine_post(hep->engine, &send->call);
    if (!err) return;
    answer_refusal(request, err);
    arena_done(&send->arena);
    mem_free(send);
}
