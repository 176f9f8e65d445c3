/* Images and planes, layers and photos: arithmetic a pixel at a time. */
#include "kernels.h"

#ifndef SOURCE
#define SOURCE "" /* else the digest of these files, by which a library of older ones is told */
#endif
const char *source(void) { return SOURCE; }

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

/* Light and alpha of a premultiplied layer of four channels, the light with the grain of a photo, of such a strength:
 * `compositing.grained`. */
void grained(
    const float *layer, const float *grain, wide stride, float strength, int width, int height, float *light,
    float *alpha) {
    for (int y = 0; y < height; y++, grain += stride)
        for (int x = 0; x < width; x++, layer += 4, light += 3) {
            if (x % 16 == 0) __builtin_prefetch(grain + 2 * stride + x); /* rows of the field lie far apart */
            const float gain = grain[x] * strength + 1.0f;
            for (int c = 0; c < 3; c++) light[c] = layer[c] * gain;
            *alpha++ = layer[3];
        }
}

/* Opacity of a rectangle with round corners and soft edges, from how far each column lies from the nearer side and each
 * row from the nearer end: `material.round_cornered`. */
void round_cornered(
    const float *side, const float *end, float radius, float softness, int width, int height, float *out) {
    for (int y = 0; y < height; y++, out += width) {
        const float down = most(radius - end[y], 0.0f);
        for (int x = 0; x < width; x++) {
            const float across = most(radius - side[x], 0.0f);
            out[x] = held((radius - __builtin_sqrtf(across * across + down * down)) / softness);
        }
    }
}

/* Rows of `width` numbers between those of an array of `height` rows, each a share of the way from the row `above` to the
 * one after it: `enlarging.rows_between`. Only where a kernel `can_fuse`. */
FUSING void rows_between(
    const float *rows, wide height, wide width, const int32_t *above, const float *share, wide count, float *out) {
    for (wide row = 0; row < count; row++, out += width) {
        const float *upper = rows + above[row] * width, *lower = above[row] + 1 < height ? upper + width : upper;
        for (wide k = 0; k < width; k++) out[k] = fused(lower[k] - upper[k], share[row], upper[k]);
    }
}

static inline int code_of(float light, float steps, float highest) {
    return (int)least(most(light * steps + 0.5f, 0.0f), highest);
}

/* The layer over a part of a photo, in linear light: `compositing.blended`. `codes` leads from linear light of
 * `code_count` steps back to sRGB. */
void blended(
    const uint8_t *photo, wide stride, const float *light, const float *alpha, const float *shade,
    const float *linear, const uint8_t *codes, int code_count, int width, int height, uint8_t *out) {
    const float steps = (float)(code_count - 1), highest = (float)code_count;
    uint8_t untouched[256]; /* what becomes of each code where nothing lies over it: over half of most windows */
    for (int code = 0; code < 256; code++) untouched[code] = codes[code_of(linear[code], steps, highest)];
    for (int y = 0; y < height; y++, photo += stride)
        for (int x = 0; x < width; x++, light += 3, alpha++, shade++, out += 3) {
            const float left = (1.0f - *shade) * (1.0f - *alpha);
            const uint8_t *under = photo + 3 * x;
            if (left == 1.0f && light[0] == 0.0f && light[1] == 0.0f && light[2] == 0.0f)
                for (int c = 0; c < 3; c++) out[c] = untouched[under[c]];
            else
                for (int c = 0; c < 3; c++) out[c] = codes[code_of(linear[under[c]] * left + light[c], steps, highest)];
        }
}

/* The quantile of numbers by linear interpolation; they are put into another order. `image_arithmetic.quantile32`. */
float quantile(float *values, wide count, double share) {
    const double at = share * (double)(count - 1);
    const wide low = (wide)at;
    for (wide left = 0, right = count - 1; left < right;) { /* Hoare's selection, until all up to `low` are no greater */
        const float pivot = values[low];
        wide i = left, j = right;
        while (i <= j) {
            while (values[i] < pivot) i++;
            while (pivot < values[j]) j--;
            if (i > j) break;
            const float value = values[i];
            values[i++] = values[j];
            values[j--] = value;
        }
        if (j < low) left = i;
        if (low < i) right = j;
    }
    float next = low + 1 < count ? values[low + 1] : values[low];
    for (wide k = low + 2; k < count; k++) next = least(next, values[k]);
    return values[low] + (next - values[low]) * (float)(at - (double)low);
}

static float steepness(float across, float down) { return __builtin_sqrtf(across * across + down * down); }

/* How many times steeper a picture's steepest edges are than in one that was blurred, in the median, from how much
 * brighter each pixel is to the right and down: `compositing.flattening`. `room` is for two numbers a pixel. */
float flattening(
    const float *across, const float *down, const float *blurred_across, const float *blurred_down, int width,
    int height, int every, double share, float *room) {
    const wide pixels = (wide)width * height;
    float *steep = room, *some = room + pixels;
    wide count = 0;
    for (wide i = 0; i < pixels; i++) steep[i] = steepness(across[i], down[i]);
    for (int y = 0; y < height; y += every)
        for (int x = 0; x < width; x += every) some[count++] = steep[(wide)y * width + x];
    const float least_steep = quantile(some, count, share);
    count = 0;
    for (wide i = 0; i < pixels; i++)
        if (steep[i] >= least_steep) some[count++] = steep[i] / most(steepness(blurred_across[i], blurred_down[i]), 1e-6f);
    return quantile(some, count, 0.5);
}
