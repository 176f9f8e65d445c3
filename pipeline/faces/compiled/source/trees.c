/* Landmarks by an ensemble of regression trees.
 *
 * `predicted` gives the bytes that its namesake in NumPy gives (regression_trees.py): the same operations in the same
 * order, none fused (-ffp-contract=off), none of the mathematical library.
 */
#include <stdint.h>

#ifndef SOURCE
#define SOURCE "" /* else the digest of this folder's files, by which a library of older ones is told */
#endif
const char *source(void) { return SOURCE; }

enum { POINTS = 68, NUMBERS = 2 * POINTS, TREES = 500, SPLITS = 15, LEAVES = 16, SPOTS = 500 };

/* Leaves are fetched so many trees before they are added: each lies in a cold place of a file of 66 MB. */
enum { AHEAD = 6, NUMBERS_A_LINE = 16 };

/* `CASCADE` in regression_trees.py. Shapes hold all x, then all y. */
struct cascade {
    float start[NUMBERS];
    int16_t near[SPOTS];
    float beside[2][SPOTS];
    int16_t first[TREES][LEAVES], second[TREES][LEAVES], threshold[TREES][LEAVES];
    float leaves[TREES][LEAVES][NUMBERS];
};

/* A photo of `row` bytes a line, and the corner and the sides of the box, whose units shapes are given in. */
struct view {
    const uint8_t *rgb;
    int64_t row, width, height;
    const double *corner, *sides;
};

static int64_t floored(double x) {
    const int64_t whole = (int64_t)x;
    return whole - (x < (double)whole);
}

static int64_t pixel(const struct view *view, int axis, float x) {
    return floored((double)x * view->sides[axis] + view->corner[axis]);
}

/* The mean of red, green and blue, 0 outside the photo. */
static int16_t grey(const struct view *view, float x, float y) {
    const int64_t column = pixel(view, 0, x), row = pixel(view, 1, y);
    if (column < 0 || row < 0 || column >= view->width || row >= view->height) return 0;
    const uint8_t *at = view->rgb + row * view->row + 3 * column;
    return (int16_t)((at[0] + at[1] + at[2]) / 3);
}

/* The grey values at the spots, which lie beside the points of a shape that is turned and scaled. */
static void look(const struct cascade *cascade, const double *turn, const float *shape, const struct view *view,
                 int16_t *seen) {
    double cosine = 0.0, sine = 0.0;
    for (int k = 0; k < NUMBERS; k++) {
        cosine += turn[2 * k] * (double)shape[k];
        sine += turn[2 * k + 1] * (double)shape[k];
    }
    const float cos = (float)cosine, sin = (float)sine;
    for (int k = 0; k < SPOTS; k++) {
        const float right = cascade->beside[0][k], down = cascade->beside[1][k];
        const float *near = shape + cascade->near[k];
        seen[k] = grey(view, cos * right + sin * -down + near[0], cos * down + sin * right + near[POINTS]);
    }
}

static const float *leaf(const struct cascade *cascade, int tree, const int16_t *seen) {
    int node = 0;
    while (node < SPLITS) {
        const int brighter = seen[cascade->first[tree][node]] - seen[cascade->second[tree][node]];
        node = 2 * node + (brighter > cascade->threshold[tree][node] ? 1 : 2);
    }
    return cascade->leaves[tree][node - SPLITS];
}

/* The points `(68, 2)` of the face in a box; `turn` `(136, 2)` finds how a shape lies against the starting shape. */
void predicted(const struct cascade *cascades, int count, const double *turn, const uint8_t *rgb, int64_t row,
               int64_t width, int64_t height, const double *corner, const double *sides, float *points) {
    const struct view view = {rgb, row, width, height, corner, sides};
    float shape[NUMBERS];
    for (int k = 0; k < NUMBERS; k++) shape[k] = cascades->start[k];
    for (int c = 0; c < count; c++) {
        int16_t seen[SPOTS];
        const float *leaves[TREES];
        look(cascades + c, turn, shape, &view, seen);
        for (int t = 0; t < TREES; t++) leaves[t] = leaf(cascades + c, t, seen);
        for (int t = 0; t < TREES; t++) {
            if (t + AHEAD < TREES)
                for (int k = 0; k < NUMBERS; k += NUMBERS_A_LINE) __builtin_prefetch(leaves[t + AHEAD] + k);
            for (int k = 0; k < NUMBERS; k++) shape[k] += leaves[t][k];
        }
    }
    for (int k = 0; k < POINTS; k++)
        for (int axis = 0; axis < 2; axis++)
            points[2 * k + axis] = (float)pixel(&view, axis, shape[axis * POINTS + k]);
}
