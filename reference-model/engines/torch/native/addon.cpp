// The module: every table of operations becomes functions of its exports.
#include "binding.h"
#include "operations.h"

NAPI_MODULE_INIT() {
  for (const Operations* table :
       {&stockOperations(), &modelOperations(), &trainingOperations(), &groupOperations(), &shardOperations(),
        &deviceOperations()}) {
    for (const Operation& operation : *table) {
      napi_value function;
      void* data = const_cast<Operation*>(&operation);
      napi_create_function(env, operation.name, NAPI_AUTO_LENGTH, operation.callback, data, &function);
      napi_set_named_property(env, exports, operation.name, function);
    }
  }
  return exports;
}
