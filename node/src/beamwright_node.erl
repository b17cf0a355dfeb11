%% @doc What an application, or an operator's rpc, may ask of its node.
-module(beamwright_node).

-export([status/0, status_json/0, ready/0, peers/0, drain/0, stop/0]).

%% @doc Version, state and peers of this node.
-spec status() -> beamwright_status:status().
status() -> beamwright_lifecycle:status().

%% @doc The status as systemd shows it (`systemctl show -p StatusText').
-spec status_json() -> binary().
status_json() -> beamwright_status:encode(status()).

%% @doc Whether this node may be given work: `false' from the moment it drains.
%%
%% For a `/healthz' to answer 503 by. It doesn't depend on the health check, which is the one that
%% asks `/healthz': the two would wait for each other for ever.
-spec ready() -> boolean().
ready() -> not beamwright_lifecycle:draining().

%% @doc The peers that this node should have, by whether they are connected.
-spec peers() -> beamwright_peers:peers().
peers() -> beamwright_peers:list().

%% @doc Takes this node out of service; it runs on until it is stopped.
-spec drain() -> ok.
drain() -> beamwright_lifecycle:drain().

%% @doc Drains, then stops the VM: what SIGTERM does.
-spec stop() -> ok.
stop() -> beamwright_lifecycle:stop().
