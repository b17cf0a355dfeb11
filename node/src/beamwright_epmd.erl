%% @doc Node names to addresses without epmd, for `-epmd_module beamwright_epmd'.
%%
%% What epmd would be asked is known beforehand: BEAMWRIGHT_PEERS holds every node's address and
%% port. Nothing listens, and a node can't vanish from look-up because a neighbour's cgroup (and the
%% epmd in it) was stopped. Nodes that run by hand leave their ports in a folder, see
%% beamwright_registry. The callbacks are those of "How to Implement
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

-spec register_node(name(), inet:port_number()) -> {ok, integer()} | {error, term()}.
register_node(Name, Port) -> register_node(Name, Port, inet).

-spec register_node(name(), inet:port_number(), atom()) -> {ok, integer()} | {error, term()}.
register_node(Name, Port, _Family) ->
    %% Called after the VM has begun to listen and before it accepts: nobody ever meets another cookie.
    ok = beamwright_cookie:set(),
    case enter(beamwright_environment:registry(), Name, Port) of
        ok -> {ok, ?ANY_CREATION};
        Error -> Error
    end.

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
    Known = maps:merge(beamwright_environment:addresses(), in_registry()),
    Split = [{string:split(Full, "@"), Port} || {Full, {_Address, Port}} <- maps:to_list(Known)],
    {ok, [{Name, Port} || {[Name, At], Port} <- lists:sort(Split), At =:= Here]}.

%% Internal

%% The registry first: a node by hand has no fixed port, and its environment says 0.
find(Name, Host) ->
    Full = full_name(Name, Host),
    case in_registry(Full) of
        undefined -> maps:get(Full, beamwright_environment:addresses(), undefined);
        Address -> Address
    end.

in_registry(Full) ->
    case beamwright_environment:registry() of
        undefined -> undefined;
        Folder -> beamwright_registry:find(Folder, Full)
    end.

in_registry() ->
    case beamwright_environment:registry() of
        undefined -> #{};
        Folder -> beamwright_registry:all(Folder)
    end.

%% The name comes without its host, which is that of the node that the environment names.
enter(undefined, _Name, _Port) ->
    ok;
enter(Folder, Name, Port) ->
    {Own, {IP, _Port}} = beamwright_environment:own(),
    [_, Host] = string:split(Own, "@"),
    beamwright_registry:enter(Folder, full_name(Name, Host), {IP, Port}).

full_name(Name, Host) when is_tuple(Host) -> full_name(Name, inet:ntoa(Host));
full_name(Name, Host) -> lists:concat([Name, "@", Host]).
