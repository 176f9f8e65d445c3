/* The sheet of a mask as a grid of points. */
#include "kernels.h"

/* A membrane over `rest` after so many steps: each inner point goes to the mean of the nine around it, but never below
 * where it rests. `sheet` begins as a copy of `rest`, and `mean` is room for as much. `surface._stretch`. */
void stretched(const float *rest, float *sheet, float *mean, int rows, int columns, int steps) {
    for (int step = 0; step < steps; step++) {
        for (int r = 1; r < rows - 1; r++)
            for (int c = 1; c < columns - 1; c++) {
                double sum = 0.0;
                for (int k = -1; k <= 1; k++) {
                    const float *at = sheet + (r + k) * columns + c;
                    sum += (double)at[-1] + (double)at[0] + (double)at[1];
                }
                mean[r * columns + c] = (float)(sum * (1.0 / 9.0));
            }
        for (int r = 1; r < rows - 1; r++)
            for (int c = 1; c < columns - 1; c++)
                sheet[r * columns + c] = most(rest[r * columns + c], mean[r * columns + c]);
    }
}

/* One line of `count` points of three numbers, `stride` numbers apart, moved to equal ways along it. */
static void evened(const double *line, wide stride, int count, double *way, double *out, wide out_stride) {
    way[0] = 0.0;
    for (int k = 1; k < count; k++) {
        const double *from = line + (k - 1) * stride, *to = from + stride;
        const double x = to[0] - from[0], y = to[1] - from[1], z = to[2] - from[2];
        way[k] = way[k - 1] + __builtin_sqrt(x * x + z * z + y * y);
    }
    for (int k = 0; k < count; k++) {
        const double share = k == count - 1 ? 1.0 : k * (1.0 / (count - 1)), wanted = share * way[count - 1];
        int after = 1;
        while (after < count - 1 && way[after] <= wanted) after++;
        const double span = way[after] - way[after - 1], part = (wanted - way[after - 1]) / (span > 1e-9 ? span : 1e-9);
        const double *from = line + (after - 1) * stride, *to = from + stride;
        for (int c = 0; c < 3; c++) out[k * out_stride + c] = from[c] * (1.0 - part) + to[c] * part;
    }
}

/* The points of a sheet (rows, columns, 3) at equal ways down each column, then across each half row. `room` is for as
 * many numbers as the sheet and a line have. `surface.evenly_spaced`. */
void evenly_spaced(const double *sheet, int rows, int columns, double *room, double *out) {
    const int middle = columns / 2;
    const wide row = 3 * (wide)columns;
    double *down = room, *way = room + rows * row;
    for (int c = 0; c < columns; c++) evened(sheet + 3 * c, row, rows, way, down + 3 * c, row);
    for (int r = 0; r < rows; r++) {
        evened(down + r * row + 3 * middle, 3, columns - middle, way, out + r * row + 3 * middle, 3);
        evened(down + r * row, 3, middle + 1, way, out + r * row, 3);
    }
}
