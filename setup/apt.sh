# Sourced by the other pieces: how set-up speaks, and how it asks apt for what is missing.
# Only the configured package sources are used; no address is written down anywhere.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DEBIAN_FRONTEND=noninteractive

say() { printf '· %s\n' "$*"; }

fail() {
  printf '✗ %s\n' "$@" >&2
  exit 1
}

# quietly WHAT COMMAND…: runs a command in silence; shows what it printed only when it fails.
quietly() {
  local what=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status)); then
    tail -n 40 "$log" >&2
    printf '✗ %s（退出码 %d）\n' "$what" "$status" >&2
  fi
  rm -f "$log"
  return "$status"
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo --preserve-env=DEBIAN_FRONTEND "$@"; fi
}

has_candidate() { [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]; }

update_lists() {
  say "更新软件包目录（apt-get update）"
  quietly "更新软件包目录失败" as_root apt-get update
}

# install PACKAGE…: installs Debian or Ubuntu packages without what they merely recommend.
install() {
  local names="$*" name
  if ! command -v apt-get >/dev/null; then
    fail "缺少以下软件，而本机没有 apt，请自行安装：${names}" \
      "Missing, and there is no apt here; please install: ${names}"
  fi
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    fail "缺少以下软件包，但当前用户不是 root，也没有 sudo。请管理员执行：apt-get install --no-install-recommends ${names}" \
      "Missing packages, and neither root nor sudo is available. Ask an administrator to run: apt-get install --no-install-recommends ${names}"
  fi
  if [[ $(id -u) != 0 ]]; then sudo -v || fail "需要 sudo 权限来安装：${names}" "sudo is needed to install: ${names}"; fi
  for name in "$@"; do
    has_candidate "$name" || { update_lists; break; }
  done
  say "安装系统软件包：${names}"
  local -a command=(apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@")
  if ! quietly "安装未成功，更新目录后再试一次" as_root "${command[@]}"; then
    update_lists
    quietly "安装失败" as_root "${command[@]}" || fail "无法安装：${names}" "Could not install: ${names}"
  fi
}
