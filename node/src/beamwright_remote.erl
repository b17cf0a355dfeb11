%% @doc Makes this VM a hidden helper node that is connected to one node of this host.
%%
%% The helper listens nowhere, and its name is one of a bounded set: every name that ever connected
%% stays an atom in the node's table for good, so random ones would leak.
-module(beamwright_remote).

-export([connect/0]).

-define(SLOTS, 64).

%% @doc Connects to BEAMWRIGHT_TARGET, or else to BEAMWRIGHT_NODE, with its cookie.
-spec connect() -> {ok, node()} | {unreachable, node()}.
connect() ->
    Target = target(),
    _ = beamwright_cookie:read(),
    {ok, _Pid} = net_kernel:start(helper_name(Target), #{
        name_domain => beamwright_environment:name_domain(Target),
        hidden => true,
        dist_listen => false
    }),
    ok = beamwright_cookie:set(),
    case net_kernel:connect_node(Target) of
        true -> {ok, Target};
        false -> {unreachable, Target}
    end.

%% Internal

target() ->
    Own = os:getenv("BEAMWRIGHT_NODE", ""),
    case os:getenv("BEAMWRIGHT_TARGET", Own) of
        "" -> error({beamwright_node, "BEAMWRIGHT_TARGET names no node"});
        Name -> list_to_atom(Name)
    end.

helper_name(Target) ->
    [_Name, Host] = string:split(atom_to_list(Target), "@"),
    Slot = claim_slot(rand:uniform(?SLOTS), ?SLOTS),
    list_to_atom(lists:concat(["rpc-", Slot, "@", Host])).

%% An abstract unix socket is the lock: one holder on the host, freed by the kernel when the VM ends
%% however it ends. Two helpers of one name would throw each other out.
claim_slot(_Slot, 0) ->
    error({beamwright_node, io_lib:format("~b consoles and rpcs run already", [?SLOTS])});
claim_slot(Slot, Tries) ->
    Lock = {local, <<0, "beamwright-rpc-", (integer_to_binary(Slot))/binary>>},
    case gen_tcp:listen(0, [{ifaddr, Lock}]) of
        %% Open for as long as the process that connects lives.
        {ok, _Socket} -> Slot;
        {error, eaddrinuse} -> claim_slot(Slot rem ?SLOTS + 1, Tries - 1)
    end.
