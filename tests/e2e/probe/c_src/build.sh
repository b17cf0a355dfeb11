# A NIF and a port program, both in the application's priv folder.
set -eu
mkdir -p priv
erl=$(dirname "$(dirname "$(readlink -f "$(command -v erl)")")")
cc -O1 -shared -fPIC -I"$erl/usr/include" -o priv/probe_nif.so c_src/nif.c -lm
cc -O1 -o priv/echo c_src/echo.c
