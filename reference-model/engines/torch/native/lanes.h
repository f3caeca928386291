// Sixteen float32 numbers that are computed side by side, in plain vectors of the compiler, which makes of them what a processor has. Rows
// of float32 and of bfloat16 are read and written alike. Sums are made in the same order on every processor.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

// The compiler makes a version of a function for each generation of processors, and the loader picks one. What such a function calls is
// compiled with it only when it is inlined.
#if !defined(__x86_64__) || !defined(__GNUC__) || defined(__clang__)
#define FOR_EACH_PROCESSOR
#elif __GNUC__ >= 12
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
// The loader cannot ask for a generation yet, only for what it has.
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif

// How vectors would be handed over concerns no function here: all of them are inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

using Index = std::int64_t;

constexpr Index kLanes = 16;

typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));
typedef std::uint32_t LaneBits __attribute__((vector_size(kLanes * sizeof(std::uint32_t))));
typedef std::uint16_t LaneHalves __attribute__((vector_size(kLanes * sizeof(std::uint16_t))));

[[gnu::always_inline]] inline Index roundedUp(Index count, Index step = kLanes) { return (count + step - 1) / step * step; }

[[gnu::always_inline]] inline Lanes lanesOf(float x) { return x - Lanes{}; }

[[gnu::always_inline]] inline Lanes load(const float* from) {
  Lanes x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

[[gnu::always_inline]] inline Lanes load(const c10::BFloat16* from) {
  LaneHalves halves;
  std::memcpy(&halves, from, sizeof halves);
  return (Lanes)(__builtin_convertvector(halves, LaneBits) << 16);
}

[[gnu::always_inline]] inline void store(float* to, Lanes x) { std::memcpy(to, &x, sizeof x); }

/** Rounds to nearest, ties to even; what is no number stays none. */
[[gnu::always_inline]] inline void store(c10::BFloat16* to, Lanes x) {
  const LaneBits bits = (LaneBits)x;
  const LaneBits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const LaneHalves halves = __builtin_convertvector(x == x ? rounded : LaneBits{} + 0x7fc0u, LaneHalves);
  std::memcpy(to, &halves, sizeof halves);
}

/** The first `count` numbers, then zeros. */
template <class Element>
[[gnu::always_inline]] inline Lanes loadFirst(const Element* from, Index count) {
  if (count >= kLanes) return load(from);
  Element row[kLanes] = {};
  for (Index lane = 0; lane < count; lane++) row[lane] = from[lane];
  return load(row);
}

template <class Element>
[[gnu::always_inline]] inline void storeFirst(Element* to, Lanes x, Index count) {
  if (count >= kLanes) return store(to, x);
  Element row[kLanes];
  store(row, x);
  for (Index lane = 0; lane < count; lane++) to[lane] = row[lane];
}

[[gnu::always_inline]] inline Lanes larger(Lanes a, Lanes b) { return a > b ? a : b; }

/** The numbers of some places. */
template <unsigned... Places>
[[gnu::always_inline]] inline Lanes shuffled(Lanes x) {
#if defined(__clang__)
  return __builtin_shufflevector(x, x, Places...);
#else
  return __builtin_shuffle(x, LaneBits{Places...});
#endif
}

/** All numbers taken together by halves. */
template <class Join>
[[gnu::always_inline]] inline float joined(Lanes x, Join join) {
  x = join(x, shuffled<8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7>(x));
  x = join(x, shuffled<4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11>(x));
  x = join(x, shuffled<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(x));
  return join(x, shuffled<1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14>(x))[0];
}

[[gnu::always_inline]] inline float total(Lanes x) {
  return joined(x, [](Lanes a, Lanes b) { return a + b; });
}

[[gnu::always_inline]] inline float largest(Lanes x) {
  return joined(x, [](Lanes a, Lanes b) { return larger(a, b); });
}

/** eˣ to about a unit in the last place; 0 below −87, and the largest float32 from 88.7 on. */
[[gnu::always_inline]] inline Lanes exponential(Lanes x) {
  constexpr float kLeast = -87.0f, kMost = 88.72283f;
  const Lanes within = x < kLeast ? lanesOf(kLeast) : x > kMost ? lanesOf(kMost) : x;
  // x = n·ln 2 + r; adding 1.5·2²³ rounds to an integer, which the lowest bits hold then.
  constexpr float kRounding = 12582912.0f, kLog2E = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  const Lanes shifted = within * kLog2E + kRounding;
  const Lanes n = shifted - kRounding;
  const Lanes r = within - n * kLn2High - n * kLn2Low;
  // Taylor's series to r⁷/7!: |r| ≤ ln 2 / 2, so that what is left out is below 10⁻⁸ of the result.
  Lanes sum = r * (1.0f / 5040) + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r + 1.0f;
  sum = sum * r + 1.0f;
  // Times 2ⁿ. Of the largest x, n is 128 and the sum below 1, so that the exponent fits.
  const LaneBits exponent = (LaneBits)shifted << 23;
  return x < kLeast ? Lanes{} : (Lanes)((LaneBits)sum + exponent);
}
