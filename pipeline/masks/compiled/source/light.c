/* Light: what falls on a face, how a sheet turns to it, and what of it each texel returns. */
#include "kernels.h"

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

/* Linear light around a point: the mean of nine pixels in a square, or that of one where there is no step between. */
static void mean_around(
    const uint8_t *photo, wide stride, int width, int height, const float *point, double step, const float *linear,
    float *out) {
    float sum[3] = {0.0f, 0.0f, 0.0f};
    for (int i = step > 0 ? 0 : 4; i < (step > 0 ? 9 : 5); i++) {
        const wide x = nearest_wide(point[0] + (i / 3 - 1) * step), y = nearest_wide(point[1] + (i % 3 - 1) * step);
        const wide column = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
        const wide row = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
        for (int c = 0; c < 3; c++) sum[c] += linear[photo[row * stride + 3 * column + c]];
    }
    for (int c = 0; c < 3; c++) out[c] = step > 0 ? sum[c] / 9.0f : sum[c];
}

/* Of points of the skin those in the photo whose normals, turned as the head is, face the viewer by more than `facing`:
 * how many, the linear light around each, and its turned normal. `light.seen_skin`. */
int seen_skin(
    const uint8_t *photo, wide stride, int width, int height, const float *points, const double *normals, int count,
    const double *rotation, double step, double facing, const float *linear, float *colours, double *turned) {
    const float right = (float)(width - 1), bottom = (float)(height - 1);
    int seen = 0;
    for (int k = 0; k < count; k++, points += 2, normals += 3) {
        double *normal = turned + 3 * seen;
        for (int i = 0; i < 3; i++) {
            const double *row = rotation + 3 * i;
            normal[i] = normals[0] * row[0] + normals[1] * row[1] + normals[2] * row[2];
        }
        const int inside = points[0] >= 0.0f && points[1] >= 0.0f && points[0] < right && points[1] < bottom;
        if (inside && normal[2] < facing) mean_around(photo, stride, width, height, points, step, linear, colours + 3 * seen++);
    }
    return seen;
}

/* The product of a vector's direction and another vector. */
static double on_unit(const double *vector, const double *other) {
    const double length = __builtin_sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]);
    const double by = length > 1e-9 ? length : 1e-9;
    return vector[0] / by * other[0] + vector[1] / by * other[1] + vector[2] / by * other[2];
}

/* How much light each cell between points gets, and how much more for each mm that it rises across and down, where a
 * surface with the unit normal n gets light[0] + n light[1..3]: `shading.cell_light`. */
void cell_light(
    const double *points, int rows, int columns, const double *light, double *lit, double *along, double *down) {
    const int row = 3 * columns;
    for (int r = 0; r < rows - 1; r++)
        for (int c = 0; c < columns - 1; c++) {
            const double *a = points + r * row + 3 * c, *b = a + 3, *d = a + row, *e = d + 3; /* a b over d e */
            double s[3], t[3];
            for (int k = 0; k < 3; k++) {
                s[k] = b[k] + e[k] - a[k] - d[k];
                t[k] = d[k] + e[k] - a[k] - b[k];
            }
            const double n[3] = {t[1] * s[2] - t[2] * s[1], t[2] * s[0] - t[0] * s[2], t[0] * s[1] - t[1] * s[0]};
            *lit++ = light[0] + on_unit(n, light + 1);
            *along++ = on_unit(s, light + 1);
            *down++ = on_unit(t, light + 1);
        }
}

/* How much light of each colour there is over a mask, from what changes slowly over it: `tone.toned`. */
void toned(
    const float *soft, const float *patches, const float *glow, const float *u, const float *v, int width, int height,
    float mottle, float down, float across, float red_across, float red_down, float blue_across, float blue_down,
    float blotch, float bounce, float *out) {
    for (int y = 0; y < height; y++) {
        const float below = v[y] - 0.5f;
        for (int x = 0; x < width; x++, soft++, patches++, glow++, out += 3) {
            const float tone = *soft * mottle + (1.0f + down * below + across * u[x]);
            const float patch = *patches * blotch + *glow * bounce;
            out[0] = tone * (1.0f + red_across * u[x] + red_down * below + patch);
            out[1] = tone;
            out[2] = tone * (1.0f + blue_across * u[x] + blue_down * below - patch);
        }
    }
}
