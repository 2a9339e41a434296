#!/usr/bin/env bash
# Fetches the locked script libraries and builds the islands into web/static/dist, with the Node that pip brought.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

PATH="$PWD/.venv/bin:$PATH"
cd web/frontend

if [[ ! -e node_modules/.made || package-lock.json -nt node_modules/.made ]]; then
  say "安装前端依赖（版本见 web/frontend/package-lock.json）"
  quietly "安装前端依赖失败" npm ci --no-audit --no-fund
  touch node_modules/.made
fi

say "构建网页组件"
quietly "构建网页组件失败" node build.mjs
