%% @doc Starts before the user's applications: distribution first, then the observers.
-module(beamwright_node_app).
-behaviour(application).

-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    try
        Config = beamwright_environment:read(),
        ok = beamwright_distribution:start(Config),
        {ok, Supervisor} = beamwright_node_sup:start_link(Config),
        ok = beamwright_signals:install(),
        {ok, Supervisor}
    catch
        %% One line a person can act on; the crash report that follows is for nobody.
        error:{beamwright_node, Message} ->
            io:format(standard_error, "beamwright_node: ~ts~n", [Message]),
            {error, {beamwright_node, lists:flatten(Message)}}
    end.

stop(_State) -> beamwright_signals:uninstall().
