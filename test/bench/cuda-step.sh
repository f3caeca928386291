#!/usr/bin/env bash
# The step of the paper's model on a GPU machine that reaches no network and has Python's torch.
#
#   test/bench/cuda-step.sh pack DIR                        here: puts Node, the compiled package and the addon into DIR
#   DIR/cuda-step.sh run [--device cpu] [--out FILE.json]   there: measures, and writes JSON
#
# The addon of DIR is linked against the libtorch it was built with; on the other machine that of Python's torch takes its place, and where
# the two do not fit the addon is compiled anew there.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

pack() {
  local root into="$1"
  root="$(cd "$here/../.." && pwd)"
  mkdir -p "$into"
  cp "${BASH_SOURCE[0]}" "$into/cuda-step.sh"
  xz --threads=2 -6 --stdout "$(command -v node)" > "$into/node.xz"
  # Headers too: without them nothing can be compiled there.
  tar -C "$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")" -cJf "$into/node-headers.tar.xz" \
    include/node/node_api.h include/node/node_api_types.h include/node/js_native_api.h include/node/js_native_api_types.h
  local builds="${XDG_CACHE_HOME:-$HOME/.cache}/vlm-bench/torch"
  tar -C "$(dirname "$builds")" -cJf "$into/builds.tar.xz" torch
  (cd "$root" && tar -cJf "$into/package.tar.xz" --exclude='*.map' --exclude='*.d.ts' package.json test/bench/pytorch_peer.py \
    reference-model/engines/torch/native dist/reference-model dist/test/bench \
    $(node -e '
      // What the measurement imports, with what that depends on.
      const seen = new Set();
      const add = (name) => {
        const folder = `node_modules/${name}`;
        if (seen.has(folder) || !require("fs").existsSync(folder)) return;
        seen.add(folder);
        for (const other of Object.keys(require(`./${folder}/package.json`).dependencies ?? {})) add(other);
      };
      for (const name of ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu", "execa"]) add(name);
      console.log([...seen].join(" "));
    '))
  du -sh "$into" >&2
}

run() {
  local device=cuda out=cuda-step.json
  while [ $# -gt 0 ]; do
    case "$1" in
      --device) device="$2"; shift 2 ;;
      --out) out="$2"; shift 2 ;;
      *) echo "unknown option $1" >&2; exit 2 ;;
    esac
  done
  local python="${VLM_BENCH_PYTHON:-python3}"
  local facts
  facts="$("$python" -c 'import torch; print(torch.__path__[0]); print(torch.cuda.mem_get_info()[1] / 2**30 if torch.cuda.is_available() else 0)')" || {
    echo "cuda-step: $python has no torch; nothing is measured" >&2; exit 1; }
  local libtorch gibibytes
  libtorch="$(sed -n 1p <<< "$facts")"; gibibytes="$(sed -n 2p <<< "$facts")"
  if [ "$device" != cpu ] && [ "$gibibytes" = 0 ]; then
    echo "cuda-step: no GPU is found; nothing is measured, and the figures of the CPU stand" >&2; exit 0
  fi
  work="$(mktemp -d)" # not local: the trap runs when the function is left
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/bin" "$work/cache/vlm-bench"
  xz --decompress --stdout "$here/node.xz" > "$work/bin/node" && chmod +x "$work/bin/node"
  tar -C "$work" -xJf "$here/node-headers.tar.xz"
  tar -C "$work/cache/vlm-bench" -xJf "$here/builds.tar.xz"
  tar -C "$work" -xJf "$here/package.tar.xz"
  export PATH="$work/bin:$PATH" XDG_CACHE_HOME="$work/cache" VLM_BENCH_PYTHON="$python"
  export LD_LIBRARY_PATH="$libtorch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  cd "$work"
  # The build says of which libtorch it is; that is the one of this machine now.
  "$work/bin/node" -e '
    const fs = require("fs");
    for (const build of fs.globSync ? fs.globSync("cache/vlm-bench/torch/*/build.json") : fs.readdirSync("cache/vlm-bench/torch").map((name) => `cache/vlm-bench/torch/${name}/build.json`).filter(fs.existsSync)) {
      const facts = JSON.parse(fs.readFileSync(build, "utf8"));
      const hasCuda = fs.existsSync(`${process.argv[1]}/lib/libtorch_cuda.so`);
      fs.writeFileSync(build, JSON.stringify({ ...facts, libtorch: process.argv[1], hasCuda }));
    }' "$libtorch"
  if ! node --input-type=module -e 'import { loadAddon } from "./dist/reference-model/engines/torch/addon.js"; loadAddon();' 2> "$work/load.log"; then
    echo "cuda-step: the packed addon does not fit ($(head -n 1 "$work/load.log")); compiling it here" >&2
    rm -rf "$work/cache/vlm-bench/torch"
    node --input-type=module -e '
      import { buildTorchAddon } from "./dist/reference-model/engines/torch/build/build.js";
      await buildTorchAddon({ libtorch: process.argv[1], onUnit: ({ name }) => console.error(name) });' "$libtorch"
  fi
  node dist/test/bench/torch-cuda.js --device "$device" --gibibytes "$gibibytes" --out "$work/result.json" || true
  cd - > /dev/null
  cp "$work/result.json" "$out"
  cat "$out"
}

case "${1:-}" in
  pack) pack "$(mkdir -p "$2" && cd "$2" && pwd)" ;;
  run) shift; run "$@" ;;
  *) echo "usage: cuda-step.sh pack DIR | cuda-step.sh run [--device cpu] [--out FILE.json]" >&2; exit 2 ;;
esac
