-module(beamwright_cookie_tests).
-include_lib("eunit/include/eunit.hrl").

check_test_() ->
    Good = binary:copy(<<"a">>, 32),
    [
        ?_assertEqual({ok, Good}, beamwright_cookie:check(Good, 32)),
        ?_assertEqual({ok, Good}, beamwright_cookie:check(<<Good/binary, "\n">>, 32)),
        ?_assertEqual({ok, <<"short">>}, beamwright_cookie:check(<<"short">>, 1)),
        ?_assertEqual({error, "is empty"}, beamwright_cookie:check(<<"\n">>, 1)),
        ?_assertMatch({error, "has fewer than 32" ++ _}, beamwright_cookie:check(binary:part(Good, 0, 31), 32)),
        ?_assertMatch({error, "has more" ++ _}, beamwright_cookie:check(binary:copy(<<"a">>, 256), 32)),
        ?_assertMatch({error, "has spaces" ++ _}, beamwright_cookie:check(<<Good/binary, " b">>, 32)),
        ?_assertMatch({error, "has spaces" ++ _}, beamwright_cookie:check(<<Good/binary, 200>>, 32))
    ].

source_test_() ->
    Folder = filename:join(filename:basedir(user_cache, "beamwright_cookie_tests"), os:getpid()),
    Path = filename:join(Folder, "cookie"),
    Long = lists:duplicate(43, $c),
    Wrong = [
        [],
        [{"BEAMWRIGHT_COOKIE", "env:CHOSEN"}],
        [{"BEAMWRIGHT_COOKIE", "file:/nonexistent"}],
        [{"BEAMWRIGHT_COOKIE", "elsewhere"}],
        [{"CREDENTIALS_DIRECTORY", "/nonexistent"}]
    ],
    Right = [
        {"chosen", [{"BEAMWRIGHT_COOKIE", "env:CHOSEN"}, {"CHOSEN", "chosen"}]},
        {Long, [{"BEAMWRIGHT_COOKIE", "file:" ++ Path}]},
        {Long, [{"CREDENTIALS_DIRECTORY", Folder}]},
        {Long, [{"BEAMWRIGHT_COOKIE", "file:" ++ Path}, {"CREDENTIALS_DIRECTORY", "/nonexistent"}]}
    ],
    {setup, fun() -> ok = filelib:ensure_path(Folder), ok = file:write_file(Path, Long ++ "\n") end,
        fun(_) -> file:del_dir_r(Folder) end,
        [?_assertEqual(list_to_binary(Cookie), read(Variables)) || {Cookie, Variables} <- Right] ++
            [?_assertError({beamwright_node, _}, read(Variables)) || Variables <- Wrong]}.

read(Variables) ->
    [os:putenv(Name, Value) || {Name, Value} <- Variables],
    try
        beamwright_cookie:read()
    after
        [os:unsetenv(Name) || {Name, _Value} <- Variables]
    end.
