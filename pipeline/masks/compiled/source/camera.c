/* A textured grid of points as the camera sees it. */
#include "triangles.h"

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

/* How many of each pixel of a row and that below it are covered; at the far edge the row before does for it. */
static void count_covered(const Canvas *on, int y, uint8_t *covered) {
    const int *row = on->triangle + (wide)y * on->width;
    const int *beside = y + 1 < on->height ? row + on->width : y > 0 ? row - on->width : row;
    for (int x = 0; x < on->width; x++) covered[x] = (uint8_t)((row[x] > 0) + (beside[x] > 0));
    covered[on->width] = covered[on->width > 1 ? on->width - 2 : 0]; /* likewise to the right */
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

static void sample_texture(
    const Canvas *on, const Triangle *const *of, const Texture *from, uint8_t *covered, float *body, wide stride) {
    const float widest = (float)(from->width - 1), highest = (float)(from->height - 1);
    for (int y = 0; y < on->height; y++, body += stride) {
        const int *row = on->triangle + (wide)y * on->width;
        count_covered(on, y, covered);
        for (int x = 0; x < on->width; x++) {
            if (!row[x]) continue;
            const Triangle *t = of[row[x]];
            const float u = held(t->across[0] * (float)x + t->across[1] * (float)y + t->across[2]);
            const float v = held(t->down[0] * (float)x + t->down[1] * (float)y + t->down[2]);
            const float coverage = 0.25f * (float)(covered[x] + covered[x + 1]);
            look_up(from, u * widest, v * highest, coverage, body + 4 * x);
        }
    }
}

/* The grid on the canvas and the texture on the grid; 0 where memory is short. */
static int draw_grid(Canvas *on, const Grid *grid, const Texture *texture, float *body, wide stride) {
    const size_t all = 2 * (size_t)(grid->rows - 1) * (size_t)(grid->columns - 1);
    on->triangle = calloc((size_t)on->width * (size_t)on->height, sizeof(int));
    Triangle *list = malloc(all * sizeof(Triangle));
    const Triangle **of = malloc((all + 1) * sizeof(*of));
    uint8_t *covered = malloc((size_t)on->width + 1);
    const int enough = on->triangle && list && of && covered;
    if (enough) {
        const int count = seen_triangles(list, grid, on);
        for (int k = 0; k < count; k++) {
            of[list[k].number] = &list[k];
            draw_triangle(on, &list[k]);
        }
        sample_texture(on, of, texture, covered, body, stride);
    }
    free(covered);
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
