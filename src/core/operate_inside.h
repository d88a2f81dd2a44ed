/* What the files of operate*.c share: for each command a check (fills what is told, adds the
   operation, refuses by its return) and what puts the committed change into the catalogue. */
#pragma once

#include "core/operate.h"

typedef enum err (*operate_check)(struct tick *tick, struct command *command);
typedef void (*operate_put)(struct tick *tick, struct command *command);

struct store_op *operate_write(struct tick *tick, enum store_op_kind kind, struct command *command);

/* operate_owned.c: what accounts own */
enum err operate_sender_add(struct tick *tick, struct command *command);
enum err operate_sender_set(struct tick *tick, struct command *command);
void operate_sender_changed(struct tick *tick, struct command *command);
enum err operate_template_add(struct tick *tick, struct command *command);
enum err operate_template_set(struct tick *tick, struct command *command);
void operate_template_changed(struct tick *tick, struct command *command);
enum err operate_template_remove(struct tick *tick, struct command *command);
void operate_template_removed(struct tick *tick, struct command *command);
enum err operate_webhook_add(struct tick *tick, struct command *command);
enum err operate_webhook_set(struct tick *tick, struct command *command);
void operate_webhook_changed(struct tick *tick, struct command *command);
enum err operate_webhook_remove(struct tick *tick, struct command *command);
void operate_webhook_removed(struct tick *tick, struct command *command);

/* operate_prices.c: plans, rates, the blocklist */
enum err operate_plan_set(struct tick *tick, struct command *command);
void operate_plan_changed(struct tick *tick, struct command *command);
enum err operate_rate_set(struct tick *tick, struct command *command);
void operate_rate_changed(struct tick *tick, struct command *command);
enum err operate_rate_remove(struct tick *tick, struct command *command);
void operate_rate_removed(struct tick *tick, struct command *command);
enum err operate_block_add(struct tick *tick, struct command *command);
void operate_block_added(struct tick *tick, struct command *command);
enum err operate_block_remove(struct tick *tick, struct command *command);
void operate_block_removed(struct tick *tick, struct command *command);
