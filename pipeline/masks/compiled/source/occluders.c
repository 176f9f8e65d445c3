/* What stands before a face, looked for in cells of its unrolled skin. */
#include <string.h>

#include "kernels.h"

/* Which of these pixels a photo has, whose last ones are at `right` and `bottom`: `skin_patch.inside_photo`. */
void inside_photo(const float *x, const float *y, int count, float right, float bottom, uint8_t *inside) {
    for (int k = 0; k < count; k++)
        inside[k] = (x[k] >= 0.0f) & (y[k] >= 0.0f) & (x[k] <= right) & (y[k] <= bottom);
}

static void extremes(const uint8_t *from, int rows, int columns, int reach, int greatest, uint8_t *out) {
    for (int r = 0; r < rows; r++, out += columns) {
        const int first = r - reach < 0 ? 0 : r - reach, last = r + reach < rows ? r + reach : rows - 1;
        memcpy(out, from + first * columns, (size_t)columns);
        for (int row = first + 1; row <= last; row++)
            for (int c = 0; c < columns; c++) {
                const uint8_t value = from[row * columns + c];
                out[c] = (greatest ? value > out[c] : value < out[c]) ? value : out[c];
            }
    }
}

/* Marks the cells, of those asked for, that are darker by a share than what lies up to `reach` above and below, where
 * that is light enough: a black hat. How many there are; `room` is for two numbers a cell. `glasses.dark_lines`. */
int dark_lines(
    const uint8_t *grey, const uint8_t *asked, int rows, int columns, int reach, float darker, float lightest,
    uint8_t *room, uint8_t *dark) {
    uint8_t *highest = room, *around = room + rows * columns;
    int count = 0;
    extremes(grey, rows, columns, reach, 1, highest);
    extremes(highest, rows, columns, reach, 0, around);
    for (int k = 0; k < rows * columns; k++) {
        const float skin = around[k], apart = (skin - (float)grey[k]) / most(skin, 1.0f);
        count += dark[k] = (apart > darker) & (skin > lightest) & asked[k];
    }
    return count;
}

/* The middle of each channel among the seen pixels of zones of a picture: their first row and column and those after the
 * last, in `zones`; and how many are seen, in the fourth number of each. `hair.zone_colours`. */
void zone_colours(
    const uint8_t *lab, const uint8_t *seen, int rows, int columns, const int32_t *zones, int count, float *out) {
    for (int zone = 0; zone < count; zone++, zones += 4, out += 4) {
        int of_value[3][256] = {{0}}, cells = 0;
        for (int r = zones[0]; r < zones[2] && r < rows; r++)
            for (int c = zones[1]; c < zones[3] && c < columns; c++) {
                const int at = r * columns + c;
                if (!seen[at]) continue;
                cells++;
                for (int channel = 0; channel < 3; channel++) of_value[channel][lab[3 * at + channel]]++;
            }
        out[3] = (float)cells;
        for (int channel = 0; channel < 3; channel++) {
            int value = 0;
            for (int below = of_value[channel][0]; value < 255 && below <= cells / 2; below += of_value[channel][++value]) {}
            out[channel] = cells ? (float)value : 0.0f;
        }
    }
}
