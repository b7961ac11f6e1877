#!/bin/sh
# A working virtual environment: venv.sh PYTHON FOLDER. Says what to install, or installs it as root, when it cannot.
set -eu
python=$1 folder=$2

"$folder/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed; choose another with: make PYTHON=/path/to/python3" >&2
    exit 1
fi
# Debian ships Python without the part that makes virtual environments
"$python" -c 'import ensurepip' 2>/dev/null || sh "$(dirname "$0")/install.sh" python3-venv
"$python" -m venv --clear "$folder"
