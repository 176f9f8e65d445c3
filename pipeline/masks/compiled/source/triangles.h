/* Triangles on a canvas of whole numbers. */
#ifndef TRIANGLES_H
#define TRIANGLES_H

#include "kernels.h"

enum { FRACTION = 16 }; /* of a pixel: what corners are rounded to */

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

/* The pixels that cv2.fillConvexPoly fills with LINE_8: the outline, and what lies between the edges in each row. */
void draw_triangle(const Canvas *on, const Triangle *t);

#endif
