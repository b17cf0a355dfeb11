-module(beamwright_registry_tests).
-include_lib("eunit/include/eunit.hrl").

-define(ADDRESS, {{127, 0, 0, 1}, 40000}).

registry_test_() ->
    {setup, fun folder/0, fun file:del_dir_r/1, fun(Folder) ->
        [
            ?_assertEqual(undefined, beamwright_registry:find(Folder, "a@h")),
            ?_assertEqual(#{}, beamwright_registry:all(Folder)),
            ?_test(a_name_is_held_by_one_process_at_a_time(Folder)),
            ?_assertEqual(?ADDRESS, beamwright_registry:find(Folder, "a@h")),
            ?_assertEqual(#{"a@h" => ?ADDRESS}, beamwright_registry:all(Folder))
        ]
    end}.

a_name_is_held_by_one_process_at_a_time(Folder) ->
    Self = self(),
    {Holder, Monitor} = spawn_monitor(fun() ->
        Self ! beamwright_registry:enter(Folder, "a@h", {{127, 0, 0, 1}, 39999}),
        receive
            leave -> ok
        end
    end),
    ?assertEqual(ok, receive Entered -> Entered end),
    ?assertEqual({error, duplicate_name}, beamwright_registry:enter(Folder, "a@h", ?ADDRESS)),
    Holder ! leave,
    receive
        {'DOWN', Monitor, process, Holder, normal} -> ok
    end,
    ?assertEqual(ok, beamwright_registry:enter(Folder, "a@h", ?ADDRESS)).

folder() ->
    Folder = filename:join(filename:basedir(user_cache, "beamwright_registry_tests"), os:getpid()),
    ok = filelib:ensure_path(Folder),
    Folder.
