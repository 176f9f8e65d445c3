/* Pictures made smaller by the mean over each pixel's area.
 *
 * `shrunk_by_area` gives the bytes that OpenCV's INTER_AREA gives where a side shrinks by no whole number: the same
 * float32 products and sums in the same order, none fused (-ffp-contract=off). OpenCV goes through a table of places and
 * shares, one colour after another; here every pixel has as many shares, some of them 0, and four lanes hold its colours.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef SOURCE
#define SOURCE "" /* else the digest of this folder's files, by which a library of older ones is told */
#endif
const char *source(void) { return SOURCE; }

/* How the `size` pixels of a side are shared among `wanted` ones: each takes `most` of them, from `first` on. */
struct side {
    int size, wanted, most;
    double scale;
    int *first;
    float *shares;
};

/* The pixels that lie whole in a wider one, and whether it begins or ends within another. */
struct span {
    int from, to, begins, ends;
    double start, end;
};

static struct span spanned(const struct side *side, int at) {
    struct span span = {.start = at * side->scale};
    span.end = span.start + side->scale;
    span.from = (int)span.start + (span.start > (int)span.start);
    span.to = (int)span.end < side->size - 1 ? (int)span.end : side->size - 1;
    if (span.from > span.to) span.from = span.to;
    span.begins = span.from - span.start > 1e-3;
    span.ends = span.end - span.to > 1e-3;
    return span;
}

static double smaller(double a, double b) { return a < b ? a : b; }

static void share_out(struct side *side) {
    for (int at = 0; at < side->wanted; at++) {
        const struct span span = spanned(side, at);
        const double whole = smaller(side->scale, side->size - span.start);
        float *shares = side->shares + (int64_t)at * side->most;
        int count = 0;
        side->first[at] = span.from - span.begins;
        if (span.begins) shares[count++] = (float)((span.from - span.start) / whole);
        for (int k = span.from; k < span.to; k++) shares[count++] = (float)(1.0 / whole);
        if (span.ends) shares[count++] = (float)(smaller(smaller(span.end - span.to, 1.0), whole) / whole);
        while (count < side->most) shares[count++] = 0.0f;
    }
}

/* 0 where there is no room. */
static int prepared(struct side *side) {
    side->scale = 1.0 / ((double)side->wanted / side->size);
    for (int at = 0; at < side->wanted; at++) {
        const struct span span = spanned(side, at);
        const int count = span.begins + span.to - span.from + span.ends;
        if (count > side->most) side->most = count;
    }
    side->first = malloc(sizeof(int) * (size_t)side->wanted);
    side->shares = malloc(sizeof(float) * (size_t)side->wanted * (size_t)side->most);
    if (!side->first || !side->shares) return 0;
    share_out(side);
    return 1;
}

#ifdef __SSE2__
#include <emmintrin.h>

typedef __m128 colour;

static inline colour black(void) { return _mm_setzero_ps(); }

/* Four bytes, the last of which belongs to the next pixel, or to nothing. */
static inline colour read_colour(const uint8_t *at) {
    int32_t four;
    memcpy(&four, at, 4);
    const __m128i none = _mm_setzero_si128();
    return _mm_cvtepi32_ps(_mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(four), none), none));
}

static inline colour plus(colour sum, colour more, float share) {
    return _mm_add_ps(sum, _mm_mul_ps(more, _mm_set1_ps(share)));
}

static inline void write_colour(uint8_t *to, colour from) {
    const __m128i whole = _mm_cvtps_epi32(from), narrow = _mm_packs_epi32(whole, whole);
    const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(narrow, narrow));
    memcpy(to, &four, 3);
}
#else
typedef struct {
    float lanes[3];
} colour;

static inline colour black(void) { return (colour){{0.0f, 0.0f, 0.0f}}; }
static inline colour read_colour(const uint8_t *at) { return (colour){{at[0], at[1], at[2]}}; }

static inline colour plus(colour sum, colour more, float share) {
    for (int k = 0; k < 3; k++) sum.lanes[k] += more.lanes[k] * share;
    return sum;
}

static inline void write_colour(uint8_t *to, colour from) {
    for (int k = 0; k < 3; k++) to[k] = (uint8_t)((from.lanes[k] + 12582912.0f) - 12582912.0f);
}
#endif

/* One line of the picture, `share` of it added to the line of wider pixels. */
static void add_line(const struct side *across, const uint8_t *line, float share, colour *sums) {
    for (int at = 0; at < across->wanted; at++) {
        const uint8_t *from = line + 3 * across->first[at];
        const float *shares = across->shares + (int64_t)at * across->most;
        colour sum = black();
        for (int k = 0; k < across->most; k++) sum = plus(sum, read_colour(from + 3 * k), shares[k]);
        sums[at] = plus(sums[at], sum, share);
    }
}

static void shrink(const uint8_t *rgb, int64_t row, const struct side *across, const struct side *down, uint8_t *line,
                   colour *sums, uint8_t *out) {
    for (int at = 0; at < down->wanted; at++) {
        const float *shares = down->shares + (int64_t)at * down->most;
        for (int k = 0; k < across->wanted; k++) sums[k] = black();
        for (int k = 0; k < down->most && shares[k] > 0.0f; k++) {
            memcpy(line, rgb + (down->first[at] + k) * row, 3 * (size_t)across->size);
            add_line(across, line, shares[k], sums);
        }
        for (int k = 0; k < across->wanted; k++, out += 3) write_colour(out, sums[k]);
    }
}

/* A picture of `width` x `height` pixels, `row` bytes a line, made smaller; 0 where there is no room for it. */
int shrunk_by_area(const uint8_t *rgb, int64_t row, int width, int height, int out_width, int out_height, uint8_t *out) {
    struct side across = {.size = width, .wanted = out_width}, down = {.size = height, .wanted = out_height};
    const int able = prepared(&across) & prepared(&down);
    /* Shares of 0 are of pixels beyond the line's end. */
    uint8_t *line = calloc(3 * ((size_t)width + (size_t)across.most) + 1, 1);
    colour *sums = malloc(sizeof(colour) * (size_t)out_width);
    if (able && line && sums) shrink(rgb, row, &across, &down, line, sums, out);
    const int done = able && line && sums;
    free(across.first), free(across.shares), free(down.first), free(down.shares), free(line), free(sums);
    return done;
}
