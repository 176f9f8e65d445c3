/* What takes most of the time of drawing a mask, for whole arrays at once.
 *
 * Every function that Python calls gives the bytes that its namesake in NumPy and OpenCV gives: the same float32 or
 * float64 operations in the same order, of the mathematical library what Python's `math` calls too, no sum whose order
 * is left open.
 * Compile it with -ffp-contract=off: products fused with sums would differ in last digits between processors.
 *
 * Arrays are in C order. Images are (height, width, channels) of float, planes (height, width); a `stride` is how many
 * numbers a row of a part of an image begins after the one before. Nothing is kept between calls.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>
#include <stdlib.h>

typedef int64_t wide;

static inline float least(float a, float b) { return a < b ? a : b; }
static inline float most(float a, float b) { return a > b ? a : b; }
static inline float held(float x) { return least(most(x, 0.0f), 1.0f); }

/* The nearest integer, ties to even, as rint gives it: a float of this size has no places left for fractions. */
static inline int nearest(float x) { return (int)((x + 12582912.0f) - 12582912.0f); }
static inline wide nearest_wide(double x) { return (wide)((x + 6755399441055744.0) - 6755399441055744.0); }

/* A product and a sum rounded together, in a function marked so: where the processor has AVX2 and FMA, which OpenCV is
 * asked for, a single instruction. Elsewhere no such function is called. */
#if defined(__x86_64__)
#define FUSING __attribute__((target("avx2,fma")))
#define fused __builtin_fmaf
#else
#define FUSING
#define fused(a, b, c) ((a) * (b) + (c))
#endif

#endif
