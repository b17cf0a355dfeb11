#!/usr/bin/env escript
%% Compiles the application in SOURCE into EBIN: node.escript SOURCE EBIN
%%
%% With the OTP that the release ships, and with nothing but OTP: no rebar3, no network.
-mode(compile).

main([Source, Ebin]) ->
    New = Ebin ++ ".new",
    _ = file:del_dir_r(New),
    ok = filelib:ensure_path(New),
    Files = lists:sort(filelib:wildcard(filename:join(Source, "src/*.erl"))),
    Modules = [compile(File, Source, New) || File <- Files],
    [AppSource] = filelib:wildcard(filename:join(Source, "src/*.app.src")),
    {ok, [{application, Name, Keys}]} = file:consult(AppSource),
    App = {application, Name, lists:keystore(modules, 1, Keys, {modules, Modules})},
    ok = file:write_file(filename:join(New, atom_to_list(Name) ++ ".app"), io_lib:format("~p.~n", [App])),
    %% Whole or not at all: it is kept for later builds, and the disk may be full.
    ok = file:rename(New, Ebin).

compile(File, Source, Ebin) ->
    Options = [{outdir, Ebin}, {i, filename:join(Source, "include")}, deterministic, report, warnings_as_errors],
    case compile:file(File, Options) of
        {ok, Module} -> Module;
        error -> halt(1)
    end.
