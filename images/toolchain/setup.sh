#!/bin/sh
# The last step of a toolchain image, run in it as root: gathers the Erlang libraries that Debian ships
# inside rabbitmq-server into one folder for ERL_LIBS, so that a project may list amqp_client or cowboy
# among its applications without fetching them.
set -eu

libraries=/opt/beamwright/lib
mkdir -p "$libraries"

for application in /usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/*-*; do
    [ -d "$application/ebin" ] || continue
    ln -sfn "$application" "$libraries/"
done
