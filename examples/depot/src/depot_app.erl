-module(depot_app).
-moduledoc "Starts the depot with the settings of its environment.".
-behaviour(application).

-export([start/2, stop/1]).

start(_Type, _Arguments) ->
    depot_sup:start_link(depot_settings:http_port()).

stop(_State) ->
    ok.
