#!/usr/bin/env escript
%% Adds the application beamwright_node to a release: boot.escript RELEASE NAME VERSION NODE.APP OUT
%%
%% Writes into the folder OUT the .rel file, the boot script and RELEASES, and `otp`: the OTP release, then
%% the names of OTP's own applications, a line each. The boot script is transformed and not made anew: mix
%% puts instructions into it that systools would not, such as those of config providers.
%%
%% Before anything else it lets SIGTERM end the VM. A VM catches it from its first moment, but drops it until
%% kernel runs, which is after every module has been loaded: systemd would wait for its stop time, and kill.
%% beamwright_signals catches it again.
-mode(compile).

main([Release, Name, Version, App, Out]) ->
    Folder = filename:join([Release, "releases", Version]),
    {ok, [Node]} = file:consult(App),
    Rel = change_rel(filename:join(Folder, Name ++ ".rel"), filename:join(Out, Name ++ ".rel"), Node),
    change_boot(filename:join(Folder, "start.boot"), filename:join(Out, "start.boot"), Node),
    write_releases(filename:join(Out, "RELEASES"), Rel),
    Libraries = [filename:basename(Library) || Library <- filelib:wildcard(code:lib_dir() ++ "/*-*")],
    ok = file:write_file(filename:join(Out, "otp"),
                         lists:join("\n", [erlang:system_info(otp_release) | Libraries])).

%% -- .rel and RELEASES

change_rel(File, To, Node) ->
    {ok, [{release, Id, Erts, Applications}]} = file:consult(File),
    {Before, After} = lists:splitwith(
        fun(Application) -> lists:member(element(1, Application), [kernel, stdlib]) end, Applications),
    Rel = {release, Id, Erts, Before ++ [{name(Node), version(Node)}] ++ After},
    ok = file:write_file(To, io_lib:format("~p.~n", [Rel])),
    Rel.

%% release_handler wants it before the first boot; where the tree stands is fixed: /app.
write_releases(File, {release, {Name, Version}, {erts, Erts}, Applications}) ->
    Libraries = [{App, Vsn, lists:concat(["/app/lib/", App, "-", Vsn])}
                 || Application <- Applications,
                    [App, Vsn | _] <- [tuple_to_list(Application)]],
    ok = file:write_file(File, io_lib:format("~p.~n", [[{release, Name, Version, Erts, Libraries, permanent}]])).

%% -- boot script

change_boot(File, To, Node) ->
    {ok, Boot} = file:read_file(File),
    {script, Id, Instructions} = binary_to_term(Boot),
    Changed = {script, Id, heed_sigterm(add(Instructions, Node))},
    ok = file:write_file(To, term_to_binary(Changed, [deterministic])).

%% The first path is kernel's and stdlib's. What has been loaded is not loaded once more.
heed_sigterm([{path, _} = Path | Rest]) ->
    [Path, {primLoad, [os]}, {apply, {os, set_signal, [sigterm, default]}} | Rest];
heed_sigterm([Instruction | Rest]) ->
    [Instruction | heed_sigterm(Rest)].

%% The full path follows modules_loaded, so it is seen with Loaded = true.
add(Instructions, Node) ->
    Started = [kernel, stdlib | needs(Node)],
    add(Instructions, Node, Started, false).

add([{progress, modules_loaded} = Loaded | Rest], Node, Started, false) ->
    [{path, [ebin(Node)]}, {primLoad, modules(Node)}, Loaded | add(Rest, Node, Started, true)];
add([{path, Path} | Rest], Node, Started, true) ->
    [{path, Path ++ [ebin(Node)]} | add(Rest, Node, Started, true)];
add([{progress, applications_loaded} = Loaded | Rest], Node, Started, true) ->
    [{apply, {application, load, [Node]}}, Loaded | add(Rest, Node, Started, true)];
add([{apply, {application, start_boot, [App, _]}} = Start | Rest], Node, Started, true) ->
    case lists:member(App, Started) of
        true -> [Start | add(Rest, Node, Started, true)];
        false -> [start(Node), Start | Rest]
    end;
add([{progress, started} | _] = End, Node, _, true) ->
    [start(Node) | End];
add([Instruction | Rest], Node, Started, Loaded) ->
    [Instruction | add(Rest, Node, Started, Loaded)].

start(Node) -> {apply, {application, start_boot, [name(Node), permanent]}}.
ebin(Node) -> lists:concat(["$ROOT/lib/", name(Node), "-", version(Node), "/ebin"]).
name({application, Name, _}) -> Name.
version({application, _, Keys}) -> proplists:get_value(vsn, Keys).
modules({application, _, Keys}) -> proplists:get_value(modules, Keys).
needs({application, _, Keys}) -> proplists:get_value(applications, Keys).
