#!/bin/sh
# Compiles the NIF, linked to expat without its headers, and the port's program.
set -eu
otp=$(erl -noshell -eval 'io:put_chars(code:root_dir()), halt().')
mkdir -p priv
cc -shared -fPIC -I "$otp/usr/include" -o priv/nif.so c_src/nif.c -l:libexpat.so.1
cc -o priv/echo c_src/echo.c
