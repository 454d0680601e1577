#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image (Ubuntu 22.04 or newer).
set -euo pipefail
cd /autograder/source
apt-get update -qq
apt-get install -y -qq bubblewrap python3.11 python3.11-venv ||
    apt-get install -y -qq bubblewrap python3 python3-venv # Ubuntu 24.04 has 3.12
python=$(command -v python3.11 || command -v python3)
"$python" -m venv /opt/ground-up
/opt/ground-up/bin/pip install --quiet "$(echo ./ground_up-*.whl)[class]"
