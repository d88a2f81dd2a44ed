#include "edge/robase/robase_compose.h"

#include "wire/iso_time.h"
#include "wire/phone.h"
#include "wire/uuid.h"

#define SEND_AHEAD_MAX_MS (30ull * 24 * 60 * 60 * 1000)
#define TEST_DIGITS       10000000000ull /* the last ten of a number */
#define TEST_INVALID      2u
#define TEST_DND          4u

/* Countries that Robase serves by name. */
static const struct {
    const char *iso2;
    unsigned dial_code;
} countries[] = {{"NG", 234}, {"GH", 233}, {"KE", 254}, {"CI", 225}};
#define COUNTRY_COUNT (sizeof countries / sizeof *countries)

static bool to_is_valid(struct slice to, uint64_t *out)
{
    if (to.size < 9 || to.size > 16 || to.at[0] != '+') return false;
    /* No calling code begins with 0, and as a number it would lose that. */
    return to.at[1] != '0' && slice_u64(slice_from(to, 1), out);
}

enum robase_fault robase_compose_to(const struct field *to, bool test, struct command_send *out)
{
    if (!robase_is_given(to)) return FAULT_RECIPIENT_MISSING;
    if (to->state != FIELD_SET) return FAULT_RECIPIENT_TYPE;
    if (to->text.size == 0) return FAULT_RECIPIENT_MISSING;
    if (!to_is_valid(to->text, &out->number)) return FAULT_PHONE;
    if (test && out->number % TEST_DIGITS == TEST_INVALID) return FAULT_PHONE;
    out->supplied_recipient = to->text;
    return FAULT_NONE;
}

enum robase_fault robase_compose_from(const struct field *from, struct command_send *out)
{
    if (!robase_is_given(from)) return FAULT_SENDER_MISSING;
    if (from->state != FIELD_SET || !sender_name_is_valid(from->text)) return FAULT_SENDER_FORM;
    out->sender = from->text;
    return FAULT_NONE;
}

/* An id, or what only can be a slug. */
static void compose_template(const uint8_t *id_secret, struct slice named, struct command_send *out)
{
    if (!uuid_read(named, id_secret, &out->template_id.v)) out->template_slug = named;
}

enum robase_fault robase_compose_text(const uint8_t *id_secret,
                                      const struct robase_message *message,
                                      const struct field *shared_template, struct command_send *out)
{
    const struct field *template = &message->template;
    if (!robase_is_given(template)) template = shared_template;
    if (robase_is_given(template)) {
        if (template->state != FIELD_SET || template->text.size == 0) return FAULT_TEMPLATE_TYPE;
        if (message->variables.state == FIELD_WRONG_TYPE) return FAULT_VARIABLES;
        compose_template(id_secret, template->text, out);
        out->variables =
            message->variables.state == FIELD_SET ? message->variables.text : SLICE("{}");
        return FAULT_NONE;
    }
    if (message->body.state == FIELD_WRONG_TYPE) return FAULT_BODY_TYPE;
    if (message->body.text.size == 0) return FAULT_BODY_MISSING;
    out->text = message->body.text;
    return FAULT_NONE;
}

static enum robase_fault compose_country(const struct field *country, struct command_send *out)
{
    if (!robase_is_given(country)) return FAULT_NONE;
    for (size_t i = 0; i < COUNTRY_COUNT && country->state == FIELD_SET; i++) {
        if (!slice_eq_nocase(country->text, slice_cstr(countries[i].iso2))) continue;
        out->iso2 = countries[i].iso2;
        return FAULT_NONE;
    }
    return FAULT_COUNTRY;
}

enum robase_fault robase_compose_rest(const struct robase_shared *shared, uint64_t now_ms,
                                      struct command_send *out)
{
    enum robase_fault fault = compose_country(&shared->country, out);
    if (fault || !robase_is_given(&shared->send_at)) return fault;
    uint64_t at_ms;
    if (shared->send_at.state != FIELD_SET || !iso_time_read(shared->send_at.text, &at_ms))
        return FAULT_SEND_AT;
    if (at_ms > now_ms + SEND_AHEAD_MAX_MS) return FAULT_SEND_AT_FAR;
    if (at_ms > now_ms) out->send_at_ms = at_ms;
    return FAULT_NONE;
}

enum robase_fault robase_compose_dnd(bool test, const struct command_send *send)
{
    return test && send->number % TEST_DIGITS == TEST_DND ? FAULT_DND : FAULT_NONE;
}

static const char *country_of(uint64_t number)
{
    uint64_t front = number; /* its first three digits: no shorter code begins like these four */
    while (front >= 1000)
        front /= 10;
    for (size_t i = 0; i < COUNTRY_COUNT; i++)
        if (countries[i].dial_code == front) return countries[i].iso2;
    const char *iso2 = phone_iso2(number);
    return iso2 ? iso2 : "";
}

static bool is_of_number(enum robase_fault fault)
{
    return fault == FAULT_RECIPIENT_MISSING || fault == FAULT_RECIPIENT_TYPE ||
           fault == FAULT_PHONE || fault == FAULT_ROW;
}

void robase_compose_end(const struct gate_entry *caller, struct command_send *out)
{
    out->key = caller->key;
    out->dialect = DIALECT_ROBASE;
    out->rules = SEND_OWN_SENDER | SEND_BY_PLAN | SEND_IMPATIENT | SEND_TELLS;
    out->bill = SEGMENT_BILL_AIR;
    out->refund = REFUND_NOT_TAKEN | REFUND_FAILED | REFUND_CANCELLED;
    out->text_points_max = ROBASE_POINTS_MAX;
    /* A number that is none is no matter of the sender's countries. */
    if (is_of_number((enum robase_fault)out->fault)) out->iso2 = "";
    if (!out->iso2) out->iso2 = country_of(out->number);
}
