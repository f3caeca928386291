// The tables of operations, by what they are for.
#pragma once

#include "binding.h"

/** Those that a tfjs kernel of the same name asks for. */
const Operations& stockOperations();

/** The fused operations of the model. */
const Operations& modelOperations();

/** Gradients and updates. */
const Operations& trainingOperations();

/** What several ranks do that train together. */
const Operations& groupOperations();

/** Updates whose state is divided among ranks. */
const Operations& shardOperations();

/** Where tensors lie, how they come there and back, and what the library is. */
const Operations& deviceOperations();

/** By the numbers that `addon.ts` gives the types. */
at::ScalarType typeOf(std::int64_t number);
