#!/usr/bin/env bash
# Takes the Fandol fonts out of Debian's texlive-lang-chinese (without installing it) and prepares them in var/fonts.
# ZHIFA_FONTS_DEB=path uses a file that is already here.
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

package=${ZHIFA_FONTS_DEB:-}
if [[ -z $package ]]; then
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
quietly "生成公文字体失败" .venv/bin/python -m documents.fonts var/fonts --deb "$package"
