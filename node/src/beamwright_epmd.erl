%% @doc Node names to addresses without epmd, for `-epmd_module beamwright_epmd'.
%%
%% What epmd would be asked is known beforehand: BEAMWRIGHT_PEERS holds every node's address and
%% port. Nothing listens, nothing is registered, and a node can't vanish from look-up because a
%% neighbour's cgroup (and the epmd in it) was stopped. The callbacks are those of "How to Implement
%% an Alternative Node Discovery" in the ERTS user's guide; the remote console and rpc use this
%% module too.
-module(beamwright_epmd).

-export([
    start_link/0,
    register_node/2, register_node/3,
    listen_port_please/2,
    address_please/3,
    port_please/2, port_please/3,
    names/1
]).

%% The distribution protocol's version, as epmd would answer it: 6 since OTP 23.
-define(DIST_VERSION, 6).
%% Asks the kernel to make a random creation; epmd would have given one.
-define(ANY_CREATION, -1).

-type name() :: atom() | string().
-type host() :: atom() | string() | inet:ip_address().

-spec start_link() -> ignore.
start_link() -> ignore.

-spec register_node(name(), inet:port_number()) -> {ok, integer()}.
register_node(Name, Port) -> register_node(Name, Port, inet).

-spec register_node(name(), inet:port_number(), atom()) -> {ok, integer()}.
register_node(_Name, _Port, _Family) -> {ok, ?ANY_CREATION}.

%% @doc The fixed port of this node; any free one (0) for another VM that shares its environment.
-spec listen_port_please(name(), host()) -> {ok, inet:port_number()}.
listen_port_please(Name, Host) ->
    Full = full_name(Name, Host),
    case beamwright_environment:own() of
        {Full, {_Address, Port}} -> {ok, Port};
        _ -> {ok, 0}
    end.

-spec address_please(name(), host(), inet | inet6) ->
    {ok, inet:ip_address(), inet:port_number(), integer()} | {error, term()}.
address_please(Name, Host, Family) ->
    case find(Name, Host) of
        {Address, Port} ->
            case inet:getaddr(Address, Family) of
                {ok, IP} -> {ok, IP, Port, ?DIST_VERSION};
                Error -> Error
            end;
        undefined ->
            {error, nxdomain}
    end.

-spec port_please(name(), host()) -> {port, inet:port_number(), integer()} | noport.
port_please(Name, Host) -> port_please(Name, Host, infinity).

-spec port_please(name(), host(), timeout()) -> {port, inet:port_number(), integer()} | noport.
port_please(Name, Host, _Timeout) ->
    case find(Name, Host) of
        {_Address, Port} -> {port, Port, ?DIST_VERSION};
        undefined -> noport
    end.

%% @doc The nodes of one host, as `net_adm:names/1' shows them.
-spec names(host()) -> {ok, [{string(), inet:port_number()}]} | {error, address}.
names(Host) when is_tuple(Host) ->
    {error, address};
names(Host) ->
    Here = lists:concat([Host]),
    Split = [
        {string:split(Full, "@"), Port}
     || {Full, {_Address, Port}} <- maps:to_list(beamwright_environment:addresses())
    ],
    {ok, [{Name, Port} || {[Name, At], Port} <- lists:sort(Split), At =:= Here]}.

%% Internal

find(Name, Host) ->
    maps:get(full_name(Name, Host), beamwright_environment:addresses(), undefined).

full_name(Name, Host) when is_tuple(Host) -> full_name(Name, inet:ntoa(Host));
full_name(Name, Host) -> lists:concat([Name, "@", Host]).
