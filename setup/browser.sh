#!/usr/bin/env bash
# Installs what only the tests need: a headless Chromium that speaks Chinese, and qpdf as a second opinion on every PDF.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

missing=()
command -v qpdf >/dev/null || missing+=(qpdf)
if ! command -v chromium >/dev/null; then
  if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
    say "Ubuntu 的 Chromium 只有 snap 版：请执行 sudo snap install chromium；没有它，浏览器测试会注明原因并跳过"
    say "On Ubuntu, Chromium comes as a snap: run sudo snap install chromium; without it the browser tests are skipped, visibly"
  else
    missing+=(chromium chromium-l10n)
  fi
fi

if ((${#missing[@]})); then
  install "${missing[@]}"
else
  say "测试所需软件已齐备（Chromium、qpdf）"
fi
