/* Which pixels a triangle covers. */
#include "triangles.h"

enum { FINE = 65536 }; /* of a pixel: how finely edges are followed */

static wide fine(int fractions) { return (wide)fractions * (FINE / FRACTION); }

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

void draw_triangle(const Canvas *on, const Triangle *t) {
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
