// The right factor of a product of few columns stays in the cache, so that it is read where it lies and nothing is copied first.
#include "products.h"

namespace {

/** `Rows` rows and `Vectors` times sixteen columns: as many sums as hide how long a multiplication takes. */
template <Index Rows, Index Vectors>
[[gnu::always_inline]] inline void multiplyTile(const Factor& a, const Matrix& b, const Matrix& c, Index depth, Summand summand) {
  Lanes sums[Rows][Vectors];
#pragma GCC unroll 8
  for (Index i = 0; i < Rows; i++) {
#pragma GCC unroll 2
    for (Index v = 0; v < Vectors; v++) {
      sums[i][v] = summand.data == nullptr ? Lanes{} : load(summand.data + i * summand.row + v * kLanes);
    }
  }
  const float *left = a.data, *right = b.data;
  for (Index p = 0; p < depth; p++, left += a.column, right += b.row) {
    Lanes factors[Vectors];
#pragma GCC unroll 2
    for (Index v = 0; v < Vectors; v++) factors[v] = load(right + v * kLanes);
#pragma GCC unroll 8
    for (Index i = 0; i < Rows; i++) {
      const float factor = left[i * a.row];
#pragma GCC unroll 2
      for (Index v = 0; v < Vectors; v++) sums[i][v] += factor * factors[v];
    }
  }
#pragma GCC unroll 8
  for (Index i = 0; i < Rows; i++) {
#pragma GCC unroll 2
    for (Index v = 0; v < Vectors; v++) store(c.data + i * c.row + v * kLanes, sums[i][v]);
  }
}

template <Index Rows>
[[gnu::always_inline]] inline void multiplyRows(Factor a, Matrix b, Matrix c, Index columns, Index depth, Summand summand) {
  for (Index column = 0; column < columns;) {
    const Index step = columns - column >= 2 * kLanes ? 2 * kLanes : kLanes;
    if (step > kLanes) multiplyTile<Rows, 2>(a, b, c, depth, summand);
    else multiplyTile<Rows, 1>(a, b, c, depth, summand);
    b.data += step;
    c.data += step;
    if (summand.data != nullptr) summand.data += step;
    column += step;
  }
}

}  // namespace

FOR_EACH_PROCESSOR void multiply(Factor a, Matrix b, Matrix c, Index rows, Index columns, Index depth, Summand summand) {
  for (Index row = 0; row < rows;) {
    const Index step = rows - row >= kProductRows ? kProductRows : 1;
    if (step > 1) multiplyRows<kProductRows>(a, b, c, columns, depth, summand);
    else multiplyRows<1>(a, b, c, columns, depth, summand);
    a.data += step * a.row;
    c.data += step * c.row;
    if (summand.data != nullptr) summand.data += step * summand.row;
    row += step;
  }
}

FOR_EACH_PROCESSOR void transpose(const float* from, Index row, Matrix to, Index count, Index width) {
  for (Index i = 0; i < count; i += kLanes) {
    for (Index channel = 0; channel < width; channel++) {
      float* into = to.data + channel * to.row + i;
      const float* column = from + i * row + channel;
      for (Index lane = 0; lane < kLanes; lane++) into[lane] = column[lane * row];
    }
  }
}
