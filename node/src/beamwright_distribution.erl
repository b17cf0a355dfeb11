%% @doc Starts Erlang distribution from the environment, so that no name or cookie is on a command line.
-module(beamwright_distribution).

-export([start/1]).

%% @doc Makes this VM the node that the environment names; without a name it stays alone.
-spec start(beamwright_environment:config()) -> ok.
start(#{node := undefined}) ->
    ok;
start(#{node := Node, dist_address := Address}) ->
    is_alive() andalso fail("the node has the name ~ts already: take -name and -sname away", [node()]),
    %% beamwright_epmd sets it, between listening and accepting; here it is told why there is none.
    _ = beamwright_cookie:read(),
    ok = application:set_env(kernel, inet_dist_use_interface, Address),
    case net_kernel:start(Node, #{name_domain => beamwright_environment:name_domain(Node)}) of
        {ok, _Pid} -> ok;
        {error, _} ->
            fail("distribution can't listen as ~ts on ~ts: its port or its name is taken", [
                Node, inet:ntoa(Address)
            ])
    end.

-spec fail(string(), [term()]) -> no_return().
fail(Format, Arguments) -> error({beamwright_node, io_lib:format(Format, Arguments)}).
