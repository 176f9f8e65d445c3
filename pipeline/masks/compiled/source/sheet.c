/* The sheet of a mask as a grid of points. */
#include <math.h>
#include <string.h>

#include "kernels.h"

static const double DEGREE = 3.14159265358979323846 / 180.0;

/* Azimuth and y of each point of a sheet of these columns `u` and rows `v`: `surface.outlined`. */
void outlined(
    double top_centre, double top_side, double top_curve, double bottom_centre, double bottom_side, double bottom_curve,
    double side_top, double side_bottom, double bulge, double shift, double tilt, double wave_mm, double wave_deg,
    double turn, const double *u, const double *v, int rows, int columns, double *azimuth, double *y) {
    for (int c = 0; c < columns; c++) {
        const double across = fabs(u[c]), third = cos(3.0 * u[c] + turn), other = cos(2.5 * u[c] + 3.0 * turn);
        const double top = top_centre + (top_side - top_centre) * pow(across, top_curve);
        const double bottom = bottom_centre + (bottom_side - bottom_centre) * pow(across, bottom_curve);
        for (int r = 0; r < rows; r++) {
            const double side = side_top + (side_bottom - side_top) * v[r] + bulge * 4.0 * v[r] * (1.0 - v[r]);
            const double outwards = across * cos(4.0 * v[r] + (u[c] < 0.0 ? 5.0 : 7.0) * turn);
            const double down = third * (1.0 - v[r]) + other * v[r];
            azimuth[r * columns + c] = u[c] * side + shift + wave_deg * outwards;
            y[r * columns + c] = top + (bottom - top) * v[r] + tilt * u[c] + wave_mm * down;
        }
    }
}

/* A membrane over `rest` after so many steps: each inner point goes to the mean of the nine around it, but never below
 * where it rests. `sheet` begins as a copy of `rest`, and `mean` is room for as much. */
static void stretch(const float *rest, float *sheet, float *mean, int rows, int columns, int steps) {
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

/* What a sheet rests on: the skin with a clearance, but under the jaw it leads back by no more than `slope` a mm. */
static void lay_on_skin(
    const float *skin, const double *y, int rows, int columns, double jaw, double slope, float clearance, float *rest) {
    for (int c = 0; c < columns; c++) {
        float spanned = 0.0f;
        for (int i = c; i < rows * columns; i += columns) {
            const int under = y[i] > jaw;
            const float lead = (float)(slope * (under ? y[i] - jaw : 0.0)), reached = under ? skin[i] + lead : 0.0f;
            spanned = i == c ? reached : most(spanned, reached);
            rest[i] = most(skin[i], spanned - lead) + clearance;
        }
    }
}

/* A sheet over skin of these distances from the head's axis, stretched, with its rim on the skin and its sides off it by
 * a gap, and standing out from it: `surface.tented`. `room` is for three numbers a point. */
void tented(
    const float *skin, const double *azimuth, const double *y, const double *u, const double *v, int rows, int columns,
    double axis_z, double jaw, double slope, float clearance, int steps, float gap, double protrusion,
    double across_power, double across_round, double peak_start, double peak_end, double profile_power, float *room,
    double *points) {
    float *rest = room, *sheet = rest + rows * columns, *mean = sheet + rows * columns;
    lay_on_skin(skin, y, rows, columns, jaw, slope, clearance, rest);
    for (int r = 0; r < rows; r++) {
        rest[r * columns] += gap;
        rest[(r + 1) * columns - 1] += gap;
    }
    memcpy(sheet, rest, sizeof(float) * (size_t)(rows * columns));
    stretch(rest, sheet, mean, rows, columns, steps);
    for (int c = 0; c < columns; c++) {
        const double inwards = 1.0 - pow(fabs(u[c]), across_power);
        const double out = protrusion * pow(inwards > 0.0 ? inwards : 0.0, across_round);
        for (int r = 0; r < rows; r++) {
            const double rising = v[r] / peak_start, falling = (1.0 - v[r]) / (1.0 - peak_end);
            const double least_of = rising < falling ? rising : falling, share = least_of < 1.0 ? least_of : 1.0;
            const int i = r * columns + c;
            const double radius = sheet[i] + out * pow(share > 0.0 ? share : 0.0, profile_power);
            const double angle = azimuth[i] * DEGREE;
            points[3 * i] = radius * sin(angle);
            points[3 * i + 1] = y[i];
            points[3 * i + 2] = axis_z - radius * cos(angle);
        }
    }
}

/* Heights of pleats over a mask, where `sway` moves them and `bend` says how much each row follows their bow:
 * `folds.pleated`. */
void pleated(
    const float *sway, const float *u, const float *v, const float *bend, int width, int height, float bow, float swing,
    float start, float stop, float span, float count, float flat, float lip, float fade, float depth, float *out) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const float middle = 1.0f - u[x] * u[x];
            const float at = v[y] - bow * middle * bend[y] - swing * *sway++;
            const float phase = held((at - start) / span) * count, within = phase - (float)(int)phase;
            const float drop = 1.0f - held((within - flat) / lip), inside = (float)((at > start) & (at < stop));
            *out++ = depth * within * drop * inside * (1.0f - fade * middle);
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
