#!/usr/bin/env bash
# Installs the programs that documents need: LibreOffice with its Python bridge, cairo, pdfsig, the Latin and CJK fall-back fonts.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

missing=()
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui)
/usr/bin/python3 -c 'import uno' 2>/dev/null || missing+=(python3-uno)
.venv/bin/python -c 'import ctypes; ctypes.CDLL("libcairo.so.2")' 2>/dev/null || missing+=(libcairo2)
command -v pdfsig >/dev/null || missing+=(poppler-utils)
command -v fc-list >/dev/null || missing+=(fontconfig)
[[ $(fc-list family 2>/dev/null) =~ "Liberation Serif" ]] || missing+=(fonts-liberation)
[[ $(fc-list :lang=zh-cn family 2>/dev/null) =~ Noto.*CJK ]] || missing+=(fonts-noto-cjk)

if ((${#missing[@]})); then
  install "${missing[@]}"
else
  say "系统软件已齐备（LibreOffice、cairo、pdfsig、中文字体）"
fi
