#include "wire/url.h"

#include "cmocka_all.h"
