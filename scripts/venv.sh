# Virtual environments for the scripts beside this file, which source it. It defines functions and does nothing else.
# shellcheck shell=bash

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

die() {
    printf 'scripts/%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints the interpreter to make environments with: Python 3.11 or newer that can make them. $PYTHON, if set, and no other.
find_python() {
    local candidate found='' bare='' candidates=(python3 python3.14 python3.13 python3.12 python3.11)
    [ -z "${PYTHON-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        found=${found:-$("$candidate" --version 2>/dev/null || true)}
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        bare=${bare:-$candidate}
    done
    [ -z "$bare" ] || die "$bare has no venv. $(venv_package "$bare")"
    die "needs Python 3.11 or newer, found ${found:-none}; install it, or name it: PYTHON=/path/to/python3 $0"
}

# Says the one package that brings venv to an interpreter.
venv_package() {
    if [ -e /etc/debian_version ] && "$1" -c 'import sys; sys.exit(sys.base_prefix != "/usr")'; then
        printf 'Install it: apt install %s-venv' "$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
    else
        printf 'Install the package of your system that brings the modules venv and ensurepip to it'
    fi
}

# ensure_venv FOLDER STAMP PIP-ARGUMENT...
# A working environment in FOLDER with what pip is told to install, done again only when STAMP says something new: a
# start that has nothing to install must not wait for pip.
ensure_venv() {
    local folder=$1 stamp=$2 python
    shift 2
    if [ -e "$folder/.stamp" ] && [ "$(<"$folder/.stamp")" = "$stamp" ] && works "$folder"; then
        return
    fi
    if ! works "$folder" || ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(find_python)
        quietly "making $folder" "$python" -m venv --clear "$folder"
    fi
    rm -f "$folder/.stamp"
    quietly "installing into $folder" "$folder/bin/python" -m pip install --quiet "$@"
    printf '%s\n' "$stamp" >"$folder/.stamp"
}

works() {
    "$1/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# The package itself with an extra, or with none where EXTRA is empty. `test` satisfies who asks for none.
ensure_package() {
    local extra=$1 stamp
    stamp="$root $(cat "$root/pyproject.toml" "$root/scripts/web_assets.py" "$root/consolesvc/web/package-lock.json" | cksum)"
    [ -n "$extra" ] || { [ "$(cat "$root/.venv/.stamp" 2>/dev/null)" != "$stamp test" ] || extra=test; }
    # The browser terminal's files are made by installing, and could have been removed since.
    [ -n "${CONSOLESVC_SKIP_WEB-}" ] || [ -e "$root/consolesvc/web/vendor/.stamp" ] || rm -f "$root/.venv/.stamp"
    ensure_venv "$root/.venv" "$stamp $extra" --editable "$root${extra:+[$extra]}"
}

# Runs a command with one line said of it; what it prints is shown only where it fails.
quietly() {
    local what=$1 output
    shift
    printf 'scripts/%s: %s …\n' "${0##*/}" "$what" >&2
    output=$("$@" 2>&1) || {
        printf '%s\n' "$output" >&2
        die "$what failed; the command was: $*"
    }
}
