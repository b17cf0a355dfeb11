%% @doc The lifecycle first: the two that report to it start over when it does, and report anew.
-module(beamwright_node_sup).
-behaviour(supervisor).

-export([start_link/1]).
-export([init/1]).

-spec start_link(beamwright_environment:config()) -> supervisor:startlink_ret().
start_link(Config) -> supervisor:start_link({local, ?MODULE}, ?MODULE, Config).

init(#{peers := Peers} = Config) ->
    Flags = #{strategy => rest_for_one, intensity => 5, period => 60},
    Children = [
        child(beamwright_lifecycle, Config),
        child(beamwright_peers, Peers),
        child(beamwright_health, Config)
    ],
    {ok, {Flags, Children}}.

child(Module, Argument) -> #{id => Module, start => {Module, start_link, [Argument]}}.
