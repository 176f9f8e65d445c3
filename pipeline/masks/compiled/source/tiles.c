/* Tiles that repeat, noise and prints, as a texture sees them. */
#include "kernels.h"

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
int can_fuse(void) { return 1; }
#else
int can_fuse(void) { return 0; }
#endif

FUSING static void fused_texels(const Look *look, int first, int end, float *restrict out) {
    for (int k = first; k < end; k++) {
        AROUND(look, k);
        out[k] = fused(a, of_a, fused(b, of_b, fused(c, of_c, d * of_d)));
    }
}

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
static void sample_row(const Look *look, int repeats, int width, int block, int at_once, float *out) {
    const int all = within(look, repeats, 0) && within(look, repeats, width - 1); /* places grow or fall along a row */
    for (int from = 0; from < width; from += block) {
        const int to = from + block < width ? from + block : width;
        for (int first = from, end; first < to; first = end) {
            const int inside = all || within(look, repeats, first);
            for (end = all ? to : first + 1; end < to && within(look, repeats, end) == inside;) end++;
            const int fused = inside ? first + (end - first) / at_once * at_once : first;
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

/* A tile that is laid down so often each way, and again beyond, where a matrix (2, 3) leads from a texture's texels, to
 * no place below 0: `noise.sampled`. Only where a kernel `can_fuse`; OpenCV does so with so many texels `at_once`.
 * `by` is room for two numbers a column. */
void sampled(
    const float *tile, int side, int repeats, double xx, double xy, double x, double yx, double yy, double y, int width,
    int height, int at_once, int32_t *by, float *out) {
    const double matrix[] = {xx, xy, x, yx, yy, y};
    columns_of(matrix, width, by);
    const int block = 4096 / (height < 32 ? height : 32);
    for (int row = 0; row < height; row++, out += width) {
        const Look look = look_of(tile, side, matrix, row, by, by + width);
        sample_row(&look, repeats, width, block, at_once, out);
    }
}

/* A tile of three channels that repeats, likewise: `prints.tiled`. `wrapped` leads from a place to that in the tile. */
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
            for (int c = 0; c < 3; c++) {
                const float above = upper[here + c] * of_a + upper[next + c] * of_b;
                out[c] = above + lower[here + c] * of_c + lower[next + c] * of_d;
            }
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

/* A square picture of palette indices in its colours, shrunk to a side that isn't a part of its own: each texel is the
 * mean of what it covers. `rows` is room for that many shrunk rows. `prints.shrunk`. 0 where memory is short. */
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
