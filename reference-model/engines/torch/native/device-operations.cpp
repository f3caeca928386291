// Where tensors lie, how they come there and back, and what the library is. CUDA is reached by loading its library at run time, so one
// build serves machines with and without it.
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <cstring>

#include "operations.h"

using at::Tensor;
using Sizes = std::vector<std::int64_t>;

namespace {

at::Device& current() {
  static at::Device device(at::kCPU);
  return device;
}

at::ScalarType typeIn(const Numbers& numbers) {
  switch (numbers.type) {
    case napi_float32_array:
      return at::kFloat;
    case napi_float64_array:
      return at::kDouble;
    case napi_int32_array:
      return at::kInt;
    case napi_uint8_array:
      return at::kByte;
    default:
      TORCH_CHECK(false, "values of this typed array cannot become a tensor");
  }
}

/** Copies values to the device. Through pinned memory the copy does not wait for what the device is doing. */
Tensor upload(Numbers numbers, Sizes shape, std::int64_t type) {
  const at::ScalarType from = typeIn(numbers), to = typeOf(type);
  const Tensor values = at::from_blob(const_cast<void*>(numbers.data), shape, at::TensorOptions().dtype(from));
  if (current().is_cpu()) return from == to ? values.clone() : values.to(to);
  Tensor pinned = at::empty(shape, at::TensorOptions().dtype(from).pinned_memory(true));
  std::memcpy(pinned.data_ptr(), values.data_ptr(), values.nbytes());
  return pinned.to(current(), /*non_blocking=*/true).to(to);
}

Tensor full(Sizes shape, double value, std::int64_t type) {
  return at::full(shape, value, at::TensorOptions().dtype(typeOf(type)).device(current()));
}

/** A new typed array with the values: Int32Array, Uint8Array, Float64Array of float64 and Float32Array of all other types. */
Raw download(const Tensor& tensor, napi_env env) {
  at::ScalarType type = tensor.scalar_type();
  napi_typedarray_type array = napi_float32_array;
  if (type == at::kInt) array = napi_int32_array;
  else if (type == at::kBool) array = napi_uint8_array;
  else if (type == at::kDouble) array = napi_float64_array;
  else type = at::kFloat;
  const Tensor values = tensor.detach().to(at::Device(at::kCPU), type).contiguous();
  void* data = nullptr;
  napi_value buffer, result;
  napi_create_arraybuffer(env, values.nbytes(), &data, &buffer);
  if (values.nbytes() > 0) std::memcpy(data, values.data_ptr(), values.nbytes());
  napi_create_typedarray(env, array, static_cast<std::size_t>(values.numel()), buffer, 0, &result);
  return {result};
}

/** Overwrites the values of a tensor, which keeps its place. */
void overwrite(const Tensor& tensor, const Tensor& values) {
  const at::NoGradGuard noGradients;
  tensor.copy_(values);
}

/** Loads the CUDA library beside the one that is loaded. @returns why it cannot be used, or nothing */
std::string loadCuda(std::string file) {
  if (dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    return reason == nullptr ? "it cannot be loaded" : reason;
  }
  return at::hasCUDA() ? "" : "it finds no GPU";
}

void useDevice(std::string name) {
  const at::Device device(name);
  if (device.is_cuda()) {
    at::globalContext().lazyInitDevice(at::kCUDA);
    // Operations find it by their tensors; streams and NCCL by what is current.
    if (device.has_index()) c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(device);
  }
  current() = device;
}

void setDeterministic(bool isOn) {
  at::globalContext().setDeterministicAlgorithms(isOn, /*warn_only=*/false);
  at::globalContext().setDeterministicCuDNN(isOn);
  at::globalContext().setBenchmarkCuDNN(false);
}

/** Whether products of float32 matrices may round their factors to TF32. */
void setTf32(bool isOn) {
  at::globalContext().setFloat32MatmulPrecision(isOn ? "high" : "highest");
}

/** Bytes of tensors on the GPU now and at most since the last reset; nothing on the CPU, whose memory the process can tell. */
Sizes deviceMemory(bool reset) {
  if (current().is_cpu()) return {};
  using c10::CachingAllocator::StatType;
  const auto all = static_cast<std::size_t>(StatType::AGGREGATE);
  const c10::DeviceIndex index = current().has_index() ? current().index() : 0;
  const auto bytes = at::accelerator::getDeviceStats(index).allocated_bytes[all];
  if (reset) at::accelerator::resetPeakStats(index);
  return {bytes.current, bytes.peak};
}

/** What the driver calls the GPU; asked through the library that is loaded, so that nothing is linked against CUDA. */
std::string deviceName() {
  using Properties = char;  // cudaDeviceProp begins with its name, char[256]
  using GetProperties = int (*)(Properties*, int);
  for (const char* symbol : {"cudaGetDeviceProperties_v2", "cudaGetDeviceProperties"}) {
    if (const auto get = reinterpret_cast<GetProperties>(dlsym(RTLD_DEFAULT, symbol))) {
      std::vector<char> properties(16384, '\0');
      const int index = current().has_index() ? current().index() : 0;
      if (get(properties.data(), index) == 0) return properties.data();
    }
  }
  return current().str();
}

/** Bytes that the GPU in use has in all, asked as its name is; 0 where it does not tell. */
double deviceCapacity() {
  using MemoryInfo = int (*)(std::size_t*, std::size_t*);
  std::size_t free = 0, total = 0;
  const auto get = reinterpret_cast<MemoryInfo>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
  if (current().is_cpu() || get == nullptr || get(&free, &total) != 0) return 0;
  return static_cast<double>(total);
}

/** One kernel for all masks: cuDNN's, which takes some shapes only, is left out. */
void fixAttentionKernels() { at::globalContext().setSDPUseCuDNN(false); }

}  // namespace

at::ScalarType typeOf(std::int64_t number) {
  static const at::ScalarType types[] = {at::kFloat, at::kInt, at::kBool, at::kBFloat16, at::kHalf, at::kDouble};
  TORCH_CHECK(number >= 0 && number < 6, "there is no type of number ", number);
  return types[number];
}

const Operations& deviceOperations() {
  static const Operations table = {
      {"upload", &upload},
      {"full", &full},
      {"download", &download},
      {"overwrite", &overwrite},
      {"cast", +[](const Tensor& x, std::int64_t type) { return x.to(typeOf(type)); }},
      {"free", +[](std::uint32_t handle) { handles().release(handle); }},
      {"live", +[]() { return static_cast<std::int64_t>(handles().live()); }},
      {"describe", +[](const Tensor& x) { return describe(x); }},
      {"loadCuda", &loadCuda},
      {"useDevice", &useDevice},
      {"setThreads", +[](std::int64_t count) { at::set_num_threads(static_cast<int>(count)); }},
      {"setDeterministic", &setDeterministic},
      {"setTf32", &setTf32},
      {"fixAttentionKernels", &fixAttentionKernels},
      {"deviceMemory", &deviceMemory},
      {"deviceName", &deviceName},
      {"deviceCapacity", &deviceCapacity},
      {"torchVersion", +[]() { return std::string(TORCH_VERSION); }},
      {"cpuCapability", +[]() { return at::get_cpu_capability(); }},
  };
  return table;
}
