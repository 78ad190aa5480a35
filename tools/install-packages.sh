#!/bin/sh
# Installs Debian packages without starting the servers in them: they would take the standard ports.
# Usage: flock LOCK install-packages.sh PACKAGE …
set -eu
export DEBIAN_FRONTEND=noninteractive

# invoke-rc.d asks this file before it starts anything; 101 is "forbidden by policy".
policy=/usr/sbin/policy-rc.d
mark='# Put here by the tests of Fairlead while they install packages; may be removed.'
if [ -e "$policy" ] && ! grep -qF "$mark" "$policy"; then mv "$policy" "$policy.kept-by-fairlead"; fi
restore() {
  rm -f "$policy"
  if [ -e "$policy.kept-by-fairlead" ]; then mv "$policy.kept-by-fairlead" "$policy"; fi
}
trap restore EXIT
trap 'exit 1' INT TERM HUP
printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
chmod 755 "$policy"

apt-get -o DPkg::Lock::Timeout=600 update
apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"
