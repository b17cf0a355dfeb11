%% @doc beamwright_epmd for RabbitMQ and its command line, for `-epmd_module rabbitmq_epmd'.
%%
%% Before it starts, RabbitMQ asks for the names on its own host, and finding its own takes itself for a twin
%% that runs already: so names/1 names nobody. All else that it asks about itself has an answer. Its cookie is
%% RabbitMQ's own: where a node registers and takes the credential's, nothing is done.
-module(rabbitmq_epmd).

-export([
    start_link/0,
    register_node/2, register_node/3,
    listen_port_please/2,
    address_please/3,
    port_please/2, port_please/3,
    names/1
]).

%% The VM then makes one up (erl_epmd.erl).
-define(ANY_CREATION, -1).

start_link() -> beamwright_epmd:start_link().

register_node(Name, Port) -> register_node(Name, Port, inet).

register_node(_Name, _Port, _Family) -> {ok, ?ANY_CREATION}.

listen_port_please(Name, Host) -> beamwright_epmd:listen_port_please(Name, Host).

address_please(Name, Host, Family) -> beamwright_epmd:address_please(Name, Host, Family).

port_please(Name, Host) -> beamwright_epmd:port_please(Name, Host).

port_please(Name, Host, Timeout) -> beamwright_epmd:port_please(Name, Host, Timeout).

names(_Host) -> {ok, []}.
