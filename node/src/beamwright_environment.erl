%% @doc The node's environment, parsed once into one map.
%%
%% Beamwright renders these variables into the node's EnvironmentFile=. All are optional: without
%% them a node runs alone and is always healthy. A value that can't be read raises
%% `{beamwright_node, Message}', which the application start turns into one line.
-module(beamwright_environment).

-export([read/0, own/0, addresses/0, registry/0, name_domain/1, rpc_timeout/0]).
-export([parse_addresses/1, parse_host/1, parse_seconds/1]).
-export_type([config/0, address/0, host/0]).

-type host() :: inet:ip_address() | inet:hostname().
-type address() :: {host(), inet:port_number()}.
-type config() :: #{
    node := node() | undefined,
    dist_address := inet:ip4_address(),
    peers := [node()],
    probe := beamwright_probe:probe(),
    health_interval := milliseconds(),
    health_timeout := milliseconds(),
    watchdog := milliseconds() | infinity,
    drain := milliseconds(),
    version := binary()
}.
-type milliseconds() :: non_neg_integer().

-define(ANY, {0, 0, 0, 0}).
-define(LOOPBACK, {127, 0, 0, 1}).

%% @doc Every setting of this node; times in milliseconds.
-spec read() -> config().
read() ->
    #{
        node => node_name(),
        dist_address => dist_address(),
        peers => [list_to_atom(Name) || Name <- maps:keys(peers())],
        probe => value("BEAMWRIGHT_HEALTH", "", fun beamwright_probe:parse/1),
        health_interval => value("BEAMWRIGHT_HEALTH_INTERVAL", "5", fun parse_seconds/1),
        health_timeout => value("BEAMWRIGHT_HEALTH_TIMEOUT", "3", fun parse_seconds/1),
        watchdog => value("WATCHDOG_USEC", "infinity", fun parse_microseconds/1),
        drain => value("BEAMWRIGHT_DRAIN", "0", fun parse_seconds/1),
        version => unicode:characters_to_binary(os:getenv("RELEASE_VSN", ""))
    }.

%% @doc This node's own name and where it listens, or `undefined' when it isn't distributed.
-spec own() -> {Name :: string(), address()} | undefined.
own() ->
    case text("BEAMWRIGHT_NODE", "") of
        "" -> undefined;
        Name -> {Name, {reachable(dist_address()), dist_port()}}
    end.

%% @doc Where each known node listens: the peers and this node itself.
-spec addresses() -> #{Name :: string() => address()}.
addresses() ->
    case own() of
        undefined -> peers();
        {Name, Address} -> (peers())#{Name => Address}
    end.

%% @doc The folder where the nodes of this host leave their ports, when they run by hand.
-spec registry() -> file:filename() | undefined.
registry() ->
    case text("BEAMWRIGHT_REGISTRY", "") of
        "" -> undefined;
        Folder -> Folder
    end.

%% @doc How long an rpc may evaluate, in milliseconds.
-spec rpc_timeout() -> milliseconds() | infinity.
rpc_timeout() -> value("BEAMWRIGHT_RPC_TIMEOUT", "30", fun parse_timeout/1).

%% @doc `longnames' when the host part of the name has a dot, as the Erlang distribution demands.
-spec name_domain(node()) -> shortnames | longnames.
name_domain(Node) ->
    [_Name, Host] = string:split(atom_to_list(Node), "@"),
    case lists:member($., Host) of
        true -> longnames;
        false -> shortnames
    end.

%% @doc `courier2@ams1=10.0.0.1:9102,courier1@ams2=…' as a map.
-spec parse_addresses(string()) -> #{Name :: string() => address()}.
parse_addresses(Text) ->
    maps:from_list([parse_peer(Peer) || Peer <- string:lexemes(Text, ", ")]).

%% @doc An IP address as a tuple, a name as it is.
%%
%% Looking up even an address that is text starts the resolver's port program, which costs a process
%% and may not be in the tree.
-spec parse_host(string()) -> host().
parse_host(Text) ->
    case inet:parse_address(Text) of
        {ok, Address} -> Address;
        {error, einval} -> Text
    end.

%% @doc Seconds, whole or decimal, as milliseconds.
-spec parse_seconds(string()) -> milliseconds().
parse_seconds(Text) ->
    Seconds =
        case string:to_float(Text) of
            {Float, ""} -> Float;
            {error, no_float} -> list_to_integer(Text)
        end,
    Milliseconds = round(Seconds * 1000),
    true = Milliseconds >= 0,
    Milliseconds.

%% Internal

node_name() ->
    case text("BEAMWRIGHT_NODE", "") of
        "" -> undefined;
        _ -> value("BEAMWRIGHT_NODE", "", fun parse_name/1)
    end.

peers() -> value("BEAMWRIGHT_PEERS", "", fun parse_addresses/1).

dist_address() -> value("BEAMWRIGHT_DIST_ADDRESS", "0.0.0.0", fun parse_ipv4/1).

dist_port() -> value("BEAMWRIGHT_DIST_PORT", "0", fun parse_port/1).

%% A node that listens everywhere is reached from its own host by loopback.
reachable(?ANY) -> ?LOOPBACK;
reachable(Address) -> Address.

parse_peer(Peer) ->
    [Name, Address] = string:split(Peer, "="),
    [Host, Port] = string:split(Address, ":", trailing),
    {atom_to_list(parse_name(Name)), {parse_host(Host), parse_port(Port)}}.

parse_name(Text) ->
    [[_ | _], [_ | _]] = string:split(Text, "@", all),
    list_to_atom(Text).

parse_port(Text) ->
    Port = list_to_integer(Text),
    true = Port >= 0 andalso Port < 65536,
    Port.

parse_ipv4(Text) ->
    {ok, Address} = inet:parse_ipv4strict_address(Text),
    Address.

parse_timeout("infinity") -> infinity;
parse_timeout(Text) -> parse_seconds(Text).

parse_microseconds("infinity") -> infinity;
parse_microseconds(Text) -> list_to_integer(Text) div 1000.

value(Variable, Default, Parse) ->
    Text = text(Variable, Default),
    try
        Parse(Text)
    catch
        error:_ -> error({beamwright_node, io_lib:format("~ts can't be ~tp", [Variable, Text])})
    end.

%% systemd passes an empty assignment on as an empty string: the same as unset.
text(Variable, Default) ->
    case os:getenv(Variable, "") of
        "" -> Default;
        Text -> Text
    end.
