-module(depot_web).
-moduledoc """
The HTTP port. JSON in every answer.

```
GET  /healthz    200, or 503 while the node drains or its counter is stuck
GET  /version    name, vsn, node, and the version compiled into the code
GET  /counter    the cluster's value
POST /counter    raises it
GET  /parcels    published, consumed, connected
POST /parcels    publishes one
```
""".
-behaviour(cowboy_handler).

-export([child_spec/1, version/0]).
-export([init/2]).

-define(VERSION, ~"0.1.0").
-define(JSON, #{~"content-type" => ~"application/json"}).

-doc "A child that listens on the port; stopped, it takes no new requests and finishes those under way.".
-spec child_spec(inet:port_number()) -> supervisor:child_spec().
child_spec(Port) ->
    Routes = [
        {"/healthz", ?MODULE, healthz},
        {"/version", ?MODULE, version},
        {"/counter", ?MODULE, counter},
        {"/parcels", ?MODULE, parcels}
    ],
    Dispatch = cowboy_router:compile([{'_', Routes}]),
    Transport = #{socket_opts => [{port, Port}], connection_type => supervisor},
    Protocol = #{env => #{dispatch => Dispatch}, connection_type => supervisor},
    ranch:child_spec(?MODULE, ranch_tcp, Transport, cowboy_clear, Protocol).

-doc "The version this code was compiled as; after a hot upgrade it tells whether new code runs.".
-spec version() -> binary().
version() ->
    ?VERSION.

init(Request, Resource) ->
    {Status, Body} = answer(cowboy_req:method(Request), Resource),
    {ok, cowboy_req:reply(Status, ?JSON, json:encode(Body), Request), Resource}.

%% A process that is just being restarted, or is stuck, is no reason to crash the request.
answer(Method, Resource) ->
    try
        handle(Method, Resource)
    catch
        exit:_ -> {503, #{error => unavailable}}
    end.

handle(~"GET", healthz) ->
    case {draining(beamwright_node), depot_counter:answers()} of
        {true, _} -> {503, #{status => draining}};
        {false, false} -> {503, #{status => stuck}};
        {false, true} -> {200, #{status => ok}}
    end;
handle(~"GET", version) ->
    {ok, Vsn} = application:get_key(depot, vsn),
    {200, #{name => depot, vsn => list_to_binary(Vsn), node => node(), code => version()}};
handle(~"GET", counter) ->
    {200, #{value => depot_ledger:value()}};
handle(~"POST", counter) ->
    case depot_counter:raise() of
        {ok, Value} -> {200, #{value => Value}};
        {error, Reason} -> {503, #{error => Reason}}
    end;
handle(~"GET", parcels) ->
    {200, depot_parcels:stats()};
handle(~"POST", parcels) ->
    case depot_parcels:publish(<<"parcel from ", (atom_to_binary(node()))/binary>>) of
        ok -> {202, #{status => published}};
        {error, Reason} -> {503, #{error => Reason}}
    end;
handle(_Method, _Resource) ->
    {405, #{error => method_not_allowed}}.

%% Beamwright adds its application to the finished release, so there is none to compile against.
draining(Node) ->
    erlang:function_exported(Node, ready, 0) andalso not Node:ready().
