#!/bin/sh
# Remove unused parts of the installed packages: tests, headers, and OpenVINO's plugins for GPUs and NPUs.
set -eu
cd "$(python -c 'import site; print(site.getsitepackages()[0])')"
find . -type d -name tests -prune -exec rm -r {} +
rm -r torch/test torch/include openvino/include
find torch/bin -type f ! -name torch_shm_manager -delete
rm openvino/libs/libopenvino_intel_gpu_plugin.so openvino/libs/cache.json openvino/libs/libopenvino_intel_npu_plugin.so
