/* What takes most of the time of drawing a mask, for whole arrays at once.
 *
 * Every function gives the bytes that its namesake in NumPy and OpenCV gives: the same float32 or float64 operations in
 * the same order, no function of the mathematical library, no sum whose order is left open. Compile with
 * -ffp-contract=off, or products are fused with sums and last digits differ between processors.
 *
 * Arrays are in C order. Images are (height, width, channels) of float, planes (height, width); a `stride` is how many
 * numbers a row of a part of an image begins after the one before. Nothing is kept between calls.
 */
#include <stdint.h>
#include <stdlib.h>

typedef int64_t wide;

#ifndef SOURCE
#define SOURCE "" /* else the digest of this file, by which a library of an older one is told */
#endif
const char *source(void) { return SOURCE; }

static inline float least(float a, float b) { return a < b ? a : b; }
static inline float most(float a, float b) { return a > b ? a : b; }
static inline float held(float x) { return least(most(x, 0.0f), 1.0f); }

/* The nearest integer, ties to even, as rint gives it: a float of this size has no places left for fractions. */
static inline int nearest(float x) { return (int)((x + 12582912.0f) - 12582912.0f); }
static inline wide nearest_wide(double x) { return (wide)((x + 6755399441055744.0) - 6755399441055744.0); }

/* ---- images and planes ------------------------------------------------------------------------------------------ */

/* Each pixel multiplied by the plane's; `channels` is 3 or 4. */
void scaled(const float *image, const float *plane, wide pixels, int channels, float *out) {
    if (channels == 4)
        for (wide i = 0; i < pixels; i++)
            for (int c = 0; c < 4; c++) out[4 * i + c] = image[4 * i + c] * plane[i];
    else
        for (wide i = 0; i < pixels; i++)
            for (int c = 0; c < 3; c++) out[3 * i + c] = image[3 * i + c] * plane[i];
}

/* A share of a part of an image replaced by a colour, in place. */
void lay(float *image, wide stride, const float *share, const float *colour, int width, int height) {
    const float red = colour[0], green = colour[1], blue = colour[2];
    for (int y = 0; y < height; y++, image += stride, share += width)
        for (int x = 0; x < width; x++) {
            const float of_it = share[x], rest = 1.0f - of_it;
            image[3 * x] = image[3 * x] * rest + of_it * red;
            image[3 * x + 1] = image[3 * x + 1] * rest + of_it * green;
            image[3 * x + 2] = image[3 * x + 2] * rest + of_it * blue;
        }
}

/* A premultiplied layer of four channels with one of a single colour under it: `compositing.with_under`. */
void with_under(const float *above, const float *opacity, const float *colour, wide pixels, float *out) {
    const float red = colour[0], green = colour[1], blue = colour[2], alpha = colour[3];
    for (wide i = 0; i < pixels; i++, above += 4, out += 4) {
        const float left = 1.0f - above[3];
        out[0] = above[0] + opacity[i] * red * left;
        out[1] = above[1] + opacity[i] * green * left;
        out[2] = above[2] + opacity[i] * blue * left;
        out[3] = above[3] + opacity[i] * alpha * left;
    }
}

/* Light with the grain of a photo, of such a strength: `compositing.with_grain`. */
void with_grain(const float *light, const float *grain, wide stride, float strength, int width, int height, float *out) {
    for (int y = 0; y < height; y++, grain += stride)
        for (int x = 0; x < width; x++, light += 3, out += 3) {
            const float gain = grain[x] * strength + 1.0f;
            for (int c = 0; c < 3; c++) out[c] = light[c] * gain;
        }
}

/* Opacity of a rectangle with round corners and soft edges, from how far each column lies from the nearer side and each
 * row from the nearer end: `material.round_cornered`. */
void round_cornered(const float *side, const float *end, float radius, float softness, int width, int height, float *out) {
    for (int y = 0; y < height; y++, out += width) {
        const float down = most(radius - end[y], 0.0f);
        for (int x = 0; x < width; x++) {
            const float across = most(radius - side[x], 0.0f);
            out[x] = held((radius - __builtin_sqrtf(across * across + down * down)) / softness);
        }
    }
}

