/* What the files of the Hep dialect share. */
#pragma once

#include "edge/hep/hep.h"

struct hep {
    struct loop *loop;
    struct engine *engine;
    struct http_server *server;
    char sender[SENDER_MAX_SIZE + 1];
    char server_name[NAME_MAX_SIZE + 1];
};

/* {"error": text} */
void hep_answer_error(struct http_request *request, unsigned status, const char *text);
void hep_answer_json(struct http_request *request, unsigned status, struct slice json);

void hep_send(struct hep *hep, struct http_request *request, const struct gate_entry *caller,
              struct slice body);
void hep_list(struct hep *hep, struct http_request *request, const struct gate_entry *caller);

/* "+447700900123", or the carrier's own text when the sender is no number; in the arena. */
struct slice hep_sender_text(const struct inbound *inbound, struct arena *arena);
