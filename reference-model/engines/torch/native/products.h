// Products of float32 matrices of few columns on one thread of a CPU.
#pragma once

#include "lanes.h"

/** Rows of a product that are computed at once. */
constexpr Index kProductRows = 8;

/** The left factor of a product: element (i, p) is data[i·row + p·column]. */
struct Factor {
  const float* data;
  Index row, column;
};

/** A matrix whose rows are contiguous. */
struct Matrix {
  float* data;
  Index row;
};

/** What a product is added to: row i is data + i·row, or nothing. A bias is a row that all have in common. */
struct Summand {
  const float* data = nullptr;
  Index row = 0;
};

/** c = a·b + summand, of any number of rows and of sixteens of columns. */
void multiply(Factor a, Matrix b, Matrix c, Index rows, Index columns, Index depth, Summand summand = {});

/** [count, width] → [width, count], of sixteens of rows. */
void transpose(const float* from, Index row, Matrix to, Index count, Index width);