/* ---- noise ------------------------------------------------------------------------------------------------------ */

/* A place in a tile that repeats, in 1/1024 of its texels, and the row of texels that look into it. */
typedef struct {
    const float *tile;
    int side; /* a power of 2 */
    int32_t x, y;
    const int32_t *by_x, *by_y; /* how much farther each texel of the row looks */
} Look;

/* The four values that lie around where a texel looks, and their shares in steps of 1/32. */
#define AROUND(look, k)                                                                              \
    const int32_t x = (look)->x + (look)->by_x[k], y = (look)->y + (look)->by_y[k];                  \
    const int last = (look)->side - 1, column = (x >> 10) & last, next = (column + 1) & last;        \
    const int row = ((y >> 10) & last) * (look)->side, under = (((y >> 10) + 1) & last) * (look)->side;\
    const float right = (float)((x >> 5) & 31) / 32.0f, below = (float)((y >> 5) & 31) / 32.0f;      \
    const float a = (look)->tile[row + column], b = (look)->tile[row + next];                        \
    const float c = (look)->tile[under + column], d = (look)->tile[under + next];                    \
    const float of_a = (1.0f - below) * (1.0f - right), of_b = (1.0f - below) * right;               \
    const float of_c = below * (1.0f - right), of_d = below * right

#if defined(__x86_64__)
int can_fuse(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

__attribute__((target("avx2,fma"))) static void fused_texels(const Look *look, int first, int end, float *restrict out) {
    for (int k = first; k < end; k++) {
        AROUND(look, k);
        out[k] = __builtin_fmaf(a, of_a, __builtin_fmaf(b, of_b, __builtin_fmaf(c, of_c, d * of_d)));
    }
}
#else
int can_fuse(void) { return 0; }

static void fused_texels(const Look *look, int first, int end, float *restrict out) {
    (void)look, (void)first, (void)end, (void)out;
}
#endif

static void other_texels(const Look *look, int first, int end, float *out) {
    for (int k = first; k < end; k++) {
        AROUND(look, k);
        out[k] = a * of_a + b * of_b + c * of_c + d * of_d;
    }
}

/* Whether a texel looks between places that the tile has when it is laid down so often each way. */
static int within(const Look *look, int repeats, int k) {
    const int32_t last = look->side * repeats - 1;
    return (look->x + look->by_x[k]) >> 10 < last && (look->y + look->by_y[k]) >> 10 < last;
}

/* A row in the blocks that OpenCV works in. It fuses products and sums for texels that look within the repeated tile,
 * but for the last ones of a run of them that fill no register. */
static void sample_row(const Look *look, int repeats, int width, int block, float *out) {
    for (int from = 0; from < width; from += block) {
        const int to = from + block < width ? from + block : width;
        for (int first = from, end; first < to; first = end) {
            const int inside = within(look, repeats, first);
            for (end = first + 1; end < to && within(look, repeats, end) == inside;) end++;
            const int fused = inside ? first + (end - first) / 16 * 16 : first;
            fused_texels(look, first, fused, out);
            other_texels(look, fused, end, out);
        }
    }
}

static void columns_of(const double *matrix, int width, int32_t *by) {
    for (int k = 0; k < width; k++) {
        by[k] = (int32_t)nearest_wide(matrix[0] * k * 1024.0);
        by[width + k] = (int32_t)nearest_wide(matrix[3] * k * 1024.0);
    }
}

static Look look_of(
    const float *tile, int side, const double *matrix, int row, const int32_t *by_x, const int32_t *by_y) {
    const int32_t x = (int32_t)nearest_wide((matrix[1] * row + matrix[2]) * 1024.0) + 16;
    const int32_t y = (int32_t)nearest_wide((matrix[4] * row + matrix[5]) * 1024.0) + 16;
    return (Look){tile, side, x, y, by_x, by_y};
}

/* A tile that is laid down so often each way, and again beyond, where a matrix (2, 3) leads from the texels of a texture,
 * to no place below 0: `noise.sampled`. Only where the processor `can_fuse`. `by` is room for two numbers a column. */
void sampled(
    const float *tile, int side, int repeats, const double *matrix, int width, int height, int32_t *by, float *out) {
    columns_of(matrix, width, by);
    const int block = 4096 / (height < 32 ? height : 32);
    for (int row = 0; row < height; row++, out += width) {
        const Look look = look_of(tile, side, matrix, row, by, by + width);
        sample_row(&look, repeats, width, block, out);
    }
}

/* A tile of three channels that repeats, likewise: `prints.tiled`. `wrapped` leads from each place to that in the tile. */
void tiled(
    const float *tile, int side, const int32_t *wrapped, const double *matrix, int width, int height, int32_t *by,
    float *out) {
    columns_of(matrix, width, by);
    for (int row = 0; row < height; row++) {
        const Look look = look_of(tile, side, matrix, row, by, by + width);
        for (int k = 0; k < width; k++, out += 3) {
            const int32_t x = look.x + look.by_x[k], y = look.y + look.by_y[k];
            const float right = (float)((x >> 5) & 31) / 32.0f, below = (float)((y >> 5) & 31) / 32.0f;
            const float *upper = tile + 3 * side * wrapped[y >> 10], *lower = tile + 3 * side * wrapped[(y >> 10) + 1];
            const int here = 3 * wrapped[x >> 10], next = 3 * wrapped[(x >> 10) + 1];
            const float of_a = (1.0f - below) * (1.0f - right), of_b = (1.0f - below) * right;
            const float of_c = below * (1.0f - right), of_d = below * right;
            for (int c = 0; c < 3; c++)
                out[c] = upper[here + c] * of_a + upper[next + c] * of_b + lower[here + c] * of_c + lower[next + c] * of_d;
        }
    }
}

/* What of a row of texels makes one texel of a shorter row: from `first` on so many, with these shares. */
typedef struct {
    int first, end;
    float before, whole, after; /* of the one before `first`, of each, and of the one at `end`; 0 where too small */
} Span;

static Span span_of(int texel, int from, int to) {
    const double scale = (double)from / to, start = texel * scale, stop = start + scale;
    const double room = scale < from - start ? scale : from - start;
    Span span = {(int)start, (int)stop, 0.0f, (float)(1.0 / room), 0.0f};
    if (span.first < start) span.first++;
    if (span.end > from - 1) span.end = from - 1;
    if (span.first > span.end) span.first = span.end;
    if (span.first - start > 1e-3) span.before = (float)((span.first - start) / room);
    const double rest = stop - span.end < 1.0 ? stop - span.end : 1.0;
    if (stop - span.end > 1e-3) span.after = (float)((rest < room ? rest : room) / room);
    return span;
}

static void add_scaled(float *sum, const float *values, float share, int count) {
    for (int k = 0; k < count; k++) sum[k] += values[k] * share;
}

static void shrink_row(const uint8_t *index, const Span *spans, const float *palette, int to, float *out) {
    for (int x = 0; x < to; x++, out += 3) {
        const Span *span = &spans[x];
        out[0] = out[1] = out[2] = 0.0f;
        if (span->before > 0.0f) add_scaled(out, palette + 3 * index[span->first - 1], span->before, 3);
        for (int k = span->first; k < span->end; k++) add_scaled(out, palette + 3 * index[k], span->whole, 3);
        if (span->after > 0.0f) add_scaled(out, palette + 3 * index[span->end], span->after, 3);
    }
}

/* A square picture of palette indices in its colours, shrunk to another side that isn't a part of its own: each texel is
 * the mean of what it covers. `rows` is room for that many shrunk rows. `prints.shrunk`. 0 where memory is short. */
int shrunk(const uint8_t *index, int from, const float *palette, int to, float *rows, float *out) {
    const int width = 3 * to;
    Span *spans = malloc((size_t)to * sizeof(Span));
    if (!spans) return 0;
    for (int k = 0; k < to; k++) spans[k] = span_of(k, from, to);
    for (int y = 0; y < from; y++) shrink_row(index + y * from, spans, palette, to, rows + y * width);
    for (int y = 0; y < to; y++, out += width) {
        const Span *span = &spans[y];
        for (int x = 0; x < width; x++) out[x] = 0.0f;
        if (span->before > 0.0f) add_scaled(out, rows + (span->first - 1) * width, span->before, width);
        for (int k = span->first; k < span->end; k++) add_scaled(out, rows + k * width, span->whole, width);
        if (span->after > 0.0f) add_scaled(out, rows + span->end * width, span->after, width);
    }
    free(spans);
    return 1;
}

/* ---- light ------------------------------------------------------------------------------------------------------ */

/* Premultiplied linear RGBA of a texture of so many texels, lit: `shading._lit_texels`. */
void lit_texels(
    const float *smooth, const float *by_x, const float *by_y, const float *slope_x, const float *slope_y,
    const float *soft_height, const float *height, const float *albedo, const float *alpha, wide texels,
    float ambient, float occlusion, float warmth, float shade_tint, float white, float least_light, float brightest,
    float *out) {
    enum { AT_ONCE = 64 };
    float red[AT_ONCE], green[AT_ONCE], blue[AT_ONCE];
    for (wide first = 0; first < texels; first += AT_ONCE) {
        const int count = (int)(texels - first < AT_ONCE ? texels - first : AT_ONCE);
        for (int k = 0; k < count; k++) { /* planes first: they fill registers, pixels don't */
            const wide i = first + k;
            const float sx = slope_x[i], sy = slope_y[i], steepness = __builtin_sqrtf(sx * sx + sy * sy + 1.0f);
            const float turned = (smooth[i] - ambient - sx * by_x[i] - sy * by_y[i]) / steepness;
            const float open = 1.0f / (1.0f + occlusion * most(soft_height[i] - height[i], 0.0f));
            const float lit = most(turned + ambient, least_light) * open, warm = warmth + shade_tint * (lit - 1.0f);
            green[k] = lit * white;
            red[k] = green[k] * (1.0f + warm);
            blue[k] = green[k] * (1.0f - warm);
        }
        for (int k = 0; k < count; k++, albedo += 3, alpha++, out += 4) {
            out[0] = least(red[k] * albedo[0], brightest) * *alpha;
            out[1] = least(green[k] * albedo[1], brightest) * *alpha;
            out[2] = least(blue[k] * albedo[2], brightest) * *alpha;
            out[3] = *alpha;
        }
    }
}

/* The layer over a part of a photo, in linear light: `compositing.blended`. `codes` leads from linear light of
 * `code_count` steps back to sRGB. */
void blended(
    const uint8_t *photo, wide stride, const float *light, const float *alpha, const float *shade,
    const float *linear, const uint8_t *codes, int code_count, int width, int height, uint8_t *out) {
    const float steps = (float)(code_count - 1), highest = (float)code_count;
    for (int y = 0; y < height; y++, photo += stride)
        for (int x = 0; x < width; x++, light += 3, alpha++, shade++, out += 3) {
            const float left = (1.0f - *shade) * (1.0f - *alpha);
            for (int c = 0; c < 3; c++) {
                const float code = (linear[photo[3 * x + c]] * left + light[c]) * steps + 0.5f;
                out[c] = codes[(int)least(most(code, 0.0f), highest)];
            }
        }
}

/* Linear light around each of the points, the mean of nine pixels in a square, or of one alone where there is no step
 * between them: `light.patch_means`. */
void patch_means(
    const uint8_t *photo, wide stride, int width, int height, const float *points, int count, double step,
    const float *linear, float *out) {
    for (int k = 0; k < count; k++, out += 3) {
        float sum[3] = {0.0f, 0.0f, 0.0f};
        for (int i = step > 0 ? 0 : 4; i < (step > 0 ? 9 : 5); i++) {
            const wide x = nearest_wide(points[2 * k] + (i / 3 - 1) * step);
            const wide y = nearest_wide(points[2 * k + 1] + (i % 3 - 1) * step);
            const wide column = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
            const wide row = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
            for (int c = 0; c < 3; c++) sum[c] += linear[photo[row * stride + 3 * column + c]];
        }
        for (int c = 0; c < 3; c++) out[c] = sum[c] / (step > 0 ? 9.0f : 1.0f);
    }
}

/* Unit normals and unit tangents across and down of each cell between points (rows, columns, 3): `shading.cell_frames`. */
static void to_unit(const double *vector, double *out) {
    const double length = __builtin_sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
    const double by = length > 1e-9 ? length : 1e-9;
    for (int k = 0; k < 3; k++) out[k] = vector[k] / by;
}

void cell_frames(const double *points, int rows, int columns, double *normal, double *along, double *down) {
    const int row = 3 * columns;
    for (int r = 0; r < rows - 1; r++)
        for (int c = 0; c < columns - 1; c++, normal += 3, along += 3, down += 3) {
            const double *a = points + r * row + 3 * c, *b = a + 3, *d = a + row, *e = d + 3; /* a b over d e */
            double s[3], t[3];
            for (int k = 0; k < 3; k++) {
                s[k] = b[k] + e[k] - a[k] - d[k];
                t[k] = d[k] + e[k] - a[k] - b[k];
            }
            const double n[3] = {t[1] * s[2] - t[2] * s[1], t[2] * s[0] - t[0] * s[2], t[0] * s[1] - t[1] * s[0]};
            to_unit(n, normal);
            to_unit(s, along);
            to_unit(t, down);
        }
}

/* ---- the sheet -------------------------------------------------------------------------------------------------- */

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

/* ---- what the camera sees --------------------------------------------------------------------------------------- */

enum { FRACTION = 16, FINE = 65536 }; /* of a pixel: what corners are rounded to, and how finely edges are followed */

static wide fine(int fractions) { return (wide)fractions * (FINE / FRACTION); }

typedef struct {
    int x[3], y[3];  /* corners in FRACTIONs of a pixel */
    float across[3]; /* u = across[0] x + across[1] y + across[2] */
    float down[3];   /* v likewise */
    float depth;
    int number;
} Triangle;

typedef struct {
    int *triangle; /* of each pixel, counted from 1; 0 for none */
    int left, top, width, height;
} Canvas;

static void put(const Canvas *on, wide x, wide y, int value) {
    if (x >= 0 && x < on->width && y >= 0 && y < on->height) on->triangle[y * on->width + x] = value;
}

static int beyond(wide x, wide y, wide right, wide bottom) {
    return (x < 0) | (x > right) << 1 | (y < 0) << 2 | (y > bottom) << 3;
}

typedef struct {
    wide x[2], y[2]; /* of both ends, in FINEs of a pixel */
} Line;

/* Moves the ends that lie beyond the canvas to its edges, first from above or below, then from beside; 0 where nothing
 * of the line lies on it. */
static int moved_in(Line *line, wide right, wide bottom) {
    wide *x = line->x, *y = line->y;
    int sides[2] = {beyond(x[0], y[0], right, bottom), beyond(x[1], y[1], right, bottom)};
    for (int pass = 0; pass < 2 && !(sides[0] & sides[1]) && (sides[0] | sides[1]); pass++)
        for (int k = 0; k < 2; k++) {
            const int out = sides[k] & (pass ? 3 : 12);
            if (!out) continue;
            const double run = (double)(x[1] - x[0]), rise = (double)(y[1] - y[0]);
            const wide edge = out & 5 ? 0 : pass ? right : bottom;
            if (pass) {
                y[k] += (wide)((double)(edge - x[k]) * rise / run);
                x[k] = edge;
            } else {
                x[k] += (wide)((double)(edge - y[k]) * run / rise);
                y[k] = edge;
            }
            sides[k] = beyond(x[k], y[k], right, bottom);
        }
    return !(sides[0] | sides[1]);
}

/* A line one pixel wide: a pixel a column where it runs more across than down, else a pixel a row. */
static void draw_line(const Canvas *on, Line line, int value) {
    if (!moved_in(&line, (wide)on->width * FINE - 1, (wide)on->height * FINE - 1)) return;
    const wide run = line.x[1] - line.x[0], rise = line.y[1] - line.y[0];
    const wide far_across = run < 0 ? -run : run, far_down = rise < 0 ? -rise : rise;
    const int across = far_across > far_down, first = (across ? run : rise) < 0;
    const wide side = first ? -1 : 1;
    put(on, (line.x[!first] + FINE / 2) >> 16, (line.y[!first] + FINE / 2) >> 16, value);
    wide x = line.x[first] + FINE / 2, y = line.y[first] + FINE / 2;
    if (across) {
        const wide step = side * rise * FINE / (far_across | 1);
        x >>= 16;
        for (wide left = far_across >> 16; left >= 0; left--, x++, y += step) put(on, x, y >> 16, value);
    } else {
        const wide step = side * run * FINE / (far_down | 1);
        y >>= 16;
        for (wide left = far_down >> 16; left >= 0; left--, y++, x += step) put(on, x >> 16, y, value);
    }
}

static int row_of(int y) { return (y + FRACTION / 2) >> 4; }

/* One of the two sides along which a triangle is filled from its topmost corner down. */
typedef struct {
    int corner, turn; /* where its present edge ends, and by how much the next corner's number is higher */
    int until;        /* the row where that edge ends */
    wide x, step;     /* where it is, and by how much it moves a row */
} Side;

/* Goes on to the edge that leads below this row; 0 where none of those that are `left` does. */
static int next_edge(Side *side, const Triangle *t, int row, int *left) {
    int from = side->corner;
    while ((*left)-- > 0) {
        const int to = (from + side->turn) % 3;
        const wide rows = row_of(t->y[to]) - row;
        if (rows > 0) {
            side->x = fine(t->x[from]);
            side->step = ((fine(t->x[to]) - side->x) * 2 + rows) / (2 * rows);
            side->until = row + (int)rows;
            side->corner = to;
            return 1;
        }
        from = to;
    }
    return 0;
}

static void fill_row(const Canvas *on, int row, wide from, wide to, int value) {
    wide first = (from + FINE / 2) >> 16, last = (to + FINE / 2) >> 16;
    if (first < 0) first = 0;
    if (last > on->width - 1) last = on->width - 1;
    int *pixels = on->triangle + (wide)row * on->width;
    for (wide x = first; x <= last; x++) pixels[x] = value;
}

/* The pixels that cv2.fillConvexPoly fills with LINE_8: the outline, and what lies between the edges in each row. */
static void draw_triangle(const Canvas *on, const Triangle *t) {
    int top = 0, bottom_row = row_of(t->y[0]), left = 3;
    for (int k = 0; k < 3; k++) {
        const int before = (k + 2) % 3;
        const Line edge = {{fine(t->x[before]), fine(t->x[k])}, {fine(t->y[before]), fine(t->y[k])}};
        draw_line(on, edge, t->number);
        if (t->y[k] < t->y[top]) top = k;
        if (row_of(t->y[k]) > bottom_row) bottom_row = row_of(t->y[k]);
    }
    const int top_row = row_of(t->y[top]);
    Side sides[2] = {{top, 1, top_row, -FINE, 0}, {top, 2, top_row, -FINE, 0}};
    for (int row = top_row; row <= bottom_row && row < on->height; row++) {
        for (int s = 0; s < 2; s++)
            if (row >= sides[s].until && !next_edge(&sides[s], t, row, &left)) return;
        const int right = sides[0].x <= sides[1].x;
        if (row >= 0) fill_row(on, row, sides[!right].x, sides[right].x, t->number);
        for (int s = 0; s < 2; s++) sides[s].x += sides[s].step;
    }
}

typedef struct {
    const float *points, *depth; /* x and y of each point in pixels, and how far away it is */
    int rows, columns;
} Grid;

/* From its three points to where it looks into the texture; 0 where it turns away from the viewer. */
static int set_triangle(Triangle *t, const Grid *grid, const Canvas *on, const int *corner) {
    float x[3], y[3], u[3], v[3];
    for (int k = 0; k < 3; k++) {
        x[k] = grid->points[2 * corner[k]] - (float)on->left;
        y[k] = grid->points[2 * corner[k] + 1] - (float)on->top;
        u[k] = (float)((corner[k] % grid->columns) * (1.0 / (grid->columns - 1)));
        v[k] = (float)((corner[k] / grid->columns) * (1.0 / (grid->rows - 1)));
        t->x[k] = nearest(x[k] * FRACTION);
        t->y[k] = nearest(y[k] * FRACTION);
    }
    const float ax = x[1] - x[0], ay = y[1] - y[0], bx = x[2] - x[0], by = y[2] - y[0], area = ax * by - ay * bx;
    if (!(area > 1e-3f)) return 0;
    const float au = u[1] - u[0], bu = u[2] - u[0], av = v[1] - v[0], bv = v[2] - v[0];
    t->across[0] = (au * by - bu * ay) / area;
    t->across[1] = (bu * ax - au * bx) / area;
    t->across[2] = u[0] - t->across[0] * x[0] - t->across[1] * y[0];
    t->down[0] = (av * by - bv * ay) / area;
    t->down[1] = (bv * ax - av * bx) / area;
    t->down[2] = v[0] - t->down[0] * x[0] - t->down[1] * y[0];
    t->depth = (grid->depth[corner[0]] + grid->depth[corner[1]] + grid->depth[corner[2]]) / 3.0f;
    return 1;
}

/* Far ones first; of two as far the one that comes first in the grid. */
static int farther(const void *one, const void *other) {
    const Triangle *a = one, *b = other;
    return a->depth != b->depth ? (a->depth > b->depth ? -1 : 1) : a->number - b->number;
}

/* The front-facing triangles of a grid, far ones first; how many there are. */
static int seen_triangles(Triangle *list, const Grid *grid, const Canvas *on) {
    const int columns = grid->columns, across = columns - 1, cells = (grid->rows - 1) * across;
    int count = 0;
    for (int number = 0; number < 2 * cells; number++) {
        const int cell = number % cells, a = cell / across * columns + cell % across, c = a + columns + 1;
        const int corner[3] = {a, number < cells ? a + 1 : c, number < cells ? c : c - 1};
        list[count].number = number + 1;
        count += set_triangle(&list[count], grid, on, corner);
    }
    qsort(list, (size_t)count, sizeof(Triangle), farther);
    return count;
}

/* How much of the pixel and of those to its right and below is covered; at the far edges those before do for them. */
static float coverage(const Canvas *on, int x, int y) {
    const int *row = on->triangle + (wide)y * on->width;
    const int right = x + 1 < on->width ? x + 1 : x > 0 ? x - 1 : 0;
    const int *beside = y + 1 < on->height ? row + on->width : y > 0 ? row - on->width : row;
    return 0.25f * (float)((row[x] > 0) + (row[right] > 0) + (beside[x] > 0) + (beside[right] > 0));
}

typedef struct {
    const float *texels;
    int width, height;
} Texture;

typedef float Pixel __attribute__((vector_size(16), aligned(4), may_alias)); /* four channels */

/* Four channels at a place of a texture, by linear interpolation between texels in steps of 1/32. */
static inline void look_up(const Texture *from, float column, float row, float by, float *out) {
    const int x = nearest(column * 32.0f), y = nearest(row * 32.0f);
    const float right = (float)(x & 31) / 32.0f, below = (float)(y & 31) / 32.0f;
    const Pixel *here = (const Pixel *)from->texels + (wide)(y >> 5) * from->width + (x >> 5);
    const Pixel *beneath = (y >> 5) + 1 < from->height ? here + from->width : here;
    const int next = (x >> 5) + 1 < from->width; /* beyond the last one the share is 0 */
    const Pixel upper = here[0] * ((1.0f - below) * (1.0f - right)) + here[next] * ((1.0f - below) * right);
    *(Pixel *)out = (upper + beneath[0] * (below * (1.0f - right)) + beneath[next] * (below * right)) * by;
}

static void sample_texture(const Canvas *on, const Triangle *const *of, const Texture *from, float *body, wide stride) {
    const float widest = (float)(from->width - 1), highest = (float)(from->height - 1);
    for (int y = 0; y < on->height; y++)
        for (int x = 0; x < on->width; x++) {
            const int number = on->triangle[(wide)y * on->width + x];
            if (!number) continue;
            const Triangle *t = of[number];
            const float u = held(t->across[0] * (float)x + t->across[1] * (float)y + t->across[2]);
            const float v = held(t->down[0] * (float)x + t->down[1] * (float)y + t->down[2]);
            look_up(from, u * widest, v * highest, coverage(on, x, y), body + y * stride + 4 * x);
        }
}

/* The grid on the canvas and the texture on the grid; 0 where memory is short. */
static int draw_grid(Canvas *on, const Grid *grid, const Texture *texture, float *body, wide stride) {
    const size_t all = 2 * (size_t)(grid->rows - 1) * (size_t)(grid->columns - 1);
    on->triangle = calloc((size_t)on->width * (size_t)on->height, sizeof(int));
    Triangle *list = malloc(all * sizeof(Triangle));
    const Triangle **of = malloc((all + 1) * sizeof(*of));
    const int enough = on->triangle && list && of;
    if (enough) {
        const int count = seen_triangles(list, grid, on);
        for (int k = 0; k < count; k++) {
            of[list[k].number] = &list[k];
            draw_triangle(on, &list[k]);
        }
        sample_texture(on, of, texture, body, stride);
    }
    free(of);
    free(list);
    free(on->triangle);
    return enough;
}

/* The first pixel from 0 to `end` that something from x on touches, and the one after the last up to x and one more. */
static int first_pixel(float x, int end) { return x <= 0.0f ? 0 : x >= (float)end ? end : (int)x; }
static int end_pixel(float x, int end) {
    const int below = first_pixel(x, end), last = (float)below < x ? below + 1 : below;
    return x <= -1.0f ? 0 : last < end ? last + 1 : end;
}

/* A texture (texture_height, texture_width, 4) as the camera sees it on a grid with these points and depths, on a body
 * (height, width, 4) of zeros: `shading.seen_by_camera`. 0 where memory is short. */
int seen_by_camera(
    const float *texture, int texture_width, int texture_height, const float *points, const float *depth, int rows,
    int columns, int width, int height, float *body) {
    float left = points[0], right = left, top = points[1], bottom = top;
    for (int k = 1; k < rows * columns; k++) {
        left = least(left, points[2 * k]);
        right = most(right, points[2 * k]);
        top = least(top, points[2 * k + 1]);
        bottom = most(bottom, points[2 * k + 1]);
    }
    Canvas on = {NULL, first_pixel(left, width), first_pixel(top, height), 0, 0};
    on.width = end_pixel(right, width) - on.left;
    on.height = end_pixel(bottom, height) - on.top;
    if (on.width <= 0 || on.height <= 0) return 1;
    const Grid grid = {points, depth, rows, columns};
    const Texture from = {texture, texture_width, texture_height};
    return draw_grid(&on, &grid, &from, body + 4 * ((wide)on.top * width + on.left), 4 * (wide)width);
}
