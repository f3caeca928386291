#!/usr/bin/env bash
# Puts @tensorflow/tfjs-node into a folder and compiles its native binding against a libtensorflow newer than the one it would download.
# Usage: build-binding.sh DIR [TENSORFLOW]
#   DIR         is made; afterwards TFJS_NODE=DIR runs the tests of the engine tensorflow
#   TENSORFLOW  folder of an installed Python package tensorflow (libtensorflow_cc.so.2, libtensorflow_framework.so.2, include);
#               without it those parts of the wheel tensorflow-cpu are put into DIR (270 MB to download, 850 MB on disk)
# Variables: TENSORFLOW_VERSION of the wheel, CXX, npm_config_nodedir (a folder with include/node).
set -euo pipefail

version="${TENSORFLOW_VERSION:-2.21.0}"
compiler="${CXX:-g++}"

fail() {
  printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 1
}

[ $# -ge 1 ] || fail 'a folder is missing' "$0 DIR [TENSORFLOW]"
command -v npm >/dev/null || fail 'npm is missing' 'install Node'
command -v "$compiler" >/dev/null || fail "the compiler $compiler is missing" 'apt-get install g++, or name one: CXX=PROGRAM'

node_root="$(dirname "$(dirname "$(node -p 'fs.realpathSync(process.execPath)')")")"
headers=
for root in "${npm_config_nodedir:-}" "$node_root" /usr; do
  if [ -n "$root" ] && [ -e "$root/include/node/node_api.h" ]; then headers="$root/include/node" && break; fi
done
[ -n "$headers" ] || fail 'the headers of Node (node_api.h) are missing' \
  'apt-get install libnode-dev, or set npm_config_nodedir to a folder with include/node'

mkdir -p "$1"
folder="$(cd "$1" && pwd)"

if [ $# -ge 2 ]; then
  tensorflow="$(cd "$2" && pwd)"
else
  tensorflow="$folder/wheel-$version/tensorflow"
  if [ ! -d "$tensorflow" ]; then
    command -v python3 >/dev/null || fail 'python3 is missing' 'apt-get install python3-pip, or name the folder of an installed tensorflow'
    download="$(mktemp -d)"
    trap 'rm -rf "$download" "$folder/wheel.part"' EXIT
    # The wheel of one Python serves: nothing of it is run.
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$download" --only-binary=:all: \
      --python-version 3.11 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
      "tensorflow-cpu==$version" || fail "the wheel tensorflow-cpu $version cannot be downloaded" \
      'pip install tensorflow elsewhere and name its folder as the second argument'
    rm -rf "$folder/wheel.part"
    python3 - "$download" "$folder/wheel.part" <<'PYTHON'
import pathlib, sys, zipfile
include = 'tensorflow/include/'
headers = tuple(include + part for part in ('tensorflow/c/', 'tensorflow/core/platform/', 'tsl/', 'xla/tsl/'))
(wheel,) = pathlib.Path(sys.argv[1]).glob('*.whl')
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist()
                                     if name.startswith(headers) or name.startswith('tensorflow/libtensorflow_')])
PYTHON
    mv "$folder/wheel.part" "$folder/wheel-$version"
  fi
fi
for part in libtensorflow_cc.so.2 libtensorflow_framework.so.2 include/tensorflow/c/eager/c_api.h; do
  [ -e "$tensorflow/$part" ] || fail "$tensorflow has no $part" 'name the folder of the Python package tensorflow 2.16 or newer'
done

# Its own install script would download a prebuilt binding of TensorFlow 2.9.
[ -e "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent @tensorflow/tfjs-node@4.22.0 ||
  fail '@tensorflow/tfjs-node 4.22.0 cannot be installed' 'see whether npm reaches its registry'

package="$folder/node_modules/@tensorflow/tfjs-node"
mkdir -p "$package/deps/lib" "$package/lib/napi-v8"
for library in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
  ln -sfn "$tensorflow/$library" "$package/deps/lib/$library"
done
"$compiler" -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I "$tensorflow/include" -I "$package" -I "$headers" \
  "$package"/binding/*.cc -L "$package/deps/lib" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 \
  '-Wl,-rpath,$ORIGIN/../../deps/lib' -o "$package/lib/napi-v8/tfjs_binding.node" ||
  fail "the binding does not compile against $tensorflow" "see what $compiler says above"

cd "$folder"
TF_CPP_MIN_LOG_LEVEL=2 node -e "
  const legacy = require('node:util');
  legacy.isNullOrUndefined = (value) => value == null;
  const tf = require('@tensorflow/tfjs-node');
  const [sum] = tf.add(tf.ones([1]), 1).dataSync();
  if (sum !== 2) throw new Error('1 + 1 is ' + sum);
  console.log('TensorFlow ' + tf.backend().binding.TF_Version + ' works; use it with TFJS_NODE=' + process.cwd());"
