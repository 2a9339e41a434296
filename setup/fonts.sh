#!/usr/bin/env bash
# Prepares the official-document fonts in var/fonts from the Fandol fonts of Debian's texlive-lang-chinese, which is only
# unpacked, never installed. ZHIFA_FONTS_DEB=path uses a package file that is already here.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

prepare() { .venv/bin/python -m documents.fonts var/fonts "$@"; }

# Nothing to fetch when the fonts are prepared already, or when the fonts themselves are installed.
if prepare >/dev/null 2>&1; then
  say "公文字体已齐备（var/fonts）"
  exit
fi

package=${ZHIFA_FONTS_DEB:-}
if [[ -z $package ]]; then
  command -v apt-get >/dev/null || fail \
    "没有 apt，无法下载公文字体：请取得 Debian 的 texlive-lang-chinese 软件包，用 ZHIFA_FONTS_DEB=路径 指明。" \
    "There is no apt to fetch the fonts: name Debian's texlive-lang-chinese package with ZHIFA_FONTS_DEB=path."
  folder=$(mktemp -d)
  chmod 755 "$folder"
  trap 'rm -rf "$folder"' EXIT
  has_candidate texlive-lang-chinese || update_lists
  say "下载公文字体（texlive-lang-chinese，只取其中的 Fandol 字体，不安装）"
  download() { (cd "$folder" && apt-get download texlive-lang-chinese); }
  if ! quietly "下载未成功，更新目录后再试一次" download; then
    update_lists
    quietly "下载失败" download || fail "无法下载公文字体软件包 texlive-lang-chinese" "Could not download texlive-lang-chinese"
  fi
  package=$(find "$folder" -name '*.deb' -print -quit)
fi

say "生成公文字体 var/fonts"
quietly "生成公文字体失败" prepare --deb "$package"
