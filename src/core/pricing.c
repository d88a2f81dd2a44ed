#include "core/pricing.h"

#include <time.h>

uint32_t month_of(uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    return (uint32_t)((parts.tm_year - 70) * 12 + parts.tm_mon);
}
