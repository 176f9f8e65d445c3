/* The head's fit to the landmarks of a face, by small systems of equations whose sums have one order. */
#include "kernels.h"

enum { LANDMARKS = 68, JAW = 17, RIGHT_JAW = 8, MOST = 5 };

static double sum3(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/* Adds the products of a row's first `size` numbers, weighted, with all of its `size + 1` to a system of equations. */
static void add_equations(double system[][MOST + 1], const double *row, double weight, int size) {
    for (int i = 0; i < size; i++) {
        const double by = row[i] * weight;
        for (int j = 0; j <= size; j++) system[i][j] += by * row[j];
    }
}

/* Solves a system whose last column is the right side: elimination in order, as positive definite ones allow. */
static void solve(double system[][MOST + 1], int size, double *solution) {
    for (int k = 0; k < size; k++)
        for (int i = k + 1; i < size; i++) {
            const double by = system[i][k] / system[k][k];
            for (int j = k; j <= size; j++) system[i][j] -= by * system[k][j];
        }
    for (int i = size - 1; i >= 0; i--) {
        double rest = system[i][size];
        for (int j = i + 1; j < size; j++) rest -= system[i][j] * solution[j];
        solution[i] = rest / system[i][i];
    }
}

/* The rotation nearest to the two rows of an affine camera, and its scale: `fitting.nearest_rotation`. */
static double nearest_rotation(const double *first, const double *second, double flat, double *rotation) {
    const double a = sum3(first, first), b = sum3(first, second), d = sum3(second, second), both = a + d;
    const double area = a * d - b * b, least = flat * both * both;
    const double product = __builtin_sqrt(area > least ? area : least), sum = __builtin_sqrt(both + 2.0 * product);
    const double by = sum * product;
    double *x = rotation, *y = rotation + 3, *z = rotation + 6;
    for (int k = 0; k < 3; k++) {
        x[k] = ((d + product) * first[k] - b * second[k]) / by;
        y[k] = ((a + product) * second[k] - b * first[k]) / by;
    }
    z[0] = x[1] * y[2] - x[2] * y[1];
    z[1] = x[2] * y[0] - x[0] * y[2];
    z[2] = x[0] * y[1] - x[1] * y[0];
    return sum / 2.0;
}

/* Moves the hidden points of the jaw along their paths (JAW, steps, 3), which `rounded` holds too, to the head's outline:
 * `fitting.seen_landmarks`. Rounding them here is no way: gcc 12 with -O3 leaves that out. */
static void see_jaw(
    const double *paths, const float *rounded, int steps, const double *rotation, double points[][3]) {
    const double x = rotation[1], y = rotation[4], length = __builtin_sqrt(x * x + y * y);
    const double down_x = x / length, down_y = y / length;
    double across[3];
    for (int k = 0; k < 3; k++) across[k] = down_y * rotation[k] - down_x * rotation[3 + k];
    for (int point = 0; point < JAW; point++, paths += 3 * steps, rounded += 3 * steps) {
        int outermost = 0;
        double reach = 0.0;
        for (int step = 0; step < steps; step++) {
            const double along = sum3(paths + 3 * step, across), out = point < RIGHT_JAW ? -along : along;
            if (step && !(out > reach)) continue;
            outermost = step;
            reach = out;
        }
        for (int k = 0; k < 3; k++) points[point][k] = rounded[3 * outermost + k];
    }
}

/* Width, height and depth over the mean head's, and the origin: `fitting._stretched`. */
static void fit_stretch(
    const double points[][3], const float *observed, const double camera[2][3], const double *prior, double *solution) {
    double system[MOST][MOST + 1] = {{0.0}};
    for (int axis = 0; axis < 2; axis++)
        for (int k = 0; k < LANDMARKS; k++) {
            const double *of = camera[axis], *at = points[k];
            const double row[] = {at[0] * of[0], at[1] * of[1], at[2] * of[2], !axis, axis, observed[2 * k + axis]};
            add_equations(system, row, 1.0, MOST);
        }
    for (int k = 0; k < 3; k++) {
        system[k][k] += prior[k] * prior[k];
        system[k][MOST] += prior[k] * prior[k];
    }
    solve(system, MOST, solution);
}

/* Of 68 points (68, 2): rotation (9), scale, stretch (3), origin (2), coefficients (68, 2), one after the other in `fit`.
 * `fitting.fitted`. */
void fitted(
    const float *observed, const float *landmarks, const double *jaw_paths, const float *jaw_points, int steps,
    const double *pose_solver, const double *warp_weights, const double *hold, double flat, double *fit) {
    double affine[2][3] = {{0.0}}, camera[2][3], points[LANDMARKS][3], left[LANDMARKS][2];
    for (int axis = 0; axis < 2; axis++)
        for (int k = 0; k < 3; k++)
            for (int j = 0; j < LANDMARKS; j++)
                affine[axis][k] += pose_solver[k * LANDMARKS + j] * observed[2 * j + axis];
    double *rotation = fit, *scale = fit + 9, *stretch = fit + 10, *origin = fit + 13, *coefficients = fit + 15;
    *scale = nearest_rotation(affine[0], affine[1], flat, rotation);
    for (int j = 0; j < LANDMARKS; j++)
        for (int k = 0; k < 3; k++) points[j][k] = landmarks[3 * j + k];
    see_jaw(jaw_paths, jaw_points, steps, rotation, points);
    double largest = 0.0;
    for (int axis = 0; axis < 2; axis++)
        for (int k = 0; k < 3; k++) {
            const double value = rotation[3 * axis + k] * *scale, size = value < 0.0 ? -value : value;
            camera[axis][k] = value;
            if (size > largest) largest = size;
        }
    const double prior[3] = {hold[0] * largest, hold[1] * largest, hold[2] * largest};
    fit_stretch(points, observed, camera, prior, stretch);
    for (int j = 0; j < LANDMARKS; j++) {
        const double at[3] = {points[j][0] * stretch[0], points[j][1] * stretch[1], points[j][2] * stretch[2]};
        for (int axis = 0; axis < 2; axis++) left[j][axis] = observed[2 * j + axis] - sum3(at, camera[axis]) - origin[axis];
    }
    for (int i = 0; i < LANDMARKS; i++, coefficients += 2, warp_weights += LANDMARKS) {
        coefficients[0] = coefficients[1] = 0.0;
        for (int j = 0; j < LANDMARKS; j++)
            for (int axis = 0; axis < 2; axis++) coefficients[axis] += warp_weights[j] * left[j][axis];
    }
}

/* Pixels (count, 2) of points of the head and their places in camera axes (count, 3): `fitting.projected`. */
void projected(
    const double *points, const float *nearness, int count, const double *rotation, double scale, const double *stretch,
    const double *origin, const double *coefficients, float *xy, double *camera) {
    double by_x[LANDMARKS], by_y[LANDMARKS];
    for (int j = 0; j < LANDMARKS; j++) {
        by_x[j] = coefficients[2 * j];
        by_y[j] = coefficients[2 * j + 1];
    }
    for (int i = 0; i < count; i++, points += 3, nearness += LANDMARKS, xy += 2, camera += 3) {
        const double at[3] = {points[0] * stretch[0], points[1] * stretch[1], points[2] * stretch[2]};
        for (int k = 0; k < 3; k++) camera[k] = sum3(at, rotation + 3 * k);
        double x[4] = {0.0}, y[4] = {0.0}; /* each the sums of every fourth product: a processor need not wait */
        for (int j = 0; j < LANDMARKS; j += 4)
            for (int k = 0; k < 4; k++) {
                x[k] += nearness[j + k] * by_x[j + k];
                y[k] += nearness[j + k] * by_y[j + k];
            }
        xy[0] = (float)(camera[0] * scale + origin[0] + ((x[0] + x[1]) + (x[2] + x[3])));
        xy[1] = (float)(camera[1] * scale + origin[1] + ((y[0] + y[1]) + (y[2] + y[3])));
    }
}

/* Coefficients (4) of the light on skin with these normals (count, 3) and brightness, held to the `expected` ones with
 * such a strength; what lies apart by more than `tolerance` counts less. `light.harmonics`. */
void harmonics(
    const double *normals, const float *brightness, int count, const double *expected, double strength,
    double tolerance, double *solution) {
    for (int round = 0; round < 2; round++) {
        double system[MOST][MOST + 1] = {{0.0}};
        for (int k = 0; k < count; k++) {
            const double *n = normals + 3 * k, row[] = {1.0, n[0], n[1], n[2], brightness[k]};
            double weight = 1.0;
            if (round) {
                const double lit = solution[0] + n[0] * solution[1] + n[1] * solution[2] + n[2] * solution[3];
                const double apart = (lit - brightness[k]) / tolerance;
                weight = 1.0 / (1.0 + apart * apart);
            }
            add_equations(system, row, weight, 4);
        }
        for (int k = 0; k < 4; k++) {
            system[k][k] += strength;
            system[k][4] += strength * expected[k];
        }
        solve(system, 4, solution);
    }
}
