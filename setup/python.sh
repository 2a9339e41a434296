#!/usr/bin/env bash
# Makes .venv with a Python of at least 3.11 and puts the project and its pinned packages into it.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
    if command -v "$name" >/dev/null && recent_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "没有找到 Python 3.11 或更高版本；请安装，或用 PYTHON=路径 指明。" \
    "No Python 3.11 or newer was found; install one or name it with PYTHON=path."
}

if ! [[ -x .venv/bin/python ]] || ! recent_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  python=$(find_python)
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install "python${version}-venv"
  fi
  say "建立 Python ${version} 虚拟环境 .venv"
  rm -rf .venv
  quietly "建立虚拟环境失败" "$python" -m venv .venv
fi

say "安装 Python 依赖（版本见 constraints.txt）"
quietly "安装 Python 依赖失败" \
  .venv/bin/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
