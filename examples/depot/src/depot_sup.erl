-module(depot_sup).
-moduledoc """
The supervision tree.

Children stop in reverse order: first HTTP, which lets requests under way finish, last the ledger, which then
hands all that was counted to the other nodes.
""".
-behaviour(supervisor).

-export([start_link/1]).
-export([init/1]).

start_link(HttpPort) ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, HttpPort).

init(HttpPort) ->
    Flags = #{strategy => one_for_one, intensity => 10, period => 5},
    Children = [
        #{id => ledger, start => {depot_ledger, start_link, []}},
        #{id => counter, start => {depot_counter, start_link, []}},
        #{id => parcels, start => {depot_parcels, start_link, []}},
        depot_web:child_spec(HttpPort)
    ],
    {ok, {Flags, Children}}.
